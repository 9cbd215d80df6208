"""Measures with units, NFIQ 2, and the verdict on a capture."""
