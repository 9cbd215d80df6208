"""Is what is plugged in: device models at the level of descriptors, endpoints and bytes, written from the protocol documents alone."""
