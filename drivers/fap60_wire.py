"""FAP60, version 1, the bytes: docs/fap60-protocol.md, whose order and names this file keeps. Little-endian throughout.

Pure: bytes in, values out. What cannot be is Garbled; what is merely unknown (a later event type, a new advice bit) is kept or passed over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from drivers.device import Advice
from drivers.errors import Garbled

VERSION = 1
PACKET = 512  # wMaxPacketSize of bulk IN, bytes
CLASS_TRIPLE = (0xFF, 0x46, 0x60)  # section 1: interface class, subclass, protocol


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
    """Section 3, error codes."""

    OK = 0
    BAD_STATE = 1
    BAD_VALUE = 2
    BAD_TOKEN = 3
    TIMED_OUT = 4
    SENSOR = 5
    CALIBRATION = 6
    OVERHEAT = 7
    UNKNOWN_REQUEST = 8


_STATE = struct.Struct("<BBBxIII")
STATE_SIZE = _STATE.size


@dataclass(frozen=True)
class StateReport:
    """GET_STATE, 16 bytes."""

    state: State
    error: int  # Error, or a code of a later version
    platen_clear: bool
    token: int
    last_event: int  # sequence
    advice: Advice


class InfoFlag(IntFlag):
    """Section 4, offset 7."""

    SIMULATED = 1 << 0
    AUTO_CAPTURE = 1 << 1
    FINISHED_ROLLS = 1 << 2
    RAW_ROLL_FRAMES = 1 << 3
    BEEPER = 1 << 4
    FOOT_SWITCH = 1 << 5
    LED_PER_FINGER = 1 << 6
    PLACED_FRAMES = 1 << 7


_INFO = struct.Struct("<4sHBBHHHHHHHH16s16sII")
INFO_SIZE = _INFO.size
INFO_MAGIC = b"LSI1"


@dataclass(frozen=True)
class Info:
    """GET_INFO, 64 bytes."""

    fap: int
    flags: int  # InfoFlag, and bits of a later version
    modes: int  # bit n set when mode n is there
    ppi: int
    flat_area: tuple[int, int]  # pixels, width and height
    roll_area: tuple[int, int]  # pixels, width and height
    preview_rate: int  # frames a second times 10
    firmware: str
    calibration: str  # "" when none
    calibrated_at: int  # seconds since 1970 UTC, 0 when none
    finest_ppi: int = 0  # that ARM takes beside the native one, 0 when none


class ArmMode(IntEnum):
    """Section 5, offset 4."""

    ROLL = 1
    FLAT_ONE_FINGER = 2
    TWO_THUMBS = 3
    LEFT_FOUR = 4
    RIGHT_FOUR = 5
    EMPTY_PLATEN = 6


class ArmFlag(IntFlag):
    """Section 5, offset 5."""

    AUTO_CAPTURE = 1 << 0
    HALF_SIZE_PREVIEWS = 1 << 1
    RAW_ROLL_FRAMES = 1 << 2
    NO_PREVIEWS = 1 << 3


_ARM = struct.Struct("<IBBHHHHHI")


@dataclass(frozen=True)
class Arm:
    """ARM, 24 bytes."""

    token: int  # not 0
    mode: ArmMode
    flags: ArmFlag
    fingers: frozenset[int]  # finger positions 1..10
    missing: frozenset[int]  # finger positions 1..10
    ppi: int
    still_ms: int
    timeout_ms: int  # 0 = none


class FrameKind(IntEnum):
    """Section 6, offset 24."""

    PREVIEW = 1
    RESULT = 2
    RAW_ROLL_FRAME = 3


_FRAME = struct.Struct("<4sHHIIQBBBxHHHHIIIHHHH4xI")
FRAME_HEADER_SIZE = _FRAME.size
FRAME_MAGIC = b"LSF1"


@dataclass(frozen=True)
class FrameHeader:
    """Section 6, 64 bytes."""

    sequence: int
    token: int
    device_time_us: int  # microseconds since the device started
    kind: int  # FrameKind, or a kind of a later version
    mode: int  # ArmMode, or a mode of a later version
    width: int  # pixels
    height: int  # pixels
    stride: int  # bytes
    ppi: int
    advice: Advice
    payload_length: int  # bytes = stride x height
    payload_crc: int
    fingers_seen: int
    index: int  # of this frame within the capture, from 0
    corner: tuple[int, int] = (0, 0)  # pixels, left and top in the area of its mode


class EventType(IntEnum):
    """Section 8."""

    STATE = 1
    FINGERS = 2
    PLATEN = 3
    WARNING = 4
    KEY = 5
    ROLL = 6
    SELF_TEST = 7
    FAULT = 8


_EVENT = struct.Struct("<2sBBIIQHHII")
EVENT_SIZE = _EVENT.size
EVENT_MAGIC = b"EV"


@dataclass(frozen=True)
class Event:
    """Section 8, 32 bytes."""

    type: int  # EventType, or a type of a later version
    sequence: int
    token: int  # 0 outside a capture
    device_time_us: int
    a: int
    b: int
    advice: Advice


class Beep(IntEnum):
    """Section 9."""

    NONE = 0
    GOOD = 1
    TRY_AGAIN = 2
    ERROR = 3


class Icon(IntEnum):
    """Section 9."""

    NONE = 0
    LEFT_FOUR = 1
    RIGHT_FOUR = 2
    THUMBS = 3
    ROLL = 4


class Led(IntEnum):
    """Section 9, one LED byte; bit 7 says blinking."""

    OFF = 0
    GREEN = 1
    RED = 2
    YELLOW = 3
    GREEN_BLINKING = 0x81
    RED_BLINKING = 0x82
    YELLOW_BLINKING = 0x83


_INDICATION = struct.Struct("<4sBBBx10s10x")
INDICATION_MAGIC = b"LSO1"


@dataclass(frozen=True)
class Indication:
    """Section 9, 32 bytes."""

    leds: Mapping[int, Led] = field(default_factory=dict)  # by finger position 1..10; what is not named is off
    beep: Beep = Beep.NONE
    icon: Icon = Icon.NONE


def parse_state(data: bytes) -> StateReport:
    """Raises Garbled."""
    _need(len(data) == STATE_SIZE, f"a state of {len(data)} bytes")
    state, error, clear, token, last, advice = _STATE.unpack(data)
    return StateReport(_state(state), error, clear == 1, token, last, advice_of(advice))


def parse_info(data: bytes) -> Info:
    """Raises Garbled, also for another protocol version."""
    _need(len(data) == INFO_SIZE and data[:4] == INFO_MAGIC, f"{len(data)} bytes that do not say what scanner it is")
    *values, crc = _INFO.unpack(data)
    _need(crc == zlib.crc32(data[:60]), "a damaged description of itself")
    _magic, version, fap, flags, modes, ppi, fw, fh, rw, rh, rate, finest, firmware, calibration, at = values
    _need(version == VERSION, f"protocol version {version}, which this program does not know")
    _need(ppi > 0 and 0 not in (fw, fh, rw, rh), "a platen without a size")
    return Info(
        fap, flags, modes, ppi, (fw, fh), (rw, rh), rate, _text(firmware), _text(calibration), at, finest if finest == 2 * ppi else 0
    )


def build_arm(arm: Arm) -> bytes:
    body = _ARM.pack(arm.token, arm.mode, arm.flags, _fingers(arm.fingers), _fingers(arm.missing), arm.ppi, arm.still_ms, 0, arm.timeout_ms)
    return _with_crc(body)


def build_token(token: int) -> bytes:
    """The data of TRIGGER, CANCEL, RELEASE and RESEND."""
    return struct.pack("<I", token)


def parse_frame_header(data: bytes | bytearray | memoryview) -> FrameHeader:
    """The first 64 bytes of a frame. Raises Garbled."""
    head = bytes(data[:FRAME_HEADER_SIZE])
    _need(len(head) == FRAME_HEADER_SIZE and head[:4] == FRAME_MAGIC, "bytes that are not the head of an image")
    *values, crc = _FRAME.unpack(head)
    _need(crc == zlib.crc32(head[:60]), "a damaged head of an image")
    _magic, version, size, sequence, token, time_us, kind, mode, bits, width, height, stride, ppi, *rest = values
    advice, length, payload_crc, seen, index, left, top = rest
    _need(version == VERSION and size == FRAME_HEADER_SIZE and bits == 8, "an image in a form that this program does not know")
    _need(0 < width <= stride and height > 0 and ppi > 0 and length == stride * height, f"an image of {width} x {height} in {length} bytes")
    said = advice_of(advice)
    return FrameHeader(
        sequence, token, time_us, kind, mode, width, height, stride, ppi, said, length, payload_crc, seen, index, (left, top)
    )


def advice_of(bits: int) -> Advice:
    """Section 7; bits of a later version are passed over."""
    return Advice(bits & _KNOWN_ADVICE)


def parse_event(data: bytes | bytearray | memoryview) -> Event:
    """32 bytes. Raises Garbled."""
    body = bytes(data)
    _need(len(body) == EVENT_SIZE and body[:2] == EVENT_MAGIC, f"{len(body)} bytes that are not an event")
    _magic, version, kind, sequence, token, time_us, a, b, advice, crc = _EVENT.unpack(body)
    _need(crc == zlib.crc32(body[:28]), "a damaged event")
    _need(version == VERSION, "an event in a form that this program does not know")
    if kind == EventType.STATE:
        _state(a)
    return Event(kind, sequence, token, time_us, a, b, advice_of(advice))


def build_indication(indication: Indication) -> bytes:
    leds = bytes(indication.leds.get(finger, Led.OFF) for finger in range(1, 11))
    return _with_crc(_INDICATION.pack(INDICATION_MAGIC, VERSION, indication.beep, indication.icon, leds))


_KNOWN_ADVICE = sum(flag.value for flag in Advice)


def _fingers(positions: frozenset[int]) -> int:
    return sum(1 << (position - 1) for position in positions)


def _state(code: int) -> State:
    try:
        return State(code)
    except ValueError as error:
        raise Garbled(f"The scanner says it is in state {code}, which does not exist.") from error


def _with_crc(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def _text(field_: bytes) -> str:
    return field_.split(b"\0", 1)[0].decode("ascii", errors="replace")


def _need(fact: bool, otherwise: str) -> None:
    if not fact:
        raise Garbled(f"The scanner sent {otherwise}.")
