"""The contract of a live-scan scanner: what it can do, what is asked of it, what it reports.

A driver blocks, in a thread of its own; it knows packets and frames, nothing of people, hands or cases. A dead device is an exception
(`drivers.errors`); a poor image is a result with advisory flags. Warnings never block: what is good enough is policy, elsewhere.
The states and what leads from one to the next stand in `drivers.states`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.states import DeviceState as DeviceState  # noqa: PLC0414  # part of the contract


class Mode(StrEnum):
    """What is laid on the platen."""

    ROLL = "roll"
    FLAT_1 = "flat1"
    THUMBS = "thumbs"
    SLAP_LEFT = "slap_left"
    SLAP_RIGHT = "slap_right"
    EMPTY = "empty"  # nothing: the whole platen is taken as soon as it is clear; of no finger


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


class PreviewSize(StrEnum):
    NONE = "none"
    HALF = "half"  # half the width and height: a quarter of the bytes; its frames say half the ppi
    FULL = "full"


class Colour(StrEnum):
    GREEN = "green"
    RED = "red"
    YELLOW = "yellow"


class Beep(StrEnum):
    NONE = "none"
    GOOD = "good"
    TRY_AGAIN = "try_again"
    ERROR = "error"


class Icon(StrEnum):
    NONE = "none"
    LEFT_FOUR = "left_four"
    RIGHT_FOUR = "right_four"
    THUMBS = "thumbs"
    ROLL = "roll"


@dataclass(frozen=True)
class DeviceInfo:
    """Who the device is. Identity is the serial number, never the USB address."""

    make: str
    model: str
    serial: str
    firmware: str
    calibration: str  # calibration id, "" when the device has none
    calibrated_at: int = 0  # seconds since 1970 UTC, 0 when the device does not tell
    link: str = ""  # speed of its USB link: low, full, high, super, super+; "" when that is not told


@dataclass(frozen=True)
class Capabilities:
    fap: int  # FBI EBTS appendix F subject acquisition profile: 10..60; 0 for a sensor that is none
    modes: frozenset[Mode]
    area: Mapping[Mode, tuple[int, int]]  # pixels (width, height) at native ppi, the largest that a result can be
    ppi: tuple[int, ...]  # that can be asked for, the native one first
    auto_capture: bool
    roll_in_device: bool  # delivers finished rolls
    roll_frames: bool  # delivers raw rolling frames for the host to compose
    leds: frozenset[str]
    beeper: bool
    keys: frozenset[str]
    certified: str | None  # FBI certification text as the device states it, None when it states none
    simulated: bool
    previews: frozenset[PreviewSize] = frozenset()  # sizes that it can show
    preview_fps: float = 0.0  # frames per second, 0 when it shows none
    self_test: bool = False
    placed: bool = False  # its frames tell where they lie (Frame.corner)


@dataclass(frozen=True)
class Request:
    """One capture. `fingers` are FGP codes 1..10 that should lie on the platen; `missing` those that cannot.

    Of `ppi`, `still_ms` and `preview` a device does what it can, and the frame says what it did: a preview size that it does not have
    becomes one that it has. A mode, a finger or a roll form that it does not have is Refused.
    """

    mode: Mode
    fingers: frozenset[int]
    missing: frozenset[int] = frozenset()
    ppi: int = 500
    auto: bool = True  # the device triggers by itself when all fingers are good and still
    still_ms: int = 300  # ms of stillness before the device triggers
    timeout_s: float = 60.0  # s; 0 = for ever
    preview: PreviewSize = PreviewSize.HALF
    roll_frames: bool = False  # a roll as raw frames (RollFrame) for the host to compose; its Result is the last of them


@dataclass(frozen=True, eq=False)
class Frame:
    """Pixels as the device sent them, uint8 (rows, columns), 0 = ridge, row 0 at the fingertip."""

    sequence: int
    token: int  # of the capture this belongs to
    device_time_us: int  # microseconds since the device started; of one that has no clock, since it was opened
    pixels: NDArray[np.uint8] = field(repr=False)
    ppi: int
    advice: Advice
    mode: Mode
    corner: tuple[int, int] = (0, 0)  # left and top in the area of its mode, in its own pixels; (0, 0) where that is not told


@dataclass(frozen=True)
class StateChanged:
    sequence: int
    state: DeviceState


@dataclass(frozen=True)
class Preview:
    sequence: int
    frame: Frame


@dataclass(frozen=True)
class RollFrame:
    """One picture of a rolling finger, whole and at full size; none is left out without `Advice.FRAME_LOST` on the next."""

    sequence: int
    frame: Frame
    index: int  # within this capture, from 0; a gap is a frame that was lost


@dataclass(frozen=True)
class RollProgress:
    sequence: int
    per_mille: int  # of nail to nail, 0..1000
    pixels_per_frame: int  # speed of the roll


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
    key: str  # "foot", "accept", "cancel"; pressed, not released


@dataclass(frozen=True)
class Result:
    sequence: int
    frame: Frame


DeviceEvent = StateChanged | Preview | RollFrame | RollProgress | FingerCount | PlatenState | Warned | KeyPressed | Result


@dataclass(frozen=True)
class Light:
    colour: Colour
    blinking: bool = False


@dataclass(frozen=True)
class Indication:
    """What the device shows until the next one: lights that are not named go out."""

    lights: Mapping[int, Light] = field(default_factory=dict)  # by finger position 1..10
    beep: Beep = Beep.NONE
    icon: Icon = Icon.NONE


@dataclass(frozen=True)
class SelfTest:
    passed: bool
    finding: str = ""  # in words, "" when it passed


class Scanner(Protocol):
    """A live-scan scanner. Every method blocks at most a stated deadline and raises `DeviceError`, never a library's own exception."""

    @property
    def info(self) -> DeviceInfo: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def state(self) -> DeviceState:
        """Where it is now (`drivers.states`), also while nobody reads its events: LOST within 500 ms of being unplugged."""
        ...

    def open(self) -> None:
        """Claim the device and read who it is. Raises Gone, Busy, Refused, Timeout, Garbled."""
        ...

    def close(self) -> None:
        """Release it. Never raises."""
        ...

    def self_test(self) -> SelfTest:
        """Legal in READY. Raises Refused where there is none (`Capabilities.self_test`) or a capture is under way, Gone, Timeout."""
        ...

    def platen_clear(self) -> bool | None:
        """Whether nothing lies on the platen; None when the device cannot tell. Raises Gone, Timeout, Garbled."""
        ...

    def indicate(self, indication: Indication) -> None:
        """Lights, beep and icon, as far as the device has them; what it has not is passed over. Raises Gone, Timeout."""
        ...

    def arm(self, request: Request) -> int:
        """Begin one capture and return its token. Raises Refused when a capture is under way or the request cannot be done."""
        ...

    def trigger(self, token: int) -> None:
        """Take the image now (pedal, button)."""
        ...

    def cancel(self, token: int) -> None:
        """End the capture without a result; legal in every live state."""
        ...

    def events(self, token: int) -> Iterator[DeviceEvent]:
        """Events of this capture, their sequence rising, ending after its Result or its cancellation.

        Preview events may be dropped when the reader is slow, all others never. Raises Gone (after StateChanged to LOST), Timeout, Garbled.
        """
        ...
