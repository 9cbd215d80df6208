"""The simulated scanner keeps docs/fap60-protocol.md."""

from __future__ import annotations

import errno
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.bench import Bench
from firmware_sim.core.device import UsbDevice
from firmware_sim.core.pace import Pace
from firmware_sim.core.urb import Urb
from firmware_sim.models.fap60 import Fap60
from firmware_sim.models.fap60_states import MOVES
from firmware_sim.models.fap60_wire import Error, State
from firmware_sim.subject import file
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Asked, Person, Touch
from tests.data import testdata
from tests.firmware_sim import fap60_host as fap
from tests.firmware_sim.conftest import SMALL, Way
from tests.firmware_sim.fap60_host import Host, arm_bytes
from tests.firmware_sim.usbip_client import Client

STALL = -errno.EPIPE
RIGHT_FOUR = {2, 3, 4, 5}


def test_info_says_simulated_and_all_that_the_page_knows(host: Host):
    data = host.client.control_in(0xC1, 1, 0, 0, 64).data
    magic, version, device, flags, modes, ppi, *areas = struct.unpack("<4sHBBHH4H", data[:20])
    assert (magic, version, device, ppi, areas) == (b"LSI1", 1, 60, 500, [1640, 1520, 840, 800])
    assert flags == 0xFF
    assert modes == 0b1111110
    assert struct.unpack("<HH", data[20:24]) == (150, 1000)
    assert zlib.crc32(data[:60]) == struct.unpack("<I", data[60:])[0]


def test_info_with_too_little_room_is_refused_and_more_room_is_fine(host: Host):
    assert host.client.control_in(0xC1, 1, 0, 0, 32).status == STALL
    assert len(host.client.control_in(0xC1, 1, 0, 0, 512).data) == 64


def test_plain_capture_goes_through_its_states(host: Host):
    host.capture(7, 5, RIGHT_FOUR)
    host.until_state(fap.READY)
    assert host.states() == [fap.AWAIT_CLEAR, fap.ARMED, fap.TRACKING, fap.TAKING, fap.RESULT, fap.READY]
    assert [event.a for event in host.events if event.kind == fap.FINGERS] == [1, 2, 3, 4]
    assert {event.token for event in host.events if event.kind == fap.STATE} == {7}


def test_roll_goes_through_roll_active_to_nail_to_nail(host: Host):
    result = host.capture(8, 1, {3})
    assert host.states()[:6] == [fap.AWAIT_CLEAR, fap.ARMED, fap.TRACKING, fap.ROLL_ACTIVE, fap.TAKING, fap.RESULT]
    rolls = [event for event in host.events if event.kind == fap.ROLL]
    assert rolls[-1].a == 1000
    assert all(event.b > 0 for event in rolls)
    assert np.array_equal(result.pixels, SMALL[Way.ROLLED, 3])


def test_events_and_frames_share_one_rising_sequence(host: Host):
    host.capture(9, 5, RIGHT_FOUR)
    host.until_state(fap.READY)
    numbers = [event.sequence for event in host.events] + [frame.sequence for frame in host.frames]
    assert len(set(numbers)) == len(numbers)
    assert [e.sequence for e in host.events] == sorted(e.sequence for e in host.events)
    assert [e.time_us for e in host.events] == sorted(e.time_us for e in host.events)
    assert [f.index for f in host.frames] == sorted(f.index for f in host.frames)


def test_previews_fill_the_area_at_full_and_at_half_size(host: Host):
    host.capture(10, 5, RIGHT_FOUR, flags=1)
    assert {(f.pixels.shape, f.ppi) for f in host.frames if f.kind == 1} == {((1520, 1640), 500)}
    host.capture(11, 5, RIGHT_FOUR, flags=3)
    assert {(f.pixels.shape, f.ppi) for f in host.frames if f.kind == 1} == {((760, 820), 250)}
    host.capture(12, 5, RIGHT_FOUR, flags=9)
    assert [f.kind for f in host.frames] == [2]


def test_previews_show_more_ink_as_the_contact_grows(make_bench: Callable[..., Bench]):
    with Client(make_bench(speed=4).address) as client:
        host = Host(client)
        host.capture(13, 5, RIGHT_FOUR, flags=3)
        ink = [int((255 - f.pixels.astype(int)).sum()) for f in host.frames if f.kind == 1]
        assert len(ink) >= 2
        assert ink[0] < ink[-1]


def test_previews_come_at_about_fifteen_a_second(make_bench: Callable[..., Bench]):
    with Client(make_bench(speed=1).address) as client:
        host = Host(client)
        host.capture(14, 5, RIGHT_FOUR, flags=3)
        first, last = (next(e for e in host.events if e.kind == fap.STATE and e.a == s) for s in (fap.TRACKING, fap.TAKING))
        seconds = (last.time_us - first.time_us) / 1e6
        assert 0.9 < seconds < 1.6
        assert sum(f.kind == 1 for f in host.frames) == pytest.approx(15 * seconds, abs=4)


def test_unread_previews_are_dropped_and_the_result_is_kept(client: Client):
    client.configure()
    client.control_out(0x41, 3, 0, 0, arm_bytes(15, 5, RIGHT_FOUR))
    deadline = time.monotonic() + 5
    while client.control_in(0xC1, 2, 0, 0, 16).data[0] != fap.RESULT:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert fap.parse_frame(client.bulk_in(1 << 20).data).kind == 2


def test_result_read_in_packets_is_the_same(client: Client):
    client.configure()
    client.control_out(0x41, 3, 0, 0, arm_bytes(16, 2, {1}))
    data = b""
    while not data or data[24] != 2:
        data = b""
        while len(part := client.bulk_in(512).data) == 512:
            data += part
        data += part
    assert np.array_equal(fap.parse_frame(data).pixels, SMALL[Way.PLAIN, 11])


def test_resend_gives_the_same_frame_again(host: Host):
    host.arm(17, 5, RIGHT_FOUR, flags=9)
    first = host.until_result()
    host.frames.clear()
    assert host.with_token(7, 17) == 0
    again = host.until_result()
    assert again.sequence == first.sequence
    assert np.array_equal(again.pixels, first.pixels)
    assert host.with_token(6, 17) == 0


def test_trigger_takes_the_image_at_once_and_says_so(host: Host):
    host.arm(18, 5, RIGHT_FOUR, flags=0)
    host.until_state(fap.TRACKING)
    assert host.with_token(4, 18) == 0
    result = host.until_result()
    assert result.advice & fap.MANUAL


def test_without_auto_capture_nothing_is_taken_until_triggered(host: Host):
    host.arm(19, 5, RIGHT_FOUR, flags=8, timeout_ms=4000)
    host.until_state(fap.READY)
    assert fap.TAKING not in host.states()
    assert host.state()[1] == Error.TIMED_OUT


def test_trigger_on_an_empty_platen_gives_a_bare_image(make_bench: Callable[..., Bench]):
    with Client(make_bench(speed=0.5).address) as client:
        host = Host(client)
        host.arm(20, 5, RIGHT_FOUR)
        assert host.with_token(4, 20) == 0
        result = host.until_result()
        assert result.advice == fap.MANUAL | fap.TOO_FEW
        assert (result.pixels.shape, result.fingers) == ((1520, 1640), 0)
        assert result.pixels.min() > 220


def test_triggered_roll_is_narrow(make_bench: Callable[..., Bench]):
    with Client(make_bench(speed=2).address) as client:
        host = Host(client)
        host.arm(21, 1, {4})
        host.until_state(fap.ROLL_ACTIVE)
        assert host.with_token(4, 21) == 0
        result = host.until_result()
        assert result.advice == fap.MANUAL | fap.NARROW
        assert (result.pixels[:, -1] == 255).all()
        assert (result.pixels[:, 0] != 255).any()


def test_fingers_that_stay_away_make_the_capture_time_out_with_a_warning(host: Host):
    host.arm(22, 4, {7, 8, 9, 10}, timeout_ms=4000)
    host.until_state(fap.READY)
    assert [event.a for event in host.events if event.kind == fap.FINGERS] == [1, 2, 3]
    assert [event.advice for event in host.events if event.kind == fap.WARNING] == [fap.TOO_FEW]
    last = [event for event in host.events if event.kind == fap.STATE][-1]
    assert (last.a, last.b, last.token) == (fap.READY, Error.TIMED_OUT, 22)
    assert host.state()[1] == Error.TIMED_OUT


def test_known_missing_finger_does_not_hold_up_the_others(host: Host):
    result = host.capture(23, 4, {7, 8, 10}, missing=1 << 8)
    assert (result.fingers, result.advice) == (3, 0)


def test_missing_finger_is_never_rolled(host: Host):
    host.arm(24, 1, {9}, timeout_ms=2000)
    host.until_state(fap.READY)
    assert host.states() == [fap.AWAIT_CLEAR, fap.ARMED, fap.READY]


def test_cancel_ends_a_capture_and_the_hand_is_lifted(host: Host):
    host.arm(25, 5, RIGHT_FOUR)
    host.until_state(fap.TRACKING)
    assert host.with_token(5, 25) == 0
    assert host.state()[0] == fap.READY
    while not any(event.kind == fap.PLATEN and event.a == 1 for event in host.events):
        host.pump()
    assert next(event for event in host.events if event.kind == fap.PLATEN and event.a == 1).token == 0


def test_armed_again_at_once_waits_for_a_clear_platen(make_bench: Callable[..., Bench]):
    with Client(make_bench(speed=4).address) as client:
        host = Host(client)
        host.capture(26, 5, RIGHT_FOUR)
        assert host.arm(27, 1, {2}) == 0
        assert host.state()[0] == fap.AWAIT_CLEAR
        host.frames.clear()
        host.until_result()
        clear = next(event for event in host.events if event.kind == fap.PLATEN and event.a == 1)
        armed = [event for event in host.events if event.kind == fap.STATE and event.a == fap.ARMED][-1]
        assert clear.sequence < armed.sequence


REFUSED = {
    "release outside a result": (0x06, struct.pack("<I", 1), Error.BAD_STATE),
    "trigger in ready": (0x04, struct.pack("<I", 1), Error.BAD_STATE),
    "clear error without error": (0x09, b"", Error.BAD_STATE),
    "unknown request": (0x77, b"", Error.UNKNOWN_REQUEST),
    "arm too short": (0x03, bytes(23), Error.BAD_VALUE),
    "arm with a wrong checksum": (0x03, arm_bytes(1, 5, RIGHT_FOUR)[:-1] + b"\0", Error.BAD_VALUE),
    "arm with token 0": (0x03, arm_bytes(0, 5, RIGHT_FOUR), Error.BAD_VALUE),
    "arm with an unknown mode": (0x03, arm_bytes(1, 7, RIGHT_FOUR), Error.BAD_VALUE),
    "arm of a finger on the empty platen": (0x03, arm_bytes(1, 6, {2}), Error.BAD_VALUE),
    "arm of a missing finger on the empty platen": (0x03, arm_bytes(1, 6, set(), missing=2), Error.BAD_VALUE),
    "arm with no finger": (0x03, arm_bytes(1, 5, set()), Error.BAD_VALUE),
    "arm of a left finger on the right": (0x03, arm_bytes(1, 5, {2, 7}), Error.BAD_VALUE),
    "arm of two fingers to roll": (0x03, arm_bytes(1, 1, {2, 3}), Error.BAD_VALUE),
    "arm of a finger asked and missing": (0x03, arm_bytes(1, 5, RIGHT_FOUR, missing=1 << 2), Error.BAD_VALUE),
    "arm of an eleventh finger": (0x03, arm_bytes(1, 5, {2, 11}), Error.BAD_VALUE),
    "arm at 600 ppi": (0x03, arm_bytes(1, 5, RIGHT_FOUR, ppi=600), Error.BAD_VALUE),
    "arm of a slap with raw roll frames": (0x03, arm_bytes(1, 5, RIGHT_FOUR, flags=5), Error.BAD_VALUE),
    "self test with data": (0x08, b"x", Error.BAD_VALUE),
    "cancel without a token": (0x05, b"", Error.BAD_VALUE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_request_stalls_and_leaves_its_error(host: Host, name: str):
    request, data, error = REFUSED[name]
    assert host.order(request, data) == STALL
    assert host.state()[:2] == (fap.READY, error)
    assert host.state()[1] == error
    assert host.with_token(5, 1) == 0
    assert host.state()[1] == Error.OK


def test_token_of_another_capture_is_error_3_and_does_nothing(host: Host):
    host.arm(30, 5, RIGHT_FOUR)
    assert host.with_token(5, 31) == STALL
    state, error, _clear, token, *_ = host.state()
    assert (error, token) == (Error.BAD_TOKEN, 30)
    assert state != fap.READY
    assert host.arm(32, 5, RIGHT_FOUR) == STALL


def test_self_test_ends_with_its_event(host: Host):
    assert host.order(8) == 0
    while not any(event.kind == fap.SELF_TEST for event in host.events):
        host.pump()
    assert host.events[-1].a == 0


def test_fault_ends_the_capture_in_error_until_cleared(host: Host, bench: Bench):
    host.arm(33, 5, RIGHT_FOUR)
    bench.fault(Error.OVERHEAT)
    host.until_state(fap.ERROR)
    assert host.state()[:2] == (fap.ERROR, Error.OVERHEAT)
    assert [event.a for event in host.events if event.kind == fap.FAULT] == [Error.OVERHEAT]
    assert host.arm(34, 5, RIGHT_FOUR) == STALL
    assert host.order(9) == 0
    assert host.state()[:2] == (fap.READY, 0)


def test_foot_switch_is_told(host: Host, bench: Bench):
    bench.press_foot_switch()
    while len([event for event in host.events if event.kind == fap.KEY]) < 2:
        host.pump()
    assert [(event.a, event.b) for event in host.events] == [(1, 1), (1, 0)]


def indication(beep: int, leds: bytes) -> bytes:
    head = struct.pack("<4sBBBB10s10x", b"LSO1", 1, beep, 2, 0, leds)
    return head + struct.pack("<I", zlib.crc32(head))


def test_indication_is_shown_and_a_wrong_one_sets_error_2(host: Host, bench: Bench):
    assert host.client.bulk_out(indication(1, bytes([0x81, 2, 3, 0, 0, 0, 0, 0, 0, 0]))).status == 0
    assert (bench.scanner.indication.beep, bench.scanner.indication.leds[:3]) == (1, b"\x81\x02\x03")
    assert host.state()[1] == Error.OK
    assert host.client.bulk_out(indication(9, bytes(10))).status == 0
    assert host.state()[1] == Error.BAD_VALUE
    assert bench.scanner.indication.beep == 1


def test_unplugged_scanner_begins_anew(bench: Bench):
    with Client(bench.address) as client:
        host = Host(client)
        host.arm(35, 5, RIGHT_FOUR)
        bench.unplug()
        bench.plug()
    deadline = time.monotonic() + 5
    while True:
        try:
            client = Client(bench.address)
            break
        except Exception:
            assert time.monotonic() < deadline
    with client:
        host = Host(client)
        assert host.state() == (fap.READY, 0, 1, 0, 0, 0)
        assert host.capture(1, 5, RIGHT_FOUR).token == 1


def test_every_state_can_be_left():
    assert {state for state, _ in MOVES} == set(State)
    assert set(MOVES.values()) == set(State)


@pytest.fixture(scope="module")
def card() -> Person:
    return file.load(testdata("prints/nist/type-4-tpcard.an2"))


PLAN = [(5, RIGHT_FOUR, 13), (4, {7, 8, 9, 10}, 14), (2, {1}, 11), (2, {6}, 12)] + [(1, {n}, n) for n in range(1, 11)]


def on_card(card: Person, position: int, fingers: set[int]) -> Touch:
    touch = card.touch(Asked(Way.ROLLED if position <= 10 else Way.PLAIN, position, frozenset(fingers)))
    assert touch is not None
    return touch


def test_whole_card_arrives_pixel_by_pixel(make_bench: Callable[..., Bench], card: Person, tmp_path: Path):
    with Client(make_bench(card, truth=tmp_path).address) as client:
        host = Host(client)
        for token, (mode, fingers, position) in enumerate(PLAN, start=1):
            result = host.capture(token, mode, fingers, flags=3)
            expected = on_card(card, position, fingers).pixels
            assert np.array_equal(result.pixels, expected)
            rows, columns = expected.shape
            assert (tmp_path / f"fgp-{position}.pgm").read_bytes() == b"P5\n%d %d\n255\n" % (columns, rows) + expected.tobytes()


REQUESTS = st.tuples(
    st.sampled_from([0x41, 0xC1, 0x40, 0x80, 0x02, 0x00]),
    st.integers(0, 12),
    st.sampled_from([0, 1, 0x0100]),
    st.sampled_from([0, 0x81, 1]),
    st.one_of(st.binary(max_size=40), st.just(arm_bytes(7, 5, RIGHT_FOUR)), st.just(struct.pack("<I", 7)), st.just(b"")),
)


@given(st.lists(REQUESTS, max_size=30), st.lists(st.binary(max_size=40), max_size=4))
def test_any_order_of_any_requests_leaves_a_device_that_answers(requests: list[tuple[int, int, int, int, bytes]], indications: list[bytes]):
    now = [0.0]
    device = UsbDevice(Fap60("LS60-0001", FilePerson("small", SMALL, frozenset()), Pace(clock=lambda: now[0])))

    def ask(kind: int, request: int, value: int, index: int, data: bytes) -> Urb:
        length = 64 if kind & 0x80 else len(data)
        setup = struct.pack("<BBHHH", kind, request, value, index, length)
        urb = Urb(kind & 0x80, length, lambda _: None, data=b"" if kind & 0x80 else data, setup=setup)
        device.submit(urb)
        return urb

    assert ask(0, 9, 1, 0, b"").status == 0
    for request in requests:
        assert ask(*request).status is not None
        now[0] += 0.2
        device.function.step()
    for data in indications:
        device.submit(Urb(0x01, len(data), lambda _: None, data=data))
    ask(0, 9, 1, 0, b"")
    assert ask(0xC1, 2, 0, 0, b"").pieces[0][0] == fap.READY


def test_raw_roll_sends_every_strip_and_the_result_repeats_the_last(host: Host):
    result = host.capture(40, 1, {3}, flags=5)
    strips = [frame for frame in host.frames if frame.kind == 3]
    assert len(strips) >= 20
    assert [frame.index for frame in strips] == list(range(strips[0].index, strips[0].index + len(strips)))
    assert {(frame.pixels.shape, frame.ppi) for frame in strips} == {((800, 840), 500)}
    assert np.array_equal(result.pixels, strips[-1].pixels)
    assert host.states()[:6] == [fap.AWAIT_CLEAR, fap.ARMED, fap.TRACKING, fap.ROLL_ACTIVE, fap.TAKING, fap.RESULT]


def test_hands_obey_the_word_place_and_lift(host: Host, bench: Bench):
    bench.place("left-four")
    assert host.arm(41, 5, RIGHT_FOUR) == 0
    host.until_state(fap.AWAIT_CLEAR)
    assert host.state()[2] == 0
    bench.lift()
    host.until_state(fap.ARMED)
    bench.place("right-four")
    assert host.until_result().fingers == 4
    assert host.with_token(6, 41) == 0


def test_wrong_hand_placed_is_said(host: Host, bench: Bench):
    bench.lift()
    assert host.arm(42, 5, RIGHT_FOUR, flags=8) == 0
    host.until_state(fap.ARMED)
    bench.place("left-four")
    while not any(event.kind == fap.WARNING for event in host.events):
        host.pump()
    assert next(event for event in host.events if event.kind == fap.WARNING).advice & 1 << 25


def test_hand_taken_away_while_tracked_leads_back_to_armed(host: Host, bench: Bench):
    bench.lift()
    assert host.arm(43, 5, RIGHT_FOUR, flags=8) == 0
    host.until_state(fap.ARMED)
    bench.place("right-four")
    host.until_state(fap.TRACKING)
    host.events.clear()
    bench.lift()
    host.until_state(fap.ARMED)
    bench.place("right-four")
    host.until_state(fap.TRACKING)


def test_self_test_finds_what_it_was_told_to(host: Host, bench: Bench):
    bench.scanner.self_test = lambda: Error.CALIBRATION
    assert host.order(8) == 0
    while not any(event.kind == fap.SELF_TEST for event in host.events):
        host.pump()
    assert host.events[-1].a == Error.CALIBRATION


def test_beeper_and_lights_can_be_read_at_the_bench(host: Host, bench: Bench):
    for _ in range(3):
        host.client.bulk_out(indication(2, bytes([1] * 10)))
    told = bench.tell()
    assert (told["beeps"], told["beep"], told["lights"]) == (3, 2, [1] * 10)


def test_bulk_pipe_keeps_to_the_speed_of_the_bus(host: Host, bench: Bench):
    bench.device.pace_bulk(1_000_000)
    began = time.monotonic()
    host.arm(44, 2, {1}, flags=9)
    host.until_state(fap.TRACKING)
    began = time.monotonic()
    size = host.until_result().pixels.size
    assert size / 1_000_000 * 0.5 <= time.monotonic() - began < 2
