"""The serial modules' driver over a pty, against a module that is told what to do wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.device import (
    Advice,
    Colour,
    DeviceEvent,
    DeviceState,
    Indication,
    Light,
    Mode,
    PlatenState,
    Request,
    Result,
    StateChanged,
    Warned,
)
from drivers.discovery import open_module
from drivers.errors import Busy, Garbled, Gone, Refused, Timeout
from drivers.lease import Leases
from drivers.serial_ports import SerialPort
from drivers.zfm import Zfm
from tests.drivers.scripted_zfm import ScriptedZfm, packet

FINGER = Request(Mode.FLAT_1, frozenset({2}), timeout_s=10)
S = DeviceState


@pytest.fixture
def module() -> Iterator[ScriptedZfm]:
    module = ScriptedZfm()
    yield module
    module.line.unplug()


@pytest.fixture
def scanner(module: ScriptedZfm) -> Iterator[Zfm]:
    scanner = Zfm(module.line.path)
    scanner.open()
    yield scanner
    scanner.close()


def lay(module: ScriptedZfm, after: float = 0.15) -> None:
    threading.Timer(after, setattr, [module, "finger", True]).start()


def capture(scanner: Zfm, module: ScriptedZfm) -> list[DeviceEvent]:
    """One finger, laid on the glass when it is asked for."""
    events = []
    module.finger = False
    for event in scanner.events(scanner.arm(FINGER)):
        events.append(event)
        module.finger = module.finger or getattr(event, "state", None) is S.ARMED
    return events


def test_one_finger_arrives_pixel_for_pixel(module: ScriptedZfm, scanner: Zfm) -> None:
    events = capture(scanner, module)
    assert isinstance(events[-1], Result)
    assert np.array_equal(events[-1].frame.pixels, module.picture)
    assert [e.state for e in events if isinstance(e, StateChanged)] == [S.AWAIT_CLEAR, S.ARMED, S.TRACKING, S.TAKING, S.RESULT]
    assert [e.sequence for e in events] == sorted({e.sequence for e in events})
    assert scanner.state is S.READY


def test_it_says_that_it_is_no_ten_print_scanner(scanner: Zfm) -> None:
    can = scanner.capabilities
    assert (can.fap, can.certified, can.modes) == (0, None, {Mode.FLAT_1})
    with pytest.raises(Refused, match="one plain finger"):
        scanner.arm(Request(Mode.ROLL, frozenset({2})))


def test_the_module_that_knows_who_it_is(module: ScriptedZfm) -> None:
    module.product, module.size = True, (192, 192)
    module.nibbles = module.nibbles[:192, :192]
    scanner = Zfm(module.line.path)
    scanner.open()
    assert (scanner.info.model, scanner.info.serial, scanner.info.firmware) == ("R503", "SN000042", "1.2")
    result = capture(scanner, module)[-1]
    assert isinstance(result, Result)
    assert np.array_equal(result.frame.pixels, module.picture)
    scanner.indicate(Indication({2: Light(Colour.RED, blinking=True)}))
    scanner.indicate(Indication())
    assert [ring[0] for ring in module.rings] == [2, 4]
    scanner.close()


def test_parameters(scanner: Zfm) -> None:
    said = scanner.parameters()
    assert (said.packet_size, said.baud, said.capacity, said.system) == (128, 57600, 150, 9)


def test_a_finger_left_on_the_glass_is_not_taken_for_this_ones(module: ScriptedZfm, scanner: Zfm) -> None:
    module.finger = True
    token = scanner.arm(FINGER)
    seen = []
    for event in scanner.events(token):
        seen.append(event)
        if isinstance(event, PlatenState):
            module.finger = False
            if event.clear:
                lay(module)
    assert [e.clear for e in seen if isinstance(e, PlatenState)] == [False, True]
    assert isinstance(seen[-1], Result)


def test_an_image_with_a_damaged_packet_is_asked_for_again(module: ScriptedZfm, scanner: Zfm) -> None:
    module.spoil = [7]
    result = capture(scanner, module)[-1]
    assert isinstance(result, Result)
    assert np.array_equal(result.frame.pixels, module.picture)
    assert module.said.count(0x0A) == 2


def test_an_image_with_a_lost_packet_is_asked_for_again(module: ScriptedZfm, scanner: Zfm) -> None:
    module.cut = [40]
    assert isinstance(capture(scanner, module)[-1], Result)
    assert module.said.count(0x0A) == 2


def test_an_image_that_is_always_damaged_is_garbled_and_the_next_one_is_taken(module: ScriptedZfm, scanner: Zfm) -> None:
    module.spoil = [3, 288 + 3, 576 + 3]
    with pytest.raises(Garbled, match="damaged"):
        capture(scanner, module)
    assert scanner.state is S.ERROR
    assert isinstance(capture(scanner, module)[-1], Result)


def test_many_small_packets_need_no_deep_stack(module: ScriptedZfm) -> None:
    module.packet_size = 32
    scanner = Zfm(module.line.path)
    scanner.open()
    assert isinstance(capture(scanner, module)[-1], Result)
    scanner.close()


def test_the_rest_of_an_image_that_was_cancelled_is_not_taken_for_an_answer(module: ScriptedZfm, scanner: Zfm) -> None:
    module.pause = 0.002
    lay(module)
    token = scanner.arm(FINGER)
    events = []
    for event in scanner.events(token):
        events.append(event)
        if isinstance(event, StateChanged) and event.state is S.TAKING:
            threading.Timer(0.1, scanner.cancel, [token]).start()
    assert not any(isinstance(e, Result) for e in events)
    assert scanner.state is S.READY
    assert scanner.parameters().baud == 57600
    module.pause = 0.0
    assert isinstance(capture(scanner, module)[-1], Result)


def test_what_a_killed_program_left_on_the_line_is_drained(module: ScriptedZfm) -> None:
    stop = threading.Event()

    def stale() -> None:
        for _ in range(40):
            module.line.say(packet(2, bytes(128)))
            time.sleep(0.01)
        stop.set()

    threading.Thread(target=stale, daemon=True).start()
    scanner = Zfm(module.line.path)
    scanner.open()
    assert stop.is_set()
    assert scanner.info.model == "EF01 module"
    scanner.close()


def test_a_wrong_baud_rate_is_named(module: ScriptedZfm) -> None:
    module.baud = 115200
    with pytest.raises(Garbled, match="speaks at 115200 baud, not at 57600") as caught:
        Zfm(module.line.path).open()
    assert "115200" in caught.value.do
    scanner = Zfm(module.line.path, baud=115200)
    scanner.open()
    scanner.close()


def test_garbage_at_every_rate_is_not_called_silence(module: ScriptedZfm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.zfm_wire.BAUDS", (57600, 9600))
    module.baud = 1
    with pytest.raises(Garbled, match="make no sense at 57600 baud"):
        Zfm(module.line.path).open()


def test_silence_is_not_called_garbage(module: ScriptedZfm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.zfm_wire.BAUDS", (57600, 9600))
    module.mute = True
    with pytest.raises(Timeout, match="does not answer"):
        Zfm(module.line.path).open()


def test_another_password(module: ScriptedZfm) -> None:
    module.password = 1234
    with pytest.raises(Refused, match="another password"):
        Zfm(module.line.path).open()
    scanner = Zfm(module.line.path, password=1234)
    scanner.open()
    scanner.close()


def test_nobody_comes(scanner: Zfm) -> None:
    with pytest.raises(Timeout, match="took no image"):
        list(scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), timeout_s=0.4))))
    assert scanner.state is S.READY


def test_taken_by_hand(module: ScriptedZfm, scanner: Zfm) -> None:
    token = scanner.arm(Request(Mode.FLAT_1, frozenset({2}), auto=False, timeout_s=10))
    threading.Timer(0.1, scanner.trigger, [token]).start()
    events = []
    for event in scanner.events(token):
        events.append(event)
        if isinstance(event, Warned):
            lay(module)
        if isinstance(event, StateChanged) and event.state is S.TRACKING:
            scanner.trigger(token)
    assert [e.advice for e in events if isinstance(e, Warned)] == [Advice.TOO_FEW_FINGERS]
    assert isinstance(events[-1], Result)
    assert events[-1].frame.advice == Advice.MANUAL_TRIGGER


@pytest.mark.parametrize("state", [S.AWAIT_CLEAR, S.ARMED, S.TRACKING, S.TAKING])
def test_unplugged_in_a_capture_is_lost(module: ScriptedZfm, scanner: Zfm, state: DeviceState) -> None:
    module.finger = state is S.AWAIT_CLEAR
    module.pause = 0.01
    request = Request(Mode.FLAT_1, frozenset({2}), auto=state is S.TAKING, timeout_s=10)
    unplugged: list[float] = []
    states = []
    token = scanner.arm(request)
    if state is not S.AWAIT_CLEAR:
        lay(module, 0.4)
    with pytest.raises(Gone):
        for event in scanner.events(token):
            states.append(getattr(event, "state", None))
            if states[-1] is state:
                module.line.unplug()
                unplugged.append(time.monotonic())
    assert time.monotonic() - unplugged[0] < 0.5
    assert states[-1] is S.LOST
    assert scanner.state is S.LOST


def test_unplugged_while_nobody_touches_it_is_lost(module: ScriptedZfm, scanner: Zfm) -> None:
    assert scanner.state is S.READY
    module.line.unplug()
    assert scanner.state is S.LOST
    with pytest.raises(Gone):
        scanner.parameters()
    scanner.close()
    assert scanner.state is S.ABSENT
    with pytest.raises(Gone):
        scanner.open()


def test_a_second_program_is_told_that_it_is_busy(module: ScriptedZfm, scanner: Zfm) -> None:
    with pytest.raises(Busy, match="Another program"):
        Zfm(module.line.path).open()


def test_a_module_under_a_lease_is_known_by_its_adapter(module: ScriptedZfm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leases = Leases(tmp_path, "livescan rig")
    port = SerialPort(module.line.path, "", "ACME", "Bridge", "A1", "0403:6001")
    monkeypatch.setattr("drivers.discovery.serial_ports", lambda: [port])
    scanner = open_module(module.line.path, leases=leases)
    scanner.open()
    assert scanner.info.serial == "A1"
    assert list(leases.held()) == ["A1"]
    scanner.close()
    assert leases.held() == {}
