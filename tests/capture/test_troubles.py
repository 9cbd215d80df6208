"""What was wrong with the scanner lately, and when it was calibrated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.calibration import Calibrated, calibration
from agent.capture.troubles import MOST, Troubles, kind_of
from agent.clock import SystemClock
from drivers.errors import Busy, DeviceError, Garbled, Gone

CALIBRATED = datetime(2026, 1, 1, tzinfo=UTC)


def troubles(folder: Path) -> Troubles:
    return Troubles(folder / "core" / "troubles.json", SystemClock())


def test_the_same_trouble_again_is_counted_and_another_one_is_a_line_of_its_own(tmp_path: Path) -> None:
    kept = troubles(tmp_path)
    for error in (Gone("It is gone."), Gone("It is gone."), Garbled("Nonsense came."), Gone("It is gone.")):
        kept.met(error)
    assert [(one.kind, one.count) for one in kept.newest_first] == [("gone", 1), ("garbled", 1), ("gone", 2)]
    assert kept.newest_first[0].do == Gone.do


def test_they_are_there_after_a_restart_and_the_oldest_go(tmp_path: Path) -> None:
    kept = troubles(tmp_path)
    for number in range(MOST + 3):
        kept.add(f"Trouble {number}.", "", "")
    again = troubles(tmp_path).newest_first
    assert [one.what for one in again] == [f"Trouble {number}." for number in reversed(range(3, MOST + 3))]
    assert (tmp_path / "core" / "troubles.json").stat().st_mode & 0o077 == 0


@given(st.binary(max_size=200) | st.just(b'[{"what": 1}]') | st.just(b'{"0": 1}') | st.just(b"[1, null, []]"))
def test_a_damaged_file_is_as_good_as_none(tmp_path_factory: pytest.TempPathFactory, written: bytes) -> None:
    folder = tmp_path_factory.mktemp("troubles")
    (folder / "core").mkdir()
    (folder / "core" / "troubles.json").write_bytes(written)
    assert not troubles(folder).newest_first


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "core").write_text("a file where the folder should be")
    kept = troubles(tmp_path)
    kept.met(Busy("It is in use."))
    assert [one.kind for one in kept.newest_first] == ["busy"]


@pytest.mark.parametrize(("error", "kind"), [(Gone("x"), "gone"), (DeviceError("x"), "other"), (ValueError("x"), "other")])
def test_a_trouble_has_a_kind(error: Exception, kind: str) -> None:
    assert kind_of(error) == kind


@pytest.mark.parametrize(
    ("days", "every", "simulated", "state"),
    [
        (0, 365, False, Calibrated.IN_DATE),
        (334, 365, False, Calibrated.IN_DATE),
        (335, 365, False, Calibrated.SOON),
        (365, 365, False, Calibrated.OVER),
        (900, 365, True, Calibrated.SIMULATED),
        (900, 0, False, Calibrated.NOT_FOLLOWED),
    ],
)
def test_when_a_calibration_is_due(days: int, every: int, simulated: bool, state: Calibrated) -> None:
    at = int(CALIBRATED.timestamp())
    found = calibration(at, every, CALIBRATED + timedelta(days=days), simulated=simulated)
    assert found.state is state
    assert found.at == CALIBRATED
    assert found.due == (CALIBRATED + timedelta(days=every) if every else None)


def test_a_scanner_that_does_not_tell_is_said_to_be_silent() -> None:
    assert calibration(0, 365, CALIBRATED, simulated=False).state is Calibrated.NOT_TOLD
