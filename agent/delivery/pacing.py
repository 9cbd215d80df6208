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


def redial(silence: int, first: float, most: float, spread: float) -> float:
    """Seconds until the broker is dialled again. silence: how many dials in a row failed; spread: 0.0 .. 1.0, random.

    After a connection that held, soon: one station's broken cable is nobody's storm. After dials that failed, anywhere up to twice the
    usual pause, so that thousands whose broker came back are spread over the whole of it (their TLS handshakes are what it has to do).
    """
    if silence == 0:
        return first * (0.5 + spread)
    return min(most, first * 2.0 ** min(silence, 20)) * (0.1 + 1.9 * spread)
