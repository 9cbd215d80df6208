"""Who may be the person: what a search of the gallery gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.match.fused import Fused


@dataclass(frozen=True)
class Candidate:
    """A booking whose prints are like those asked about, however little."""

    booking: str
    at: datetime  # UTC
    fused: Fused

    @property
    def score(self) -> float:
        """Decades of false matches."""
        return self.fused.score
