"""The numbers of config/quality.toml and config/capture.toml as values."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agent.capture.settings import CaptureSettings
from agent.errors import ConfigError
from agent.quality.thresholds import QualityThresholds

CONFIG = Path(__file__).resolve().parents[2] / "config"


def toml(name: str) -> dict[str, object]:
    return tomllib.loads((CONFIG / name).read_text())


def test_the_shipped_files_state_every_setting_and_the_defaults() -> None:
    assert QualityThresholds.from_toml(toml("quality.toml")) == QualityThresholds()
    assert CaptureSettings.from_toml(toml("capture.toml")) == CaptureSettings()
    assert sum(len(table) for name, table in toml("quality.toml").items() if name != "state") == len(QualityThresholds.__dataclass_fields__)  # type: ignore[arg-type]
    assert toml("capture.toml").keys() == CaptureSettings.__dataclass_fields__.keys() | {"state"}


def test_what_is_left_out_keeps_its_default() -> None:
    assert QualityThresholds.from_toml({"plain": {"nfiq2_accept": 50}}) == QualityThresholds(plain_nfiq2_accept=50)


def test_a_state_lays_its_own_limits_over_the_common_ones() -> None:
    theirs = QualityThresholds.from_toml(toml("quality.toml"), "example-state")
    assert theirs == QualityThresholds(plain_nfiq2_accept=45)
    assert QualityThresholds.from_toml(toml("quality.toml"), "a state without tables") == QualityThresholds()


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "an unknown key": ({"plain": {"nfiq2_acept": 40}}, "'plain.nfiq2_acept' is no setting"),
    "an unknown table": ({"palm": {"nfiq2": 40}}, "'palm.nfiq2' is no setting"),
    "a key outside of a table": ({"nfiq2_accept": 40}, "'nfiq2_accept' must be a table"),
    "words for a number": ({"plain": {"nfiq2_accept": "40"}}, "must be a whole number"),
    "a fraction for a whole number": ({"plain": {"nfiq2_accept": 40.5}}, "must be a whole number"),
    "truth for a number": ({"plain": {"area_retry": True}}, "must be a number"),
    "limits in the wrong order": ({"plain": {"nfiq2_accept": 20}}, "must rise"),
    "an unknown key of a state that is not ours": ({"state": {"far": {"plain": {"nfiq": 40}}}}, "'plain.nfiq' is no setting"),
    "a key outside of a state's table": ({"state": {"far": 40}}, "'state.far' must be a table"),
    "no tries": ({"tries": {"most": 0}}, "at least 1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_threshold_stops_the_start(what: str) -> None:
    tables, says = WRONG[what]
    with pytest.raises(ConfigError, match=says):
        QualityThresholds.from_toml(tables)


@pytest.mark.parametrize("table", [{"pppi": 500}, {"ppi": 0}, {"ppi": 500.5}, {"timeout_s": "60"}, {"ppi": True}])
def test_a_wrong_capture_setting_stops_the_start(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        CaptureSettings.from_toml(table)
