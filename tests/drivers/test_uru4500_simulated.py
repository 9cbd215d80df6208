"""The U.are.U driver against the simulated reader, two programs that share the facts of a recording and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.device import DeviceEvent, DeviceState, Mode, PlatenState, Request, Result, Scanner
from drivers.discovery import find, open_scanner
from drivers.errors import Gone
from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.subject.choose import choose
from tests.data import testdata

FINGER = Request(Mode.FLAT_1, frozenset({1}), timeout_s=20)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    person = choose(str(testdata("prints/nist/type-4-tpcard.an2")), lambda done, of: None)
    where: Path = tmp_path_factory.mktemp("reader") / "usbip.sock"
    with Bench(BenchSettings(f"unix:{where}", model="uru4500", speed=10), person) as bench:
        yield bench


@pytest.fixture
def scanner(bench: Bench) -> Iterator[Scanner]:
    scanner = open_scanner(None, bench.address)
    scanner.open()
    yield scanner
    scanner.close()


def capture(scanner: Scanner) -> list[DeviceEvent]:
    return list(scanner.events(scanner.arm(FINGER)))


def test_one_finger_after_the_other(scanner: Scanner) -> None:
    first, second = capture(scanner), capture(scanner)
    assert isinstance(first[-1], Result)
    assert isinstance(second[-1], Result)
    assert [event.clear for event in second if isinstance(event, PlatenState)] == [False, True]
    image = first[-1].frame.pixels
    assert image.shape == (290, 384)
    assert np.count_nonzero(image < 128) > 5000
    assert np.count_nonzero(image > 200) > 5000


def test_unplugged_and_plugged_in_again(bench: Bench, scanner: Scanner) -> None:
    capture(scanner)
    bench.unplug()
    began = time.monotonic()
    while scanner.state is not DeviceState.LOST:
        assert time.monotonic() - began < 0.5
        time.sleep(0.005)
    with pytest.raises(Gone):
        scanner.arm(FINGER)
    assert find(usbip=bench.address) == []
    bench.plug()
    scanner.open()
    assert isinstance(capture(scanner)[-1], Result)
