"""Image steps on arrays: pure functions, no clock, no files."""
