"""The socket between core and uplink, and both its ends."""
