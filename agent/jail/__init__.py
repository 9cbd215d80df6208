"""What the jail system says of a person before there is a booking, and what it is told back: over HTTP, or by files in a folder."""
