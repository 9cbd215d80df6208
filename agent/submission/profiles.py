"""What a transaction of this station looks like where the standard leaves a choice: its versions, its images and their order."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from agent.model.fingers import FINGERS, Position

ITL_VERSION = "0502"  # 1.002 VER: ANSI/NIST-ITL 1-2011 Update 2015
DOMAIN = ("NORAM", "EBTS 11.0")  # 1.013 DOM: DNM, DVN
PIXELS_PER_MM = "19.69"  # 1.011 NSR and 1.012 NTR with Type-4: 500 ppi
NO_TYPE_4 = "00.00"  # the same where there is no Type-4
MIN_RESOLUTION = 0  # 4.005 ISR: 500 ppi
UNUSED_POSITION = 255  # 4.004 FGP, bytes two to six


@dataclass(frozen=True)
class Profile:
    """One type of transaction as this station builds it."""

    name: str  # as the settings call it
    tot: str  # 1.004
    edition: str  # of EBTS, for `nist.check`
    priority: str  # 1.006 PRY: 1 (highest) to 9
    positions: tuple[Position, ...]  # the images that belong to it, in record order
    record_type: int  # of a finger image: 4, or 14 with segments, scores and digests
    ppi: int  # of a finger image at most: 1000 is sent as JPEG 2000, 500 as WSQ (EBTS 11.0 §3.8.2)


PLAINS = (Position.PLAIN_RIGHT_THUMB, Position.PLAIN_LEFT_THUMB, Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR)


def _car(name: str, record_type: int, ppi: int) -> Profile:
    """EBTS 11.0 §3.1.1.1: ten rolled, four plain. Table A-1: a criminal ten-print search has high priority."""
    return Profile(name, "CAR", "11.0", "1", (*FINGERS, *PLAINS), record_type, ppi)


CAR = _car("CAR", 4, 500)
CAR_14 = _car("CAR-14", 14, 500)
CAR_14_1000 = _car("CAR-14-1000", 14, 1000)  # EBTS 11.0 §3.8.2: Type-4 is 500 ppi only, Type-14 is either

PROFILES = MappingProxyType({profile.name: profile for profile in (CAR, CAR_14, CAR_14_1000)})
