"""Work that nobody waits for lets the pages go first: on two cores a page that is drawn beside it takes twice as long.

A station's browser and its core are two control groups, between which systemd shares the machine evenly whatever a process's nice value.
"""

from __future__ import annotations

import asyncio
import time

AFTER = 0.7  # s without a page: its answer takes some 10 ms, its first paint some 60
LONGEST = 5.0  # s that one piece of work waits: it goes on, however busy the officer is


class Calm:
    """Whether an officer turns pages just now. Of one event loop."""

    def __init__(self, after: float = AFTER, longest: float = LONGEST) -> None:
        """Both in seconds."""
        self._after = after
        self._longest = longest
        self._stirred_at = float("-inf")  # monotonic

    def stir(self) -> None:
        """A page was asked for, or will be at once."""
        self._stirred_at = time.monotonic()

    async def come(self) -> None:
        """Returns when no page has been asked for in a while, or after `longest` seconds."""
        longest = time.monotonic() + self._longest
        while (left := min(self._stirred_at + self._after, longest) - time.monotonic()) > 0:
            await asyncio.sleep(left)
