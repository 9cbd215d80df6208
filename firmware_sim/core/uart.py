"""A serial line, 8N1: what a receiver makes of bytes that were sent at another speed, and the contract of what hangs on a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

BITS = 10  # start, eight of data, stop


class SerialFunction(Protocol):
    """What a serial device does. Called by one thread, or under the host's lock."""

    @property
    def baud(self) -> int:
        """The speed that it now speaks."""
        ...

    def attach(self, send: Callable[[bytes], None]) -> None:
        """Called once: how bytes go to the host."""
        ...

    def feed(self, data: bytes) -> None: ...

    def reset(self) -> None:
        """It gets power."""
        ...

    def step(self) -> float | None:
        """Do what is due; seconds of the wall until the next thing is, None when nothing is planned."""
        ...


def heard(data: bytes, sent_at: int, read_at: int) -> bytes:
    """The bytes that a receiver at `read_at` baud reads where `data` is sent at `sent_at`: its own where they agree, else garbage.

    It waits for a start bit, then looks at the middle of each bit by its own clock; where the stop bit is missing it reads on all the same.
    """
    if sent_at == read_at:
        return data
    levels = [level for byte in data for level in (0, *(byte >> n & 1 for n in range(8)), 1)] + [1] * BITS
    ratio = sent_at / read_at  # sent bits in one bit of the receiver
    out, at = bytearray(), 0.0
    while (start := _falling(levels, at)) is not None:
        samples = [levels[min(len(levels) - 1, int(start + ratio * (n + 1.5)))] for n in range(8)]
        out.append(sum(level << n for n, level in enumerate(samples)))
        at = start + ratio * (BITS - 0.5)
    return bytes(out)


def _falling(levels: list[int], at: float) -> int | None:
    """Where the next start bit begins."""
    for n in range(int(at) + (at > int(at)), len(levels) - BITS):
        if levels[n] == 0:
            return n
    return None
