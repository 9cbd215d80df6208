"""One capture of one position, and what was measured on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agent.model.fingers import Position
from agent.model.quality import Cause, Measures

GrayImage: TypeAlias = NDArray[np.uint8]  # (rows, columns), row 0 at the fingertip, 0 = ridge, 255 = background


class ImpressionKind(StrEnum):
    PLAIN = "plain"
    ROLLED = "rolled"


class Verdict(StrEnum):
    ACCEPT = "accept"
    RETRY = "retry"  # a person must try again; the advice says how
    ASK_OFFICER = "ask_officer"  # tries are used up: a person decides


class Trigger(StrEnum):
    """Who said that the image is to be taken."""

    DEVICE = "device"  # the scanner: all fingers good and still
    STATION = "station"  # this program, for a scanner that does not watch by itself
    PEDAL = "pedal"  # a person's foot
    BUTTON = "button"  # a person, at the screen or at the scanner


@dataclass(frozen=True)
class DeviceTag:
    """Which scanner took a print; goes to EBTS 2.067 IMA and into the audit."""

    make: str  # 1..25 characters
    model: str  # 1..25 characters
    serial: str  # 1..50 characters
    firmware: str
    simulated: bool  # a simulated device is never FBI Appendix F certified


Corner: TypeAlias = tuple[int, int]  # x, y in pixels of the impression


@dataclass(frozen=True)
class FingerQuality:
    """One finger of an impression: its score, and where it lies.

    nfiq2 is 0..100, higher is better (ISO/IEC 29794-4); None when it could not be computed, then reason says why.
    """

    nfiq2: int | None
    reason: str = ""
    polygon: tuple[Corner, ...] = ()  # four corners clockwise from the upper left of the upright finger; empty where nobody looked


@dataclass(frozen=True)
class QualityReport:
    fingers: Mapping[Position, FingerQuality]  # single fingers 1..10 only
    found: int  # fingers found in the image
    expected: int  # fingers that should be there
    contrast: int  # grey levels used, 0..256
    verdict: Verdict
    advice: str = ""  # one sentence for the officer
    cause: Cause = Cause.NONE  # the same for programs
    concerns: tuple[Position, ...] = ()  # single fingers that the cause is about; empty: the whole impression
    measures: Mapping[Position, Measures] = field(default_factory=dict)  # of the fingers that could be named


@dataclass(frozen=True)
class Override:
    """A person took a print in spite of its measured quality, and said why."""

    reason: str
    by: str  # officer id
    at: datetime  # UTC
    second: str = ""  # id of the second officer, where the state's rules want one


@dataclass(frozen=True)
class RollFlaw:
    """Something that went wrong with a roll, and where on the print."""

    kind: str  # slip, shift_h, narrow …: `agent.imaging.roll.RollFaultKind`
    words: str  # one sentence
    x: int  # pixels of the print
    y: int


@dataclass(frozen=True)
class RollNote:
    """How a roll was composed from the scanner's raw pictures."""

    frames: int  # of which it is composed
    lost_frames: int
    unchecked_frames: int  # of which nobody can say whether the skin moved before them
    width_mm: float  # mm, nail to nail
    flaws: tuple[RollFlaw, ...] = ()


@dataclass(frozen=True, eq=False)
class Impression:
    position: Position
    kind: ImpressionKind
    pixels: GrayImage = field(repr=False)
    ppi: int
    attempt: int  # 1 for the first try
    device: DeviceTag
    captured_at: datetime  # UTC
    quality: QualityReport | None = None
    override: Override | None = None
    live: bool = True  # False: from a card or a file, not from a finger on this station's platen
    trigger: Trigger = Trigger.DEVICE
    roll: RollNote | None = None  # of a roll that was composed here; None where the scanner composed it, and of a plain impression

    @property
    def sha256(self) -> str:
        """Digest of the pixels: the identity of this impression, lower-case hex."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])
