"""Decoding of images that came from outside: a small protocol, the process that answers it, and the desk that asks."""
