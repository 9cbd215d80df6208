"""Finding one scanner among none, one or several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.discovery import find, open_scanner
from drivers.errors import Gone, Refused
from drivers.fap60 import Fap60
from drivers.fap60_session import KIND
from drivers.usb_identity import Identity
from tests.drivers.scripted_fap60 import ScriptedFap60


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScriptedFap60]:
    device = ScriptedFap60(tmp_path / "usbip.sock")
    yield device
    device.close()


def test_one_scanner_needs_no_serial_number(device: ScriptedFap60) -> None:
    (found,) = find(usbip=device.address)
    assert (found.make, found.model, found.serial, found.driver, found.usb_id) == ("MAKER", "MODEL", "SCRIPT-1", "fap60", "1209:0001")
    scanner = open_scanner(None, device.address)
    scanner.open()
    assert scanner.info.serial == "SCRIPT-1"
    scanner.close()


def test_another_serial_number_names_what_is_there(device: ScriptedFap60) -> None:
    assert find(serial="OTHER", usbip=device.address) == []
    with pytest.raises(Gone, match="OTHER") as caught:
        open_scanner("OTHER", device.address)
    assert "SCRIPT-1" in caught.value.do


def test_several_scanners_need_a_serial_number(device: ScriptedFap60, monkeypatch: pytest.MonkeyPatch) -> None:
    two = [Identity("MAKER", "MODEL", serial, 0x1209, 1) for serial in ("A", "B")]
    monkeypatch.setattr("drivers.discovery.present", lambda _bus, kind: two if kind is KIND else [])
    with pytest.raises(Refused, match="2 scanners are plugged in") as caught:
        open_scanner(None, device.address)
    assert "A, B" in caught.value.do
    open_scanner("B", device.address)


def test_two_scanners_with_one_serial_number_are_refused(device: ScriptedFap60, monkeypatch: pytest.MonkeyPatch) -> None:
    two = [Identity("M", "M", "A", 0x1209, 1)] * 2
    monkeypatch.setattr("drivers.discovery.present", lambda _bus, kind: two if kind is KIND else [])
    with pytest.raises(Refused, match="2 scanners have the serial number A"):
        open_scanner("A", device.address)


def test_a_scanner_that_goes_between_finding_and_opening(device: ScriptedFap60) -> None:
    scanner = open_scanner(None, device.address)
    device.close()
    with pytest.raises(Gone):
        scanner.open()


def test_libusb_is_asked_when_no_address_is_given() -> None:
    assert isinstance(find(serial="no such scanner"), list)


def test_a_server_on_another_machine_is_refused() -> None:
    with pytest.raises(Refused, match="not this machine"):
        find(usbip="tcp:10.0.0.1:3240")


def test_a_reader_of_single_fingers_beside_a_ten_print_scanner_is_no_second_one(
    device: ScriptedFap60, monkeypatch: pytest.MonkeyPatch
) -> None:
    def present(_bus: object, kind: object) -> list[Identity]:
        return [Identity("M", "M", "TEN" if kind is KIND else "ONE", 0x1209, 1)]

    monkeypatch.setattr("drivers.discovery.present", present)
    with pytest.raises(Refused, match="2 scanners are plugged in"):
        open_scanner(None, device.address)
    assert isinstance(open_scanner(None, device.address, ten_print=True), Fap60)
    with pytest.raises(Gone, match="ONE"):
        open_scanner("ONE", device.address, ten_print=True)
