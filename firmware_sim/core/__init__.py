"""Devices without a wire: descriptors, endpoint zero, packet-accurate endpoints."""
