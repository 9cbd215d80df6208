"""Owns a booking from the first touch to the sealed envelope."""
