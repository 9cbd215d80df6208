"""The contract of a live-scan scanner: what it can do, what is asked of it, what it reports.

A driver blocks, in a thread of its own; it knows packets and frames, nothing of people, hands or cases. A dead device is an exception
(`drivers.errors`); a poor image is a result with advisory flags. Warnings never block: what is good enough is policy, elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Mode(StrEnum):
    """What is laid on the platen."""

    ROLL = "roll"
    FLAT_1 = "flat1"
    THUMBS = "thumbs"
    SLAP_LEFT = "slap_left"
    SLAP_RIGHT = "slap_right"


class Advice(Flag):
    """Union of the warnings that professional scanners give. Advisory, each bit as in docs/fap60-protocol.md section 7."""

    NONE = 0
    DRY = auto()
    WET = auto()
    TOO_LIGHT = auto()
    TOO_DARK = auto()
    AMBIENT_LIGHT = auto()
    SURFACE_DIRTY = auto()
    HALO = auto()
    LATENT = auto()
    OFF_LEFT = auto()
    OFF_RIGHT = auto()
    OFF_TOP = auto()
    OFF_BOTTOM = auto()
    SLIDING = auto()
    SMEAR = auto()
    ROLL_FAST = auto()
    ROLL_SLOW = auto()
    ROLL_NARROW = auto()
    ROLL_SLIP = auto()
    ROLL_SHIFT_H = auto()
    ROLL_SHIFT_V = auto()
    ROLL_LIFTED = auto()
    ROLL_PAUSED = auto()
    ROLL_REVERSED = auto()
    EXTRA_FINGER = auto()
    TOO_FEW_FINGERS = auto()
    WRONG_HAND = auto()
    SPOOF = auto()
    MANUAL_TRIGGER = auto()
    FRAME_LOST = auto()


class DeviceState(StrEnum):
    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"
    AWAIT_CLEAR = "await_clear"
    ARMED = "armed"
    TRACKING = "tracking"
    ROLL_ACTIVE = "roll_active"
    TAKING = "taking"
    RESULT = "result"
    ERROR = "error"
    LOST = "lost"


@dataclass(frozen=True)
class DeviceInfo:
    """Who the device is. Identity is the serial number, never the USB address."""

    make: str
    model: str
    serial: str
    firmware: str
    calibration: str  # calibration id, "" when the device has none


@dataclass(frozen=True)
class Capabilities:
    fap: int  # FBI EBTS appendix F subject acquisition profile: 10..60
    modes: frozenset[Mode]
    area: Mapping[Mode, tuple[int, int]]  # pixels (width, height) at native ppi, the largest that a result can be
    ppi: tuple[int, ...]
    auto_capture: bool
    roll_in_device: bool  # delivers finished rolls
    roll_frames: bool  # delivers raw rolling frames for the host to compose
    leds: frozenset[str]
    beeper: bool
    keys: frozenset[str]
    certified: str | None  # FBI certification text as the device states it, None when it states none
    simulated: bool


@dataclass(frozen=True)
class Request:
    """One capture. `fingers` are FGP codes 1..10 that should lie on the platen; `missing` those that cannot."""

    mode: Mode
    fingers: frozenset[int]
    missing: frozenset[int] = frozenset()
    ppi: int = 500
    auto: bool = True  # the device triggers by itself when all fingers are good and still
    still_ms: int = 300  # ms of stillness before the device triggers
    timeout_s: float = 60.0


@dataclass(frozen=True, eq=False)
class Frame:
    """Pixels as the device sent them, uint8 (rows, columns), 0 = ridge, row 0 at the fingertip."""

    sequence: int
    token: int  # of the capture this belongs to
    device_time_us: int  # microseconds since the device started
    pixels: NDArray[np.uint8] = field(repr=False)
    ppi: int
    advice: Advice
    mode: Mode


@dataclass(frozen=True)
class StateChanged:
    sequence: int
    state: DeviceState


@dataclass(frozen=True)
class Preview:
    sequence: int
    frame: Frame


@dataclass(frozen=True)
class FingerCount:
    sequence: int
    found: int
    expected: int


@dataclass(frozen=True)
class PlatenState:
    sequence: int
    clear: bool


@dataclass(frozen=True)
class Warned:
    sequence: int
    advice: Advice


@dataclass(frozen=True)
class KeyPressed:
    sequence: int
    key: str  # "foot", "accept", "cancel"


@dataclass(frozen=True)
class Result:
    sequence: int
    frame: Frame


DeviceEvent = StateChanged | Preview | FingerCount | PlatenState | Warned | KeyPressed | Result


class Scanner(Protocol):
    """A live-scan scanner. Every method blocks at most a stated deadline and raises `DeviceError`, never a library's own exception."""

    @property
    def info(self) -> DeviceInfo: ...
    @property
    def capabilities(self) -> Capabilities: ...
    def open(self) -> None:
        """Claim the device and read who it is. Raises Gone, Busy, Garbled."""
        ...

    def close(self) -> None:
        """Release it. Never raises."""
        ...

    def arm(self, request: Request) -> int:
        """Begin one capture and return its token. Raises Refused when a capture is under way."""
        ...

    def trigger(self, token: int) -> None:
        """Take the image now (pedal, button)."""
        ...

    def cancel(self, token: int) -> None:
        """End the capture without a result; legal in every live state."""
        ...

    def events(self, token: int) -> Iterator[DeviceEvent]:
        """Events of this capture in order of their sequence, ending after its Result or its cancellation.

        Preview events may be dropped when the reader is slow, all others never. Raises Gone, Timeout, Garbled.
        """
        ...
