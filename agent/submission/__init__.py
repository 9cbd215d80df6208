"""What a transaction must contain, and building it from a booking. Pure."""
