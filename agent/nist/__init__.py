"""The ANSI/NIST-ITL standard as data and codec."""
