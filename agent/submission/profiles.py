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
WSQ = 1  # 4.008 GCA
UNUSED_POSITION = 255  # 4.004 FGP, bytes two to six
LIVE_PLAIN, LIVE_ROLLED = 0, 1  # 4.003 IMP


@dataclass(frozen=True)
class Profile:
    """One type of transaction as this station builds it."""

    tot: str  # 1.004
    edition: str  # of EBTS, for `nist.check`
    priority: str  # 1.006 PRY: 1 (highest) to 9
    positions: tuple[Position, ...]  # the images that belong to it, in record order


PLAINS = (Position.PLAIN_RIGHT_THUMB, Position.PLAIN_LEFT_THUMB, Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR)

CAR = Profile(
    tot="CAR",
    edition="11.0",
    priority="1",  # EBTS 11.0 table A-1: a criminal ten-print search is high
    positions=(*FINGERS, *PLAINS),  # EBTS 11.0 §3.1.1.1: ten rolled, four plain
)

PROFILES = MappingProxyType({profile.tot: profile for profile in (CAR,)})
