"""A scanner under a lease, on a device that is told what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.device import Mode, Request
from drivers.discovery import find, open_scanner
from drivers.errors import Busy, Gone
from drivers.lease import Leases
from drivers.leased import LeasedScanner
from drivers.states import DeviceState
from tests.drivers.fap60_bytes import info
from tests.drivers.scripted_fap60 import ScriptedFap60

SLAP = Request(Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5}))


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScriptedFap60]:
    device = ScriptedFap60(tmp_path / "usbip.sock")
    yield device
    device.close()


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(tmp_path / "leases", "livescan core")


def test_an_open_scanner_is_held_and_a_closed_one_is_not(device: ScriptedFap60, leases: Leases) -> None:
    scanner = open_scanner(None, device.address, leases=leases)
    assert find(usbip=device.address, leases=leases)[0].holder is None
    scanner.open()
    holder = find(usbip=device.address, leases=leases)[0].holder
    assert holder is not None
    assert holder.owner == "livescan core"
    assert scanner.state is DeviceState.READY
    scanner.cancel(scanner.arm(SLAP))
    scanner.close()
    assert leases.held() == {}


def test_a_second_opening_is_told_who_has_it(device: ScriptedFap60, leases: Leases) -> None:
    scanner = open_scanner(None, device.address, leases=leases)
    scanner.open()
    with pytest.raises(Busy, match=r"SCRIPT-1 is in use by livescan core \(process \d+\)"):
        open_scanner("SCRIPT-1", device.address, leases=leases).open()
    scanner.close()


def test_a_scanner_that_cannot_be_opened_is_not_held(device: ScriptedFap60, leases: Leases) -> None:
    scanner = open_scanner(None, device.address, leases=leases)
    device.info = info()[:-1]
    with pytest.raises(Exception, match="scanner"):
        scanner.open()
    assert leases.held() == {}


def test_one_that_was_taken_over_is_closed(device: ScriptedFap60, leases: Leases, tmp_path: Path) -> None:
    inner = open_scanner(None, device.address)
    short = Leases(tmp_path / "leases", "hung", duration=0.0)
    scanner = LeasedScanner(inner, short, "SCRIPT-1", renew_every=0.05)
    scanner.open()
    lease = leases.take("SCRIPT-1")
    deadline = time.monotonic() + 2
    while scanner.state is not DeviceState.LOST and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(Busy, match="taken over"):
        scanner.arm(SLAP)
    lease.release()
    scanner.open()
    assert scanner.state is DeviceState.READY
    scanner.close()


def test_a_device_in_use_by_a_program_without_a_lease(device: ScriptedFap60, leases: Leases) -> None:
    device.import_status = 2  # USB/IP: exported to somebody else
    with pytest.raises((Busy, Gone)):
        open_scanner("SCRIPT-1", device.address, leases=leases).open()
