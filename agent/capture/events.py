"""What a capture tells the screen and the log while it runs. Values; pixels only where a picture is meant to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.capture.plan import Step
from agent.capture.session import State
from agent.capture.signs import Sign
from agent.model.booking import BookingId
from agent.model.impression import GrayImage, Impression
from agent.quality.hygiene import Cleanliness


@dataclass(frozen=True)
class Moved:
    """The capture is in another state, or at another step or attempt."""

    booking: BookingId
    state: State
    step: Step | None  # None when done
    attempt: int  # 1 for the first
    number: int  # of the step in this run, from 1
    of: int  # steps in this run


@dataclass(frozen=True, eq=False)
class Looked:
    """A preview picture; some are left out when the reader is slow."""

    pixels: GrayImage = field(repr=False)
    ppi: int


@dataclass(frozen=True)
class Counted:
    """Fingers that the scanner sees now."""

    found: int
    expected: int


@dataclass(frozen=True)
class Rolled:
    """How far a roll has come."""

    progress: int  # 0..999 per mille of a usual finger


@dataclass(frozen=True)
class Cautioned:
    """What to do better, while the finger is still on the glass."""

    sentence: str
    sign: Sign = Sign.NONE  # the same as a drawing


@dataclass(frozen=True)
class GlassSeen:
    """The glass with nothing on it, between two people."""

    state: Cleanliness
    dirt: float  # 0..1, share of the platen
    latent: float  # 0..1, share of the platen that shows what was left behind
    advice: str  # one sentence, "" for a clean glass


@dataclass(frozen=True)
class Judged:
    """An image with its report: accepted, to be taken again, or for the officer to decide."""

    impression: Impression


@dataclass(frozen=True)
class Accepted:
    """An impression is stored; its position is done."""

    impression: Impression


@dataclass(frozen=True)
class Interrupted:
    """The scanner is in trouble: what happened, what it means for this booking, what to do."""

    what: str
    means: str
    do: str
    kind: str = "other"  # of `troubles.KINDS`


CaptureEvent = Moved | Looked | Counted | Rolled | Cautioned | GlassSeen | Judged | Accepted | Interrupted
