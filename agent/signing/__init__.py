"""Keys, sealing and opening envelopes, verifying."""
