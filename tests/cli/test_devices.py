"""`livescan devices`: one row a device, and what is wrong with it in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.devices import beside_lines, scanner_lines
from agent.cli.main import app
from drivers.discovery import open_scanner
from drivers.lease import Leases
from drivers.serial_ports import SerialPort
from tests.drivers.scripted_fap60 import ScriptedFap60


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ScriptedFap60]:
    device = ScriptedFap60(tmp_path / "usbip.sock")
    yield device
    device.close()


@pytest.fixture(autouse=True)
def no_station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESCAN_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setattr("agent.cli.devices.DEFAULT_RUNTIME", tmp_path)


def listed(*arguments: str) -> list[dict[str, str]]:
    done = CliRunner().invoke(app, ["devices", "--json", *arguments])
    assert done.exit_code == 0, done.output
    return [row for row in json.loads(done.stdout)["devices"] if row["driver"] == "fap60" or row["where"] == "/dev/ttyACM7"]


def test_a_scanner_that_nobody_has(device: ScriptedFap60) -> None:
    (row,) = listed("--usbip", device.address)
    assert row == {
        "driver": "fap60",
        "make": "MAKER",
        "model": "MODEL",
        "serial": "SCRIPT-1",
        "usb_id": "1209:0001",
        "where": device.address,
        "held_by": "",
        "problem": "",
    }


def test_who_has_a_scanner_open(device: ScriptedFap60, tmp_path: Path) -> None:
    scanner = open_scanner(None, device.address, leases=Leases(tmp_path / "leases", "livescan core"))
    scanner.open()
    (row,) = listed("--usbip", device.address)
    assert row["held_by"].startswith("livescan core (process ")
    scanner.close()


def test_a_scanner_that_another_program_has(device: ScriptedFap60) -> None:
    device.import_status = 2  # USB/IP: exported to somebody else
    (row,) = listed("--usbip", device.address)
    assert row["problem"] == "Another program uses the scanner. Close the other program that uses the scanner."


def test_a_serial_port_that_does_not_say_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    port = SerialPort("/dev/ttyACM7", "", "ACME", "Bridge", "A1", "0403:6001")
    monkeypatch.setattr("drivers.serial_ports.serial_ports", lambda: [port])
    (row,) = listed()
    assert (row["where"], row["serial"], row["problem"]) == ("/dev/ttyACM7", "A1", "It does not say what hangs on it.")


def test_for_people(device: ScriptedFap60) -> None:
    done = CliRunner().invoke(app, ["devices", "--usbip", device.address], env={"COLUMNS": "160"})
    assert done.exit_code == 0
    assert "SCRIPT-1" in done.stdout
    assert "serial number" in done.stdout


def test_what_the_station_says_of_its_scanner_in_words_and_what_it_does_not() -> None:
    trouble = {"last": "2026-11-24T18:00:00+00:00", "count": 2, "what": "It was unplugged.", "do": "Plug it in."}
    found = {
        "name": "ACME Ten S-1",
        "busy": True,
        "firmware": "1.2",
        "link": "",
        "certified": None,
        "calibration": {"at": "2026-01-01T00:00:00+00:00", "due": "2027-01-01T00:00:00+00:00", "state": "in_date"},
        "self_test": {"passed": False, "finding": "The sensor does not deliver."},
        "errors": [trouble],
    }
    said = "\n".join(scanner_lines(found))
    for sentence in (
        "a booking has it",
        "firmware: 1.2",
        "USB link: it does not tell",
        "certification: not asked yet",
        "due again on 2027",
    ):
        assert sentence in said
    assert "failed: The sensor does not deliver." in said
    assert "(2x) It was unplugged. Plug it in." in said


def test_a_machine_that_is_no_station_yet_says_so(device: ScriptedFap60) -> None:
    done = json.loads(CliRunner().invoke(app, ["devices", "--json", "--usbip", device.address]).stdout)
    assert (done["scanner"], done["scanner_why"]) == (None, "This machine has no station's settings yet.")


def test_the_pedal_and_the_camera_are_told_where_the_settings_name_one() -> None:
    error = {
        "last": "2026-11-24T12:00:00+00:00",
        "count": 2,
        "what": "The foot pedal has fallen silent.",
        "do": "Unplug it and plug it in.",
    }
    pedal = {"port": "/dev/ttyACM0", "state": "lost", "serial": "FP-1", "firmware": "1.4", "errors": [error]}
    camera = {"source": "0", "state": "there", "model": "HD Webcam", "errors": []}
    assert beside_lines({"pedal": pedal, "camera": camera}) == [
        "The foot pedal at /dev/ttyACM0: lost, FP-1, firmware 1.4",
        "  2026-11-24T12:00:00+00:00 (2x) The foot pedal has fallen silent. Unplug it and plug it in.",
        "The camera 0: there, HD Webcam",
    ]
    assert beside_lines({"pedal": None, "camera": None, "unused": []}) == []
