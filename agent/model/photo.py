"""Photographs of a booking: the face, and scars, marks and tattoos. ANSI/NIST-ITL 1-2011 record Type-10; EBTS 11.0 appendix K."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PhotoKind(StrEnum):
    """10.003 IMT, as NGI takes them."""

    FACE = "FACE"
    SCAR = "SCAR"
    MARK = "MARK"
    TATTOO = "TATTOO"


@dataclass(frozen=True)
class Photo:
    kind: PhotoKind
    jpeg: bytes = field(repr=False)  # baseline JPEG, color
    width: int  # pixels
    height: int  # pixels
    taken_at: datetime  # UTC
    pose: str = "F"  # 10.020 POS of a face: F front, R right, L left, A angled, D determined by angle
    mark: str | None = None  # 10.040 SMT: NCIC code, for everything but a face
    description: str | None = None  # 10.042 SMD: of the mark, in words
