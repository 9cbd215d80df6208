"""docs/fap60-protocol.md as bytes, seen from the device. Everything is little-endian; tables in the order of that page."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum, IntFlag


class WireError(Exception):
    """What the host sent has a wrong length, checksum or value."""


class State(IntEnum):
    """Section 2."""

    READY = 1
    AWAIT_CLEAR = 2
    ARMED = 3
    TRACKING = 4
    ROLL_ACTIVE = 5
    TAKING = 6
    RESULT = 7
    ERROR = 8


class Request(IntEnum):
    """Section 3, bRequest."""

    GET_INFO = 0x01
    GET_STATE = 0x02
    ARM = 0x03
    TRIGGER = 0x04
    CANCEL = 0x05
    RELEASE = 0x06
    RESEND = 0x07
    SELF_TEST = 0x08
    CLEAR_ERROR = 0x09


class Error(IntEnum):
    """Section 3."""

    OK = 0
    BAD_STATE = 1
    BAD_VALUE = 2
    BAD_TOKEN = 3
    TIMED_OUT = 4
    SENSOR = 5
    CALIBRATION = 6
    OVERHEAT = 7
    UNKNOWN_REQUEST = 8


class InfoFlag(IntFlag):
    """Section 4, offset 7."""

    SIMULATED = 1 << 0
    AUTO_CAPTURE = 1 << 1
    FINISHED_ROLLS = 1 << 2
    RAW_ROLL_FRAMES = 1 << 3
    BEEPER = 1 << 4
    FOOT_SWITCH = 1 << 5
    FINGER_LEDS = 1 << 6
    PLACED_FRAMES = 1 << 7


class Mode(IntEnum):
    """Section 5, offset 4."""

    ROLL = 1
    FLAT_1 = 2
    THUMBS = 3
    LEFT_FOUR = 4
    RIGHT_FOUR = 5
    EMPTY = 6


class ArmFlag(IntFlag):
    """Section 5, offset 5."""

    AUTO = 1 << 0
    HALF_SIZE = 1 << 1
    RAW_ROLL = 1 << 2
    NO_PREVIEWS = 1 << 3


class Kind(IntEnum):
    """Section 6, offset 24."""

    PREVIEW = 1
    RESULT = 2
    RAW_ROLL = 3


class Advice(IntFlag):
    """Section 7."""

    NONE = 0
    DRY = 1 << 0
    WET = 1 << 1
    TOO_LIGHT = 1 << 2
    TOO_DARK = 1 << 3
    AMBIENT_LIGHT = 1 << 4
    SURFACE_DIRTY = 1 << 5
    HALO = 1 << 6
    LATENT = 1 << 7
    OFF_LEFT = 1 << 8
    OFF_RIGHT = 1 << 9
    OFF_TOP = 1 << 10
    OFF_BOTTOM = 1 << 11
    SLIDING = 1 << 12
    SMEAR = 1 << 13
    ROLL_FAST = 1 << 14
    ROLL_SLOW = 1 << 15
    ROLL_NARROW = 1 << 16
    ROLL_SLIP = 1 << 17
    ROLL_SHIFT_H = 1 << 18
    ROLL_SHIFT_V = 1 << 19
    ROLL_LIFTED = 1 << 20
    ROLL_PAUSED = 1 << 21
    ROLL_REVERSED = 1 << 22
    EXTRA_FINGER = 1 << 23
    TOO_FEW_FINGERS = 1 << 24
    WRONG_HAND = 1 << 25
    SPOOF = 1 << 26
    MANUAL_TRIGGER = 1 << 27
    FRAME_LOST = 1 << 28


class Event(IntEnum):
    """Section 8."""

    STATE = 1
    FINGERS = 2
    PLATEN = 3
    WARNING = 4
    KEY = 5
    ROLL = 6
    SELF_TEST = 7
    FAULT = 8


INFO_SIZE, STATE_SIZE, ARM_SIZE, TOKEN_SIZE, HEADER_SIZE, EVENT_SIZE, INDICATION_SIZE = 64, 16, 24, 4, 64, 32, 32  # bytes
FOOT_SWITCH = 1  # section 8, KEY argument a

# fingers that a mode can ask for, as finger positions
FINGERS = {
    Mode.ROLL: frozenset(range(1, 11)),
    Mode.FLAT_1: frozenset(range(1, 11)),
    Mode.THUMBS: frozenset({1, 6}),
    Mode.LEFT_FOUR: frozenset({7, 8, 9, 10}),
    Mode.RIGHT_FOUR: frozenset({2, 3, 4, 5}),
    Mode.EMPTY: frozenset(),
}
ONE_FINGER = (Mode.ROLL, Mode.FLAT_1)
NATIVE, FINEST = 500, 1000  # ppi


def with_crc(head: bytes) -> bytes:
    return head + struct.pack("<I", zlib.crc32(head))


def check_crc(data: bytes, size: int) -> bytes:
    """The bytes before the checksum. Raises WireError."""
    if len(data) != size or struct.unpack("<I", data[-4:])[0] != zlib.crc32(data[:-4]):
        raise WireError(f"{len(data)} bytes or their checksum")
    return data[:-4]


@dataclass(frozen=True)
class Info:
    """GET_INFO."""

    flags: InfoFlag
    flat: tuple[int, int]  # pixels, width and height
    roll: tuple[int, int]  # pixels, width and height
    firmware: str
    calibration: str
    calibrated_at: int  # seconds since 1970 UTC
    ppi: int = NATIVE
    preview_rate: int = 150  # frames a second times 10
    finest: int = FINEST  # ppi, 0: the native one only

    def pack(self) -> bytes:
        modes = sum(1 << mode for mode in Mode)
        head = struct.pack(
            "<4sHBBHH4HHH", b"LSI1", 1, 60, self.flags, modes, self.ppi, *self.flat, *self.roll, self.preview_rate, self.finest
        )
        texts = struct.pack("<16s16sI", self.firmware.encode("ascii"), self.calibration.encode("ascii"), self.calibrated_at)
        return with_crc(head + texts)


@dataclass(frozen=True)
class Arm:
    """One capture as asked."""

    token: int
    mode: Mode
    flags: ArmFlag
    fingers: frozenset[int]  # finger positions 1..10
    missing: frozenset[int]
    ppi: int  # of the result and of raw roll frames
    still_ms: int
    timeout_ms: int  # 0: none

    @classmethod
    def parse(cls, data: bytes) -> Arm:
        """Raises WireError for what section 5 forbids."""
        token, mode, flags, fingers, missing, ppi, still, _reserved, timeout = struct.unpack("<IBBHHHHHI", check_crc(data, ARM_SIZE))
        if token == 0 or ppi not in (NATIVE, FINEST) or mode not in list(Mode) or (fingers | missing) >> 10:
            raise WireError(f"token {token}, mode {mode}, {ppi} ppi, fingers {fingers:#x}, missing {missing:#x}")
        arm = cls(token, Mode(mode), ArmFlag(flags & 0x0F), positions(fingers), positions(missing), ppi, still, timeout)
        arm._check()
        return arm

    def _check(self) -> None:
        if self.mode is Mode.EMPTY:
            wrong_fingers = bool(self.fingers | self.missing)
        else:
            wrong_fingers = not self.fingers or not self.fingers <= FINGERS[self.mode] or bool(self.fingers & self.missing)
        too_many = self.mode in ONE_FINGER and len(self.fingers) != 1
        if wrong_fingers or too_many or (ArmFlag.RAW_ROLL in self.flags and self.mode is not Mode.ROLL):
            raise WireError(f"fingers {sorted(self.fingers)}, missing {sorted(self.missing)}, flags {self.flags}")


def positions(bits: int) -> frozenset[int]:
    return frozenset(n for n in range(1, 11) if bits >> (n - 1) & 1)


def parse_token(data: bytes) -> int:
    """Raises WireError."""
    if len(data) != TOKEN_SIZE:
        raise WireError(f"{len(data)} bytes for a token")
    return int.from_bytes(data, "little")


@dataclass(frozen=True)
class Stamp:
    """What frames and events have in common."""

    sequence: int
    token: int
    time_us: int  # microseconds since start
    advice: Advice


def pack_state(state: State, error: Error, last_event: Stamp, *, clear: bool) -> bytes:
    return struct.pack("<BBBBIII", state, error, int(clear), 0, last_event.token, last_event.sequence, last_event.advice)


def pack_event(kind: Event, stamp: Stamp, a: int, b: int) -> bytes:
    head = struct.pack("<2sBBIIQHHI", b"EV", 1, kind, stamp.sequence, stamp.token, stamp.time_us, a, b, stamp.advice)
    return with_crc(head)


@dataclass(frozen=True)
class FrameShape:
    kind: Kind
    mode: Mode
    width: int  # pixels
    height: int  # pixels
    stride: int  # bytes
    ppi: int
    fingers: int  # seen on the platen
    index: int  # within the capture, from 0
    left: int = 0  # pixels, of this picture in the area of its mode
    top: int = 0  # pixels


def pack_frame_header(shape: FrameShape, stamp: Stamp, payload: bytes) -> bytes:
    begin = struct.pack("<4sHHIIQ", b"LSF1", 1, HEADER_SIZE, stamp.sequence, stamp.token, stamp.time_us)
    middle = struct.pack("<BBBBHHHH", shape.kind, shape.mode, 8, 0, shape.width, shape.height, shape.stride, shape.ppi)
    end = struct.pack("<IIIHHHH4x", stamp.advice, len(payload), zlib.crc32(payload), shape.fingers, shape.index, shape.left, shape.top)
    return with_crc(begin + middle + end)


@dataclass(frozen=True)
class Indication:
    """What LEDs, beeper and display show."""

    beep: int = 0
    icon: int = 0
    leds: bytes = bytes(10)  # finger 1 to 10

    @classmethod
    def parse(cls, data: bytes) -> Indication:
        """Raises WireError."""
        magic, version, beep, icon, _reserved, leds, _rest = struct.unpack("<4sBBBB10s10s", check_crc(data, INDICATION_SIZE))
        if magic != b"LSO1" or version != 1 or beep > 3 or icon > 4 or any(led & 0x7F > 3 for led in leds):
            raise WireError("indication")
        return cls(beep, icon, leds)
