"""Every fault that the simulated devices know, on every driver: an error is one of ours, and after it the next capture works.

The long half of the tests; takes about two minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from drivers.device import Colour, Indication, Light, Mode, Request, Result, Scanner
from drivers.discovery import open_module, open_scanner
from drivers.errors import DeviceError
from drivers.ledpanel import LedPanel
from drivers.pedal import Pedal
from drivers.pedal_wire import PedalEvent
from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.faults import FAULTS
from firmware_sim.serial_bench import SerialBench, SerialSettings
from firmware_sim.subject.choose import choose
from firmware_sim.subject.person import Person
from tests.data import testdata

SLAP = Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}), timeout_s=15)
ROLL = Request(Mode.ROLL, frozenset({2}), timeout_s=15)
FINGER = Request(Mode.FLAT_1, frozenset({1}), timeout_s=8)
CASES = [(model, fault.name) for fault in FAULTS for model in sorted(fault.models)]
AT_OPENING = {fault.name for fault in FAULTS if fault.where == "enumeration"}
TRIES = 12  # of opening again, as the capture runner does
PAUSE = 0.3  # s between two

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def person() -> Person:
    return choose(str(testdata("prints/nist/type-4-tpcard.an2")), lambda done, of: None)


@contextmanager
def bench_of(model: str, person: Person) -> Iterator[Bench | SerialBench]:
    with TemporaryDirectory(prefix="livescan-faults-") as folder:
        where = Path(folder) / "line"
        if model in ("fap60", "uru4500"):
            with Bench(BenchSettings(f"unix:{where}", model=model, speed=10, bulk_rate=40e6), person) as bench:
                yield bench
        else:
            with SerialBench(SerialSettings(model, f"pty:{where}", speed=10), person if model == "zfm" else None) as serial:
                yield serial


class OpenScanner:
    def __init__(self, scanner: Scanner, request: Request) -> None:
        self._scanner = scanner
        self._request = request
        scanner.open()

    def use(self) -> bool:
        return isinstance(list(self._scanner.events(self._scanner.arm(self._request)))[-1], Result)

    def close(self) -> None:
        self._scanner.close()


class OpenPedal:
    def __init__(self, port: str, press: Callable[[], None]) -> None:
        self._pedal = Pedal(port)
        self._press = press
        self._pedal.open()

    def use(self) -> bool:
        """The foot goes down, unless it is down already."""
        self._press()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            if self._pedal.wait(0.3) in (PedalEvent.PRESSED, PedalEvent.RELEASED):
                return True
            self._press()
        return False

    def close(self) -> None:
        self._pedal.close()


class OpenPanel:
    def __init__(self, port: str) -> None:
        self._panel = LedPanel(port)
        self._panel.open()

    def use(self) -> bool:
        self._panel.indicate(Indication({1: Light(Colour.RED)}))
        return True

    def close(self) -> None:
        self._panel.close()


def opened(model: str, bench: Bench | SerialBench, fault: str) -> OpenScanner | OpenPedal | OpenPanel:
    port = bench.address.removeprefix("pty:")
    if model == "pedal":
        return OpenPedal(port, bench.press_foot_switch)
    if model == "ledpanel":
        return OpenPanel(port)
    if model == "zfm":
        return OpenScanner(open_module(port), FINGER)
    return OpenScanner(open_scanner(None, bench.address), FINGER if model == "uru4500" else ROLL if "roll" in fault else SLAP)


@pytest.mark.parametrize(("model", "fault"), CASES)
def test_after_a_fault_the_next_capture_works(model: str, fault: str, person: Person) -> None:
    with bench_of(model, person) as bench:
        device = None
        try:
            if fault not in AT_OPENING:
                device = opened(model, bench, fault)
            bench.faults.arm(fault, {})
            device = device or opened(model, bench, fault)
            device.use()
        except DeviceError as error:
            assert error.what.endswith(".")
        finally:
            if device is not None:
                device.close()
        bench.faults.clear("")
        assert any(works(model, bench, fault) for _ in range(TRIES))


def works(model: str, bench: Bench | SerialBench, fault: str) -> bool:
    device = None
    try:
        device = opened(model, bench, fault)
        return device.use()
    except DeviceError:
        time.sleep(PAUSE)
        return False
    finally:
        if device is not None:
            device.close()
