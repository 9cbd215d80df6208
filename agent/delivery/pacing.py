"""How often. Pure: random numbers are passed in."""

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
