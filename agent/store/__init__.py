"""SQLite and encrypted files."""
