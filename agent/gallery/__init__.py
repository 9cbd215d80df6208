"""This station's own bookings by their prints: templates only, encrypted, bounded, never anywhere else. A hint for the officer, no more."""
