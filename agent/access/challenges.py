"""What security keys are asked to sign: each for one purpose, once, within two minutes."""

from __future__ import annotations

import secrets

from agent.access.security_keys import KeyRefused
from agent.clock import Clock

LASTS = 120.0  # s on the clock that never jumps
_LENGTH = 32  # bytes that nobody can know before; the digest of an act follows


class Challenges:
    """purpose: for what and for whom; the last one of each counts. act: digest of what is agreed to, b"" where it is a sign-in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, tuple[bytes, float]] = {}

    def new(self, purpose: str, act: bytes = b"") -> bytes:
        random = secrets.token_bytes(_LENGTH)
        self._open[purpose] = (random, self._clock.monotonic())
        return random + act

    def take(self, purpose: str, act: bytes = b"") -> bytes:
        """What must have been signed. It is taken out, right or wrong. Raises KeyRefused."""
        random, at = self._open.pop(purpose, (b"", 0.0))
        if not random or self._clock.monotonic() - at > LASTS:
            raise KeyRefused("no challenge")
        return random + act
