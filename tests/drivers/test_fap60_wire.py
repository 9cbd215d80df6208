"""FAP60's bytes, written out by hand from docs/fap60-protocol.md; the CRCs were computed by a bitwise CRC-32 (0xEDB88320)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import fap60_wire as wire
from drivers.device import Advice
from drivers.errors import Garbled

INFO = bytes.fromhex(
    "4c534931 0100 3c 7f 3e00 f401 6806f005 2003e803 9600 0000"
    "312e302e300000000000000000000000 43414c2d370000000000000000000000 00f02369 f2a126eb"
)
ARM = bytes.fromhex("efbeadde 05 03 1c00 0200 f401 2c01 0000 60ea0000 21e455ef")
FRAME = bytes.fromhex(
    "4c534631 0100 4000 07000000 efbeadde 40420f0000000000 02 05 08 00 0300 0200 0400 f401"
    "01000100 08000000 25b074a1 0400 0900 0000000000000000 cf16dcd8"
)
PAYLOAD = bytes.fromhex("00ff10aa 20304055")
EVENT = bytes.fromhex("4556 01 01 09000000 efbeadde 40420f0000000000 0100 0400 02000000 c11401ee")
INDICATION = bytes.fromhex("4c534f31 01 02 04 00 01000000000083000000 00000000000000000000 021dd107")
STATE = bytes.fromhex("07 00 01 00 efbeadde 09000000 00000010")


def test_info() -> None:
    info = wire.parse_info(INFO)
    assert (info.fap, info.flags, info.modes, info.ppi) == (60, 0x7F, 0b111110, 500)
    assert (info.flat_area, info.roll_area, info.preview_rate) == ((1640, 1520), (800, 1000), 150)
    assert (info.firmware, info.calibration, info.calibrated_at) == ("1.0.0", "CAL-7", 0x6923F000)


def test_state() -> None:
    expected = wire.StateReport(wire.State.RESULT, 0, True, 0xDEADBEEF, 9, Advice.FRAME_LOST)
    assert wire.parse_state(STATE) == expected


def test_arm() -> None:
    arm = wire.Arm(
        token=0xDEADBEEF,
        mode=wire.ArmMode.RIGHT_FOUR,
        flags=wire.ArmFlag.AUTO_CAPTURE | wire.ArmFlag.HALF_SIZE_PREVIEWS,
        fingers=frozenset({3, 4, 5}),
        missing=frozenset({2}),
        ppi=500,
        still_ms=300,
        timeout_ms=60_000,
    )
    assert wire.build_arm(arm) == ARM


def test_token() -> None:
    assert wire.build_token(0xDEADBEEF) == bytes.fromhex("efbeadde")


def test_frame_header() -> None:
    header = wire.parse_frame_header(FRAME)
    assert (header.sequence, header.token, header.device_time_us) == (7, 0xDEADBEEF, 1_000_000)
    assert (header.kind, header.mode) == (wire.FrameKind.RESULT, wire.ArmMode.RIGHT_FOUR)
    assert (header.width, header.height, header.stride, header.ppi) == (3, 2, 4, 500)
    assert (header.advice, header.payload_length, header.fingers_seen, header.index) == (Advice.DRY | Advice.ROLL_NARROW, 8, 4, 9)


SECTION_7 = (
    "DRY WET TOO_LIGHT TOO_DARK AMBIENT_LIGHT SURFACE_DIRTY HALO LATENT OFF_LEFT OFF_RIGHT OFF_TOP OFF_BOTTOM SLIDING SMEAR ROLL_FAST "
    "ROLL_SLOW ROLL_NARROW ROLL_SLIP ROLL_SHIFT_H ROLL_SHIFT_V ROLL_LIFTED ROLL_PAUSED ROLL_REVERSED EXTRA_FINGER TOO_FEW_FINGERS "
    "WRONG_HAND SPOOF MANUAL_TRIGGER FRAME_LOST"
)


def test_advice_bits_are_those_of_section_7() -> None:
    assert [wire.advice_of(1 << bit).name for bit in range(29)] == SECTION_7.split()


def test_advice_of_a_later_version_is_passed_over() -> None:
    assert wire.advice_of(0xE0000001) == Advice.DRY


def test_event() -> None:
    assert wire.parse_event(EVENT) == wire.Event(wire.EventType.STATE, 9, 0xDEADBEEF, 1_000_000, 1, 4, Advice.WET)


def test_indication() -> None:
    indication = wire.Indication({1: wire.Led.GREEN, 7: wire.Led.YELLOW_BLINKING}, wire.Beep.TRY_AGAIN, wire.Icon.ROLL)
    assert wire.build_indication(indication) == INDICATION


@pytest.mark.parametrize("at", range(64))
def test_one_flipped_bit_in_a_frame_header_is_garbled(at: int) -> None:
    damaged = bytearray(FRAME)
    damaged[at] ^= 0x10
    with pytest.raises(Garbled):
        wire.parse_frame_header(damaged)


@pytest.mark.parametrize(("parse", "good"), [(wire.parse_info, INFO), (wire.parse_event, EVENT)])
def test_one_flipped_bit_is_garbled(parse: object, good: bytes) -> None:
    assert callable(parse)
    for at in range(len(good)):
        damaged = bytearray(good)
        damaged[at] ^= 0x01
        with pytest.raises(Garbled):
            parse(bytes(damaged))


def test_a_state_that_does_not_exist_is_garbled() -> None:
    with pytest.raises(Garbled, match="state 9"):
        wire.parse_state(b"\x09" + STATE[1:])


@given(st.binary(max_size=80))
def test_any_bytes_are_a_value_or_garbled(data: bytes) -> None:
    for parse in (wire.parse_info, wire.parse_state, wire.parse_event, wire.parse_frame_header):
        with contextlib.suppress(Garbled):
            parse(data)


@given(st.binary(min_size=60, max_size=60))
def test_any_header_with_a_right_crc_is_a_value_or_garbled(body: bytes) -> None:
    head = wire._with_crc(b"LSF1\x01\x00\x40\x00" + body[8:])
    with contextlib.suppress(Garbled):
        header = wire.parse_frame_header(head)
        assert header.payload_length == header.stride * header.height >= header.width > 0
