"""The driver against the simulated scanner, two programs that share the protocol page and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.device import (
    Advice,
    Beep,
    Colour,
    DeviceState,
    Frame,
    Icon,
    Indication,
    KeyPressed,
    Light,
    Mode,
    Preview,
    PreviewSize,
    Request,
    Result,
    RollFrame,
    RollProgress,
    Scanner,
    SelfTest,
    StateChanged,
)
from drivers.discovery import await_arrival, await_departure, find, open_scanner
from drivers.errors import Busy, Gone, Refused, Timeout
from drivers.fap60 import Fap60
from drivers.fap60_session import KIND
from drivers.states import legal
from drivers.usb_bus import UsbipBus
from drivers.usb_link import present
from drivers.usbip_address import parse_address
from drivers.usbip_link import UsbipBackend
from tests.data import testdata
from tests.drivers.simulator import Simulator, card

CARD = "prints/nist/type-4-tpcard.an2"
SLAP = Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}))
ROLL = Request(Mode.ROLL, frozenset({2}))
FOURTEEN = [
    (13, SLAP),
    (14, Request(Mode.SLAP_LEFT, frozenset({7, 8, 9, 10}))),
    (11, Request(Mode.FLAT_1, frozenset({1}))),
    (12, Request(Mode.FLAT_1, frozenset({6}))),
    *((finger, Request(Mode.ROLL, frozenset({finger}))) for finger in range(1, 11)),
]


@pytest.fixture(scope="module")
def pictures() -> dict[int, NDArray[np.uint8]]:
    return card(testdata(CARD))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(f"unix:{tmp_path_factory.mktemp('sim')}/usbip.sock", testdata(CARD))
    yield simulator
    simulator.stop()


@pytest.fixture
def scanner(simulator: Simulator) -> Iterator[Scanner]:
    scanner = open_scanner("LS60-0001", simulator.address)
    scanner.open()
    yield scanner
    scanner.close()


def result_of(scanner: Scanner, request: Request) -> Frame:
    *_, last = scanner.events(scanner.arm(request))
    assert isinstance(last, Result)
    return last.frame


def test_who_it_is(scanner: Scanner) -> None:
    assert (scanner.info.make, scanner.info.serial) == ("LIVESCAN", "LS60-0001")
    can = scanner.capabilities
    assert can.fap == 60
    assert can.modes == set(Mode)
    assert (can.simulated, can.certified) == (True, None)
    assert can.area[Mode.SLAP_LEFT][0] >= 1600


def test_all_fourteen_impressions_of_a_card_are_the_cards_pixels(scanner: Scanner, pictures: dict[int, NDArray[np.uint8]]) -> None:
    for position, request in FOURTEEN:
        frame = result_of(scanner, request)
        assert frame.ppi == 500
        assert np.array_equal(frame.pixels, pictures[position]), f"finger position {position}"


def test_events_come_in_order_and_previews_before_the_result(scanner: Scanner) -> None:
    events = list(scanner.events(scanner.arm(SLAP)))
    assert [e.sequence for e in events] == sorted(e.sequence for e in events)
    states = [e.state for e in events if isinstance(e, StateChanged)]
    assert states[-3:] == [DeviceState.TRACKING, DeviceState.TAKING, DeviceState.RESULT]
    assert any(isinstance(e, Preview) and e.frame.ppi == 250 for e in events)


@pytest.mark.parametrize(
    ("state", "request_"),
    [
        (DeviceState.AWAIT_CLEAR, SLAP),
        (DeviceState.ARMED, SLAP),
        (DeviceState.TRACKING, SLAP),
        (DeviceState.ROLL_ACTIVE, ROLL),
        (DeviceState.TAKING, SLAP),
        (DeviceState.RESULT, SLAP),
    ],
)
def test_cancel_in_every_state(scanner: Scanner, state: DeviceState, request_: Request) -> None:
    if state is DeviceState.AWAIT_CLEAR:
        result_of(scanner, SLAP)
    token = scanner.arm(request_)
    seen = []
    for event in scanner.events(token):
        seen.append(event)
        if isinstance(event, StateChanged) and event.state is state:
            scanner.cancel(token)
    assert any(isinstance(e, StateChanged) and e.state is state for e in seen)
    assert not any(isinstance(e, Result) for e in seen)
    scanner.cancel(token)
    result_of(scanner, request_)


def test_trigger_and_keys_and_lights(simulator: Simulator, scanner: Scanner) -> None:
    scanner.indicate(Indication({2: Light(Colour.GREEN), 3: Light(Colour.GREEN, blinking=True)}, Beep.GOOD, Icon.RIGHT_FOUR))
    token = scanner.arm(Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}), auto=False))
    keys, result = [], None
    for event in scanner.events(token):
        match event:
            case StateChanged(state=DeviceState.TRACKING):
                simulator.do("foot")
            case KeyPressed(key=key):
                keys.append(key)
                scanner.trigger(token)
            case Result(frame=frame):
                result = frame
    assert keys == ["foot"]
    assert result is not None
    assert Advice.MANUAL_TRIGGER in result.advice


def test_nobody_comes(scanner: Scanner) -> None:
    with pytest.raises(Timeout):
        list(scanner.events(scanner.arm(Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}), auto=False, timeout_s=1.0))))
    result_of(scanner, SLAP)


def test_a_fault_and_the_capture_after_it(simulator: Simulator, scanner: Scanner) -> None:
    token = scanner.arm(SLAP)
    simulator.do("fault")
    with pytest.raises(Refused, match="sensor"):
        list(scanner.events(token))
    result_of(scanner, SLAP)


def test_a_wrong_request_says_so(scanner: Scanner) -> None:
    with pytest.raises(Refused, match="request is wrong"):
        scanner.arm(Request(Mode.ROLL, frozenset({1, 2})))
    result_of(scanner, SLAP)


def test_a_second_program_is_told_that_it_is_busy(simulator: Simulator, scanner: Scanner) -> None:
    another = UsbipBus(UsbipBackend(parse_address(simulator.address)))
    (found,) = present(another, KIND)
    assert isinstance(found.problem, Busy)
    with pytest.raises(Busy, match="Another program"):
        Fap60(another, "LS60-0001").open()
    result_of(scanner, SLAP)


def test_looking_who_is_there_does_not_disturb_a_capture(simulator: Simulator, scanner: Scanner) -> None:
    token = scanner.arm(SLAP)
    (found,) = find(usbip=simulator.address)
    assert (found.serial, found.problem) == ("LS60-0001", None)
    with pytest.raises(Busy):
        open_scanner(None, simulator.address).open()
    assert isinstance(list(scanner.events(token))[-1], Result)


def test_over_loopback_tcp(pictures: dict[int, NDArray[np.uint8]]) -> None:
    simulator = Simulator("tcp:127.0.0.1:0", testdata(CARD), serial="LS60-TCP")
    scanner = open_scanner(None, simulator.address)
    scanner.open()
    assert scanner.info.serial == "LS60-TCP"
    assert np.array_equal(result_of(scanner, SLAP).pixels, pictures[13])
    scanner.close()
    simulator.stop()


def test_unplugged_inside_a_frame_and_plugged_in_again(simulator: Simulator) -> None:
    scanner = open_scanner(None, simulator.address)
    scanner.open()
    ended: list[float] = []
    with pytest.raises(Gone):
        for event in scanner.events(scanner.arm(replace(SLAP, preview=PreviewSize.FULL))):
            if isinstance(event, Preview):
                simulator.do("unplug")
                ended.append(time.monotonic())
    assert time.monotonic() - ended[0] < 0.25
    with pytest.raises(Gone):
        scanner.arm(SLAP)
    assert find(usbip=simulator.address) == []
    threading.Timer(0.3, simulator.do, ["plug"]).start()
    assert await_arrival("LS60-0001", 3.0, usbip=simulator.address).model
    scanner.open()
    result_of(scanner, SLAP)
    scanner.close()


def test_unplugged_while_nobody_touches_it(simulator: Simulator, scanner: Scanner) -> None:
    token = scanner.arm(Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}), auto=False))
    ended: list[float] = []

    def unplug() -> None:
        ended.append(time.monotonic())
        simulator.do("unplug")

    threading.Timer(0.3, unplug).start()
    with pytest.raises(Gone):
        list(scanner.events(token))
    assert time.monotonic() - ended[0] < 0.25
    scanner.close()
    assert await_departure("LS60-0001", 2.0, usbip=simulator.address)
    with pytest.raises(Gone, match=r"within 0\.3 seconds"):
        await_arrival("LS60-0001", 0.3, usbip=simulator.address)
    simulator.do("plug")


def test_the_scanner_loses_its_power_and_comes_back(tmp_path: Path) -> None:
    first = Simulator(f"unix:{tmp_path}/usbip.sock", testdata(CARD))
    scanner = open_scanner("LS60-0001", first.address)
    scanner.open()
    token = scanner.arm(SLAP)
    first.kill()
    with pytest.raises(Gone):
        list(scanner.events(token))
    scanner.close()
    with pytest.raises(Gone, match="No USB/IP server answers"):
        find(usbip=first.address)
    (tmp_path / "usbip.sock").unlink(missing_ok=True)
    second = Simulator(f"unix:{tmp_path}/usbip.sock", testdata(CARD))
    try:
        await_arrival("LS60-0001", 3.0, usbip=second.address)
        scanner.open()
        result_of(scanner, SLAP)
    finally:
        scanner.close()
        second.stop()


KILLED = """
import sys
from drivers.device import Mode, Request
from drivers.discovery import open_scanner
scanner = open_scanner(None, sys.argv[1])
scanner.open()
scanner.arm(Request(Mode.ROLL, frozenset({3}), timeout_s=0))
print("armed", flush=True)
sys.stdin.read()
"""


def test_a_program_killed_in_a_capture_leaves_the_scanner_to_the_next(simulator: Simulator) -> None:
    program = subprocess.Popen([sys.executable, "-c", KILLED, simulator.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "armed\n"
    program.kill()
    program.communicate()
    scanner = open_scanner(None, simulator.address)
    scanner.open()
    result_of(scanner, SLAP)
    scanner.close()


def test_a_roll_frame_by_frame_grows_to_the_finished_roll(scanner: Scanner, pictures: dict[int, NDArray[np.uint8]]) -> None:
    assert scanner.capabilities.roll_frames
    events = list(scanner.events(scanner.arm(replace(ROLL, roll_frames=True))))
    frames = [event for event in events if isinstance(event, RollFrame)]
    assert len(frames) >= 3
    assert [frame.index for frame in frames] == list(range(frames[0].index, frames[0].index + len(frames)))
    assert not any(Advice.FRAME_LOST in frame.frame.advice for frame in frames)
    assert {frame.frame.ppi for frame in frames} == {500}
    assert [e.per_mille for e in events if isinstance(e, RollProgress)][-1] == 1000
    assert isinstance(events[-1], Result)
    assert not np.array_equal(events[-1].frame.pixels, pictures[2])


def test_the_self_test_passes(scanner: Scanner) -> None:
    assert scanner.self_test() == SelfTest(True)
    result_of(scanner, SLAP)


@pytest.mark.parametrize(("size", "part"), [(PreviewSize.FULL, 1), (PreviewSize.HALF, 2), (PreviewSize.NONE, 0)])
def test_previews_in_the_size_that_was_asked_for(scanner: Scanner, size: PreviewSize, part: int) -> None:
    previews = [e.frame for e in scanner.events(scanner.arm(replace(SLAP, preview=size))) if isinstance(e, Preview)]
    assert bool(previews) is (size is not PreviewSize.NONE)
    width = scanner.capabilities.area[Mode.SLAP_RIGHT][0]
    assert all((frame.ppi * part, frame.pixels.shape[1] * part) == (500, width) for frame in previews)


def test_the_states_it_tells_are_those_of_the_table(scanner: Scanner) -> None:
    for request in (SLAP, ROLL):
        states = [e.state for e in scanner.events(scanner.arm(request)) if isinstance(e, StateChanged)]
        assert all(legal(before, then) for before, then in pairwise([DeviceState.READY, *states])), states
        assert scanner.state in (DeviceState.RESULT, DeviceState.READY)
