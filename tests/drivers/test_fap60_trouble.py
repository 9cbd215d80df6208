"""Everything that can go wrong between a FAP60 scanner and its driver, each on a device that is told to do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers.device import (
    Advice,
    Beep,
    Colour,
    DeviceEvent,
    DeviceState,
    FingerCount,
    Icon,
    Indication,
    KeyPressed,
    Light,
    Mode,
    PlatenState,
    Preview,
    PreviewSize,
    Request,
    Result,
    RollFrame,
    RollProgress,
    StateChanged,
)
from drivers.errors import Garbled, Gone, Refused, Timeout
from drivers.fap60 import Fap60
from drivers.usb_bus import bus_for
from tests.drivers.fap60_bytes import PREVIEW, frame, info, pixels
from tests.drivers.scripted_fap60 import (
    AWAIT_CLEAR,
    ERROR,
    FAULT,
    FINGERS,
    KEY,
    PLATEN,
    READY,
    RESULT,
    STATE,
    TAKING,
    TRACKING,
    ScriptedFap60,
)
from tests.drivers.scripted_usbip import IN_BULK, IN_INTERRUPT, STALL

SLAP = Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}))
IMAGE = pixels(120, 100)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScriptedFap60]:
    device = ScriptedFap60(tmp_path / "usbip.sock")
    yield device
    device.close()


@pytest.fixture
def scanner(device: ScriptedFap60) -> Iterator[Fap60]:
    scanner = Fap60(bus_for(device.address), "SCRIPT-1")
    scanner.open()
    yield scanner
    scanner.close()


def capture(scanner: Fap60, request: Request = SLAP) -> list[DeviceEvent]:
    return list(scanner.events(scanner.arm(request)))


def assert_result(events: list[DeviceEvent]) -> None:
    assert isinstance(events[-1], Result)
    assert np.array_equal(events[-1].frame.pixels, IMAGE)


def test_a_capture_in_order_of_its_sequence(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.become(AWAIT_CLEAR)
        device.tell(PLATEN, 1)
        device.become(TRACKING)
        device.tell(FINGERS, 4, 4)
        device.show(pixels(60, 50), kind=PREVIEW)
        device.tell(KEY, 1, 1)
        device.tell(KEY, 1, 0)
        device.become(TAKING)
        device.become(RESULT)
        device.show(IMAGE)

    device.on_arm = script
    events = capture(scanner)
    assert [type(e) for e in events] == [
        StateChanged, PlatenState, StateChanged, FingerCount, Preview, KeyPressed, StateChanged, StateChanged, Result,
    ]  # fmt: skip
    assert [e.sequence for e in events] == sorted(e.sequence for e in events)
    assert_result(events)
    assert device.said == ["arm", "release"]


def test_a_damaged_result_is_sent_again(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = lambda d: d.deliver(IMAGE, spoil=5000)
    device.on_resend = lambda d: d.show(IMAGE)
    assert_result(capture(scanner))
    assert device.said == ["arm", "resend", "release"]


def test_a_result_whose_header_is_damaged_is_sent_again(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = lambda d: d.deliver(IMAGE, spoil=20)
    device.on_resend = lambda d: d.show(IMAGE)
    assert_result(capture(scanner))
    assert device.said == ["arm", "resend", "release"]


def test_a_result_that_is_always_damaged_is_garbled(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = lambda d: d.deliver(IMAGE, spoil=5000)
    device.on_resend = lambda d: d.show(IMAGE, spoil=70)
    with pytest.raises(Garbled, match="4 times"):
        capture(scanner)
    assert device.said == ["arm", "resend", "resend", "resend", "cancel"]
    device.on_arm = lambda d: d.deliver(IMAGE)
    assert_result(capture(scanner))


def test_a_result_cut_short_is_sent_again(device: ScriptedFap60, scanner: Fap60, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.fap60_pump.BODY_DEADLINE", 200)

    def script(device: ScriptedFap60) -> None:
        device.become(RESULT)
        device.sequence += 1
        device.feed(IN_BULK, frame(IMAGE, sequence=device.sequence, token=device.token)[:7000])

    device.on_arm = script
    device.on_resend = lambda d: d.show(IMAGE)
    assert_result(capture(scanner))
    assert "resend" in device.said


def test_a_lost_event_of_the_end_is_noticed(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    device.state = READY
    assert [e.state for e in scanner.events(token) if isinstance(e, StateChanged)] == [DeviceState.READY]


def test_time_out_by_the_device(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.state = READY
        device.tell(STATE, READY, 4)

    device.on_arm = script
    with pytest.raises(Timeout, match="took no image"):
        capture(scanner)


def test_a_device_that_does_not_keep_its_time(device: ScriptedFap60, scanner: Fap60, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.fap60_capture.GRACE", 0.1)
    with pytest.raises(Timeout):
        capture(scanner, Request(Mode.SLAP_RIGHT, frozenset({2}), timeout_s=0.2))
    assert device.said == ["arm", "cancel"]


def test_a_fault_ends_the_capture_and_the_next_arm_clears_it(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.state = ERROR
        device.tell(FAULT, 7)
        device.tell(STATE, ERROR, 7)

    device.on_arm = script
    with pytest.raises(Refused, match="too warm"):
        capture(scanner)
    device.on_arm = lambda d: d.deliver(IMAGE)
    assert_result(capture(scanner))
    assert "clear error" in device.said


def test_a_halt_of_the_frames_is_cleared_once(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.become(RESULT)
        device.feed(IN_BULK, status=STALL)
        device.show(IMAGE)

    device.on_arm = script
    assert_result(capture(scanner))
    assert bytes.fromhex(f"02010000{IN_BULK:02x}000000") in device.requests


@pytest.mark.parametrize("pipe", [IN_BULK, IN_INTERRUPT])
def test_a_second_halt_resets_the_scanner(device: ScriptedFap60, scanner: Fap60, pipe: int) -> None:
    def script(device: ScriptedFap60) -> None:
        device.feed(pipe, status=STALL)
        device.feed(pipe, status=STALL)

    device.on_arm = script
    with pytest.raises(Garbled, match="twice"):
        capture(scanner)
    assert bytes.fromhex("2303040000000000") in device.requests
    device.on_arm = lambda d: d.deliver(IMAGE)
    assert_result(capture(scanner))


def test_the_image_of_the_person_before_reaches_nobody(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.show(pixels(90, 90, seed=9), token=0x0BADF00D)
        device.show(pixels(90, 90, seed=8), token=0x0BADF00D, kind=PREVIEW)
        device.become(RESULT)
        device.show(IMAGE)

    device.on_arm = script
    events = capture(scanner)
    assert not any(isinstance(e, Preview) for e in events)
    assert_result(events)


def test_garbage_between_frames_is_passed_over(device: ScriptedFap60, scanner: Fap60) -> None:
    def script(device: ScriptedFap60) -> None:
        device.feed(IN_BULK, b"LSF1" + bytes(3000))
        device.feed(IN_INTERRUPT, b"EV" + bytes(30))
        device.become(RESULT)
        device.show(IMAGE)

    device.on_arm = script
    assert_result(capture(scanner))


def test_a_capture_left_by_a_killed_process_is_cancelled(device: ScriptedFap60) -> None:
    device.state, device.token = RESULT, 0xCAFE
    scanner = Fap60(bus_for(device.address), "SCRIPT-1")
    scanner.open()
    scanner.close()
    assert device.said == ["cancel"]


def test_arm_during_a_capture_is_refused_and_disturbs_nothing(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    with pytest.raises(Refused, match="under way"):
        scanner.arm(SLAP)
    device.become(RESULT)
    device.show(IMAGE)
    assert_result(list(scanner.events(token)))


def test_what_the_device_refuses_says_why(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    device.token = 1
    with pytest.raises(Refused, match="another capture"):
        scanner.trigger(token)


def test_unplugged_with_a_result_in_hand(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    device.become(RESULT)
    device.show(IMAGE)
    time.sleep(0.2)
    device.hang_up()
    assert_result(list(scanner.events(token)))
    with pytest.raises(Gone):
        scanner.arm(SLAP)


def test_unplugged_inside_a_frame(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    device.feed(IN_BULK, bytes.fromhex("00") * 512)
    threading.Timer(0.1, device.hang_up).start()
    began = time.monotonic()
    with pytest.raises(Gone):
        list(scanner.events(token))
    assert time.monotonic() - began < 0.35


def test_closed_while_somebody_waits(scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    threading.Timer(0.1, scanner.close).start()
    began = time.monotonic()
    try:
        assert not any(isinstance(e, Result) for e in scanner.events(token))
    except Refused as refused:
        assert "closed" in refused.what
    assert time.monotonic() - began < 0.5


def test_a_result_that_came_before_the_cancellation_is_not_handed_out(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = lambda d: d.deliver(IMAGE)
    token = scanner.arm(SLAP)
    time.sleep(0.2)
    scanner.cancel(token)
    assert not any(isinstance(e, Result) for e in scanner.events(token))
    assert device.said == ["arm", "cancel"]


def test_lights_and_beeper(device: ScriptedFap60, scanner: Fap60) -> None:
    scanner.indicate(Indication({1: Light(Colour.GREEN), 10: Light(Colour.RED, blinking=True)}, Beep.GOOD))
    assert [data[:20].hex() for data in device.written] == ["4c534f31 01 01 00 00 01000000000000000082 0000".replace(" ", "")]


def test_a_scanner_that_describes_itself_in_damaged_bytes(device: ScriptedFap60) -> None:
    device.info = info()[:-1] + b"\0"
    with pytest.raises(Garbled, match="damaged description"):
        Fap60(bus_for(device.address), "SCRIPT-1").open()


def test_a_scanner_that_has_not_been_opened() -> None:
    with pytest.raises(Refused, match="not been opened"):
        Fap60(bus_for("tcp:127.0.0.1:1"), "X").arm(SLAP)


ROLL = Request(Mode.ROLL, frozenset({2}), roll_frames=True)
ROLL_ACTIVE, RAW = 5, 3
SELF_TEST, ROLL_EVENT = 7, 6


def rolled(device: ScriptedFap60, *, spoil: int | None = None) -> None:
    device.become(TRACKING)
    device.become(ROLL_ACTIVE)
    for n in range(3):
        device.tell(ROLL_EVENT, 300 * n, 12)
        device.show(pixels(80, 100, seed=n), kind=RAW, mode=1, index=n, spoil=5000 if n == spoil else None)
    device.become(TAKING)
    device.become(RESULT)
    device.show(IMAGE, mode=1, index=3)


def test_a_roll_as_raw_frames(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = rolled
    events = capture(scanner, ROLL)
    frames = [e for e in events if isinstance(e, RollFrame)]
    assert [f.index for f in frames] == [0, 1, 2]
    assert all(np.array_equal(f.frame.pixels, pixels(80, 100, seed=n)) for n, f in enumerate(frames))
    assert [(e.per_mille, e.pixels_per_frame) for e in events if isinstance(e, RollProgress)] == [(0, 12), (300, 12), (600, 12)]
    assert_result(events)
    assert device.arm_flags & 4  # section 5: raw roll frames


def test_a_raw_frame_that_was_lost_is_marked_on_the_next(device: ScriptedFap60, scanner: Fap60) -> None:
    device.on_arm = lambda d: rolled(d, spoil=1)
    frames = [e for e in capture(scanner, ROLL) if isinstance(e, RollFrame)]
    assert [(f.index, Advice.FRAME_LOST in f.frame.advice) for f in frames] == [(0, False), (2, True)]
    assert "resend" not in device.said


def test_a_roll_in_a_form_that_the_scanner_does_not_have(device: ScriptedFap60) -> None:
    device.info = info(flags=0x77)  # no raw roll frames
    scanner = Fap60(bus_for(device.address), "SCRIPT-1")
    scanner.open()
    with pytest.raises(Refused, match="frame by frame"):
        scanner.arm(ROLL)
    scanner.close()


@pytest.mark.parametrize(("size", "bits"), [(PreviewSize.FULL, 0), (PreviewSize.HALF, 2), (PreviewSize.NONE, 8)])
def test_the_preview_size_is_the_requests(device: ScriptedFap60, scanner: Fap60, size: PreviewSize, bits: int) -> None:
    device.on_arm = lambda d: d.deliver(IMAGE)
    capture(scanner, replace(SLAP, preview=size))
    assert device.arm_flags == 1 | bits
    assert size in scanner.capabilities.previews


@pytest.mark.parametrize(("code", "passed"), [(0, True), (5, False)])
def test_self_test(device: ScriptedFap60, scanner: Fap60, code: int, passed: bool) -> None:
    device.on_self_test = lambda d: d.tell(SELF_TEST, code, token=0)
    found = scanner.self_test()
    assert found.passed is passed
    assert found.finding.startswith("" if passed else "The scanner's sensor does not deliver.")


def test_a_self_test_that_never_ends(device: ScriptedFap60, scanner: Fap60, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.fap60_session.SELF_TEST_DEADLINE", 0.2)
    with pytest.raises(Timeout, match="self-test"):
        scanner.self_test()


def test_no_self_test_during_a_capture(device: ScriptedFap60, scanner: Fap60) -> None:
    scanner.arm(SLAP)
    with pytest.raises(Refused, match="under way"):
        scanner.self_test()


def test_the_platen_is_asked(device: ScriptedFap60, scanner: Fap60) -> None:
    assert scanner.platen_clear() is True


def test_lights_that_the_scanner_does_not_have_are_passed_over(device: ScriptedFap60) -> None:
    device.info = info(flags=0x0F)  # neither beeper nor LEDs
    scanner = Fap60(bus_for(device.address), "SCRIPT-1")
    scanner.open()
    scanner.indicate(Indication({1: Light(Colour.GREEN)}, Beep.GOOD, Icon.ROLL))
    assert device.written[0][4:19] == bytes([1, 0, 4]) + bytes(12)
    scanner.close()


@pytest.mark.parametrize("state", [READY, AWAIT_CLEAR, TRACKING, ROLL_ACTIVE, TAKING, RESULT])
def test_unplugged_in_any_state_is_lost(device: ScriptedFap60, scanner: Fap60, state: int) -> None:
    if state != READY:
        device.on_arm = lambda d: d.become(state)
        token = scanner.arm(SLAP)
    threading.Timer(0.2, device.hang_up).start()
    began = time.monotonic()
    if state != READY:
        seen: list[DeviceEvent] = []
        with pytest.raises(Gone):
            for event in scanner.events(token):
                seen.append(event)
        assert isinstance(seen[-1], StateChanged)
        assert seen[-1].state is DeviceState.LOST
    while scanner.state is not DeviceState.LOST:
        assert time.monotonic() - began < 0.7, scanner.state
        time.sleep(0.01)
    scanner.close()
    assert scanner.state is DeviceState.ABSENT


def test_what_the_driver_finds_out_itself_has_a_number_that_rises(device: ScriptedFap60, scanner: Fap60) -> None:
    token = scanner.arm(SLAP)
    device.become(TRACKING)
    threading.Timer(0.2, device.hang_up).start()
    seen: list[DeviceEvent] = []
    with pytest.raises(Gone):
        for event in scanner.events(token):
            seen.append(event)
    numbers = [event.sequence for event in seen]
    assert numbers == sorted(set(numbers))
