"""Speaks to what is plugged in: packets and frames, nothing of fingers, people or cases. Blocking, no asyncio."""
