"""Which scanner a station opens: the one that its settings name, else the one there is, and then another when that has gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.capture.station import StationCapture
from agent.clock import SystemClock
from agent.workers import Workers
from drivers.errors import Busy, Gone, Refused
from drivers.lease import Leases
from tests.drivers.scripted_fap60 import ScriptedFap60

Plug = Callable[[str], ScriptedFap60]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Puts a scanner with a serial number in the place of the one before."""
    there: list[ScriptedFap60] = []

    def plug(serial: str) -> ScriptedFap60:
        for device in there:
            device.close()
        (tmp_path / "usb.sock").unlink(missing_ok=True)
        there.append(ScriptedFap60(tmp_path / "usb.sock", serial=serial))
        return there[-1]

    yield plug
    for device in there:
        device.close()


def station(tmp_path: Path, serial: str = "", ppi: int = 0) -> StationCapture:
    settings = SimpleNamespace(
        scanner=SimpleNamespace(serial=serial, usbip=f"unix:{tmp_path}/usb.sock"),
        paths=SimpleNamespace(leases=tmp_path / "leases", state=tmp_path),
        capture=SimpleNamespace(state="", unattended=False, ppi=ppi),
        pedal=SimpleNamespace(port=""),
        training=True,
    )
    return StationCapture(settings, Workers(1), SystemClock(), say=lambda event: None)  # type: ignore[arg-type]


def test_any_scanner_takes_the_place_of_one_that_has_gone(plug: Plug, tmp_path: Path) -> None:
    plug("SCRIPT-1")
    here = station(tmp_path)
    first = here._opened()
    plug("SCRIPT-2")
    first.close()
    second = here._opened()
    assert second.info.serial == "SCRIPT-2"
    second.close()


def test_a_named_scanner_is_waited_for(plug: Plug, tmp_path: Path) -> None:
    plug("SCRIPT-2")
    here = station(tmp_path, "SCRIPT-1")
    with pytest.raises(Gone, match="No scanner with serial number SCRIPT-1"):
        here._opened()
    plug("SCRIPT-1")
    scanner = here._opened()
    assert scanner.info.serial == "SCRIPT-1"
    scanner.close()


def test_a_scanner_that_another_program_holds_says_who(plug: Plug, tmp_path: Path) -> None:
    plug("SCRIPT-1")
    lease = Leases(tmp_path / "leases", "livescan rig").take("SCRIPT-1")
    with pytest.raises(Busy, match="in use by livescan rig"):
        station(tmp_path)._opened()
    lease.release()
    scanner = station(tmp_path)._opened()
    assert list(Leases(tmp_path / "leases", "test").held()) == ["SCRIPT-1"]
    scanner.close()


def test_a_scanner_that_cannot_take_what_the_station_wants_is_refused_in_words(plug: Plug, tmp_path: Path) -> None:
    plug("SCRIPT-1")
    with pytest.raises(Refused, match="takes no prints at 1000 ppi") as refused:
        station(tmp_path, ppi=1000)._opened()
    assert "capture.ppi of station.toml" in refused.value.do
    station(tmp_path, ppi=500)._opened().close()
