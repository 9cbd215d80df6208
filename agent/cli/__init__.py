"""The command `livescan`. Each command imports what it alone needs, so that `livescan --help` answers at once."""
