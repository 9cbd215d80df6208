"""How a host sees the device: USB/IP."""
