"""Replies tied to bookings, and what is owed next."""
