"""How fast and how often. Pure: times and random numbers are passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retry:
    """When an envelope without a receipt is sent again."""

    first: float = 30.0  # s
    longest: float = 3_600.0  # s

    def wait(self, attempts: int, silence: int, spread: float) -> float:
        """Seconds until the next attempt. `attempts`: how often it was sent, from 1; `silence`: how many envelopes in a row got no receipt,
        counted in fours, so that a bureau that answers nobody is not sent the whole backlog; `spread`: 0.0 .. 1.0, random.
        """
        doublings = min(max(attempts - 1, silence), 20)
        return min(self.longest, self.first * 2.0**doublings) * (0.75 + 0.5 * spread)


@dataclass
class Window:
    """Chunks in flight: opens by one with each prompt answer, halves with a late one.

    On a slow line eight chunks of 128 KiB in flight would hold a keepalive back until the broker gives up (measured as an endless loop of
    reconnects with large messages); at 2 kB/s one chunk at a time still fits into a keepalive of 60 s.
    """

    limit: int  # chunks
    late: float  # s; an answer that takes longer is late
    size: float = 2.0  # chunks

    def answered(self, seconds: float) -> None:
        self.size = max(1.0, self.size / 2) if seconds > self.late else min(float(self.limit), self.size + 1)

    @property
    def open(self) -> int:
        return int(self.size)
