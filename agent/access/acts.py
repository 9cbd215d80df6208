"""What a second officer agrees to: one deed at one booking. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Act:
    """All of it is agreed to: where any of it differs from what is then done, nobody has agreed."""

    booking: str
    first: str  # id of the officer who decides
    second: str  # id of the officer who agrees, in lower case
    question: int  # its number: each is asked once
    why: str  # what the officer is asked about
    fgp: int  # finger position that was asked for, 1..14
    choice: str  # what is answered
    finger: int  # to be used as, 1..10; 0 none
    reason: str

    @property
    def digest(self) -> bytes:
        """SHA-256: it stands in the challenge, so a security key signs the deed itself."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).digest()
