"""Everything that can go wrong between a U.are.U reader and its driver, each on a device that is told to do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.device import Advice, DeviceEvent, DeviceState, FingerCount, Mode, PlatenState, Request, Result, StateChanged
from drivers.discovery import find, open_scanner
from drivers.errors import Garbled, Gone, Refused, Timeout
from drivers.uru4500 import Uru4500
from drivers.usb_bus import bus_for
from tests.drivers.scripted_uru4500 import EVENTS, FINGER_ON, IMAGES, LINES, ScriptedUru4500

FINGER = Request(Mode.FLAT_1, frozenset({2}), timeout_s=5)
S = DeviceState


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScriptedUru4500]:
    device = ScriptedUru4500(tmp_path / "usbip.sock")
    yield device
    device.close()


@pytest.fixture
def scanner(device: ScriptedUru4500) -> Iterator[Uru4500]:
    scanner = Uru4500(bus_for(device.address), "SCRIPT-1")
    scanner.open()
    yield scanner
    scanner.close()


def capture(scanner: Uru4500, request: Request = FINGER) -> list[DeviceEvent]:
    return list(scanner.events(scanner.arm(request)))


def assert_result(events: list[DeviceEvent]) -> Result:
    """The lines in the clear, but for what the format loses: the last pixel of each scrambled block."""
    result = events[-1]
    assert isinstance(result, Result)
    upright = 255 - result.frame.pixels[::-1, ::-1]
    present = np.delete(upright, 122, axis=0)
    assert np.argwhere(present != LINES).tolist() == [[71, 383], [121, 383], [171, 383], [288, 383]]
    return result


def no_finger(device: ScriptedUru4500, mode: int) -> None:
    """Nothing happens."""


def test_one_finger(device: ScriptedUru4500, scanner: Uru4500) -> None:
    events = capture(scanner)
    result = assert_result(events)
    kinds = [StateChanged, PlatenState, StateChanged, StateChanged, FingerCount, StateChanged, StateChanged, Result]
    assert [type(event) for event in events] == kinds
    assert (result.frame.ppi, result.frame.mode, result.frame.advice) == (512, Mode.FLAT_1, Advice.NONE)
    assert device.modes == [0x10, 0x20, 0x12]


def test_it_is_found_and_says_that_it_is_no_ten_print_scanner(device: ScriptedUru4500) -> None:
    (found,) = find(usbip=device.address)
    assert (found.driver, found.serial, found.usb_id) == ("uru4500", "SCRIPT-1", "05ba:000a")
    scanner = open_scanner(None, device.address)
    scanner.open()
    assert (scanner.info.firmware, scanner.capabilities.fap, scanner.capabilities.certified) == ("01.15/00.10", 0, None)
    for request in (Request(Mode.ROLL, frozenset({1})), Request(Mode.FLAT_1, frozenset({1, 2}))):
        with pytest.raises(Refused, match="one plain finger"):
            scanner.arm(request)
    scanner.close()
    assert device.modes[-1] == 0x70


def test_the_next_finger_waits_until_this_one_has_gone(device: ScriptedUru4500, scanner: Uru4500) -> None:
    assert scanner.platen_clear() is None
    assert_result(capture(scanner))
    assert scanner.platen_clear() is False
    events = capture(scanner)
    assert [e.clear for e in events if isinstance(e, PlatenState)] == [False, True]
    assert_result(events)
    assert device.modes == [0x10, 0x20, 0x12] * 2


def test_a_reader_in_low_power_and_one_that_is_stuck(device: ScriptedUru4500) -> None:
    for status in (0x81, 0x85):
        device.hwstat = status
        scanner = Uru4500(bus_for(device.address), "SCRIPT-1")
        scanner.open()
        assert_result(capture(scanner))
        scanner.close()


def test_a_reader_that_gets_no_power(device: ScriptedUru4500, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.uru4500_session.POWER_WAIT", 0.05)
    device.mute = True
    scanner = Uru4500(bus_for(device.address), "SCRIPT-1")
    with pytest.raises(Timeout, match="switch its sensor on"):
        scanner.open()
    assert scanner.state is S.ABSENT
    device.mute = False
    scanner.open()
    assert_result(capture(scanner))
    scanner.close()


@pytest.mark.parametrize("broken", [b"", b"\x10\x40\x80\x01" + bytes(60), None], ids=["empty", "no lines", "cut"])
def test_a_broken_image_is_taken_again(device: ScriptedUru4500, scanner: Uru4500, broken: bytes | None) -> None:
    good, device.image = device.image, device.image[:50000] if broken is None else broken

    def script(device: ScriptedUru4500, mode: int) -> None:
        device.obliging(mode)
        if mode == 0x20:
            device.image = good

    device.on_mode = script
    assert_result(capture(scanner))
    assert device.modes.count(0x20) == 2


def test_an_image_that_is_always_broken_and_the_capture_after_it(device: ScriptedUru4500, scanner: Uru4500) -> None:
    good, device.image = device.image, b"\0" * 64
    with pytest.raises(Garbled):
        capture(scanner)
    assert scanner.state is S.ERROR
    device.image = good
    assert_result(capture(scanner))


def test_a_halt_of_the_images_and_of_the_events(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.stall(EVENTS)
    assert_result(capture(scanner))
    assert b"\x02\x01\x00\x00\x81\x00\x00\x00" in device.requests


def test_events_that_make_no_sense_are_passed_over(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.event(0x1234)
    device.feed(EVENTS, b"\x01")
    assert_result(capture(scanner))


@pytest.mark.parametrize("state", [S.READY, S.AWAIT_CLEAR, S.ARMED, S.TRACKING, S.TAKING])
def test_unplugged_in_any_state_is_lost(device: ScriptedUru4500, scanner: Uru4500, state: DeviceState) -> None:
    if state is S.AWAIT_CLEAR:
        device.on_mode = lambda d, mode: None if mode == 0x12 else d.obliging(mode)
        assert_result(capture(scanner))
    if state is S.TAKING:
        device.on_mode = lambda d, mode: None if mode == 0x20 else d.obliging(mode)
    if state is S.ARMED:
        device.on_mode = no_finger
    pulled: list[float] = []
    if state is S.READY:
        device.hang_up()
        pulled.append(time.monotonic())
    else:
        states = []
        with pytest.raises(Gone):
            for event in scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), auto=state is S.TAKING))):
                states.append(getattr(event, "state", None))
                if states[-1] is state:
                    threading.Timer(0.1, device.hang_up).start()
                    pulled.append(time.monotonic() + 0.1)
        assert states[-1] is S.LOST
    while scanner.state is not S.LOST:
        assert time.monotonic() - pulled[0] < 0.5
        time.sleep(0.005)
    assert time.monotonic() - pulled[0] < 0.5
    with pytest.raises(Gone):
        scanner.arm(FINGER)
    scanner.close()
    assert scanner.state is S.ABSENT


def test_nobody_comes(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.on_mode = no_finger
    with pytest.raises(Timeout, match="took no image"):
        capture(scanner, Request(Mode.FLAT_1, frozenset({2}), timeout_s=0.2))
    assert scanner.state is S.READY


def test_taken_by_hand(device: ScriptedUru4500, scanner: Uru4500) -> None:
    token = scanner.arm(Request(Mode.FLAT_1, frozenset({2}), auto=False))
    events = []
    for event in scanner.events(token):
        events.append(event)
        if isinstance(event, FingerCount):
            threading.Timer(0.1, scanner.trigger, [token]).start()
    assert assert_result(events).frame.advice is Advice.MANUAL_TRIGGER


def test_cancelled_while_nobody_comes_and_armed_again(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.on_mode = no_finger
    token = scanner.arm(FINGER)
    threading.Timer(0.1, scanner.cancel, [token]).start()
    events = list(scanner.events(token))
    assert not any(isinstance(event, Result) for event in events)
    assert scanner.state is S.READY
    token = scanner.arm(FINGER)
    with pytest.raises(Refused, match="under way"):
        scanner.arm(FINGER)
    scanner.cancel(token)
    device.on_mode = lambda d, mode: d.obliging(mode)
    assert_result(capture(scanner))


def test_a_finger_that_came_while_nothing_was_asked_is_not_taken(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.event(FINGER_ON)
    time.sleep(0.1)
    events = capture_without_finger(device, scanner)
    assert [e.clear for e in events if isinstance(e, PlatenState)] == [False]


def capture_without_finger(device: ScriptedUru4500, scanner: Uru4500) -> list[DeviceEvent]:
    device.on_mode = no_finger
    events = []
    with pytest.raises(Timeout):
        for event in scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), timeout_s=0.2))):
            events.append(event)
    return events


def test_closed_while_somebody_waits(device: ScriptedUru4500, scanner: Uru4500) -> None:
    device.on_mode = no_finger
    token = scanner.arm(FINGER)
    threading.Timer(0.1, scanner.close).start()
    with pytest.raises(Refused, match="closed"):
        list(scanner.events(token))
    scanner.open()


def test_a_stalled_image_pipe(device: ScriptedUru4500, scanner: Uru4500) -> None:
    def script(device: ScriptedUru4500, mode: int) -> None:
        if mode == 0x20 and device.modes.count(0x20) == 1:
            device.stall(IMAGES)
        else:
            device.obliging(mode)

    device.on_mode = script
    assert_result(capture(scanner))
