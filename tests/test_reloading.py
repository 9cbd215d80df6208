"""Settings taken up while the station runs: as a whole, or not at all and in words; and back to the old ones where the new do not work."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.audit.entries import Event
from agent.children import Child
from agent.cli.main import app
from agent.clock import SystemClock
from agent.reloading import Reload, changes, digest_of, read_in_force, values_of
from agent.settings import Settings, load_settings
from agent.signing.keys import init_training
from agent.training.demo import training_booking
from agent.training.site import STATION, TrainingSite
from tests.station_text import STATION as WHERE

SETTINGS = WHERE + '[paths]\nstate = "{folder}/state"\nruntime = "{folder}/run"\nkeys = "{folder}/keys"\n'


def said(folder: Path, more: str = "") -> Settings:
    path = folder / "agent.toml"
    path.write_text(SETTINGS.format(folder=folder) + more)
    return load_settings(path)


@pytest.fixture
def reload(tmp_path: Path) -> Reload:
    reload = Reload(tmp_path, said(tmp_path), lambda: load_settings(tmp_path / "agent.toml"))
    reload._write("")
    return reload


def test_changes_are_named_key_by_key(tmp_path: Path) -> None:
    before, after = said(tmp_path), said(tmp_path, "[delivery]\nkeepalive = 99\n")
    (change,) = changes(values_of(before), values_of(after))
    assert (change.key, change.before, change.after) == ("delivery.keepalive", 60, 99)


def test_other_settings_are_what_the_parts_begin_again_with(reload: Reload, tmp_path: Path) -> None:
    new = said(tmp_path, "[delivery]\nkeepalive = 99\n")
    assert reload.take_up()
    assert reload.advance()
    assert reload.settings == new


def test_the_same_settings_begin_nothing_again(reload: Reload, tmp_path: Path) -> None:
    said(tmp_path, "# a remark\n")
    assert not reload.take_up()
    assert not reload.advance()


def test_wrong_settings_are_refused_with_their_place(reload: Reload, tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(SETTINGS.format(folder=tmp_path) + "[delivery]\nkeepalife = 3\n")
    assert not reload.take_up()
    told = read_in_force(tmp_path)
    assert told is not None
    assert "line 16: delivery.keepalife" in told.refused
    assert told.sha256 == digest_of(values_of(reload.settings))


def test_other_folders_wait_for_the_next_start(reload: Reload, tmp_path: Path) -> None:
    said(tmp_path).paths.state.mkdir()
    text = SETTINGS.format(folder=tmp_path).replace("/state", "/elsewhere")
    (tmp_path / "agent.toml").write_text(text)
    assert not reload.take_up()
    told = read_in_force(tmp_path)
    assert told is not None
    assert "next start" in told.refused


def test_settings_that_do_not_work_give_way_to_those_that_did(reload: Reload, tmp_path: Path) -> None:
    old = reload.settings
    said(tmp_path, "[delivery]\nkeepalive = 99\n")
    assert reload.take_up()
    assert reload.advance()
    assert reload.go_back("the keys are of another station")
    assert reload.settings == old
    assert not reload.go_back("once more"), "then the process ends"


@pytest.fixture
def site() -> Iterator[TrainingSite]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        init_training(site.keys, station=STATION, bureau="SIB-TRAINING", clock=SystemClock())
        site.port = 8883
        site.write_settings()
        yield site


def test_a_running_station_takes_up_settings_by_livescan_reload_and_puts_it_on_record(site: TrainingSite) -> None:
    parts = {name: site.start_station_part(name) for name in ("core", "uplink")}
    for part in parts.values():
        part.wait_ready(30.0)
    pids = {name: part.pid for name, part in parts.items()}
    site.write_settings(delivery={"keepalive": 99}, station={"agency": "ANOTHER COUNTY"})
    told = json.loads(_reload(site))
    assert {one["key"] for one in told["changes"]} == {"delivery.keepalive", "station.agency"}
    assert told["refused"] == {}
    assert {name: part.pid for name, part in parts.items()} == pids
    assert json.loads(_reload(site)) == {"changes": [], "refused": {}}
    events = [json.loads(row)["event"] if isinstance(row, str) else row["event"] for row in site.client.get("/api/audit")["entries"]]
    assert events.count(Event.SETTINGS_CHANGED) == 1
    for part in parts.values():
        assert _ends(part) == 0


@pytest.mark.long
def test_settings_of_another_station_are_refused_and_the_core_goes_on(site: TrainingSite) -> None:
    core = site.start_station_part("core")
    core.wait_ready(30.0)
    site.write_settings(station={"id": "LS-0002"})
    told = json.loads(_reload(site, code=1))
    assert "the keys of station LS-0001" in told["refused"]["core"]
    assert site.client.get("/api/status")["station"] == STATION


@pytest.mark.long
def test_while_a_booking_is_taken_nothing_is_taken_up(site: TrainingSite) -> None:
    core = site.start_station_part("core")
    core.wait_ready(30.0)
    site.client.post("/api/bookings", training_booking({}))
    site.write_settings(station={"agency": "ANOTHER COUNTY"})
    told = json.loads(_reload(site, code=1))
    assert told["refused"]["core"].startswith("A booking is being taken")


def _reload(site: TrainingSite, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["reload", "--config", str(site.config), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def _ends(part: Child) -> int | None:
    os.kill(part.pid, signal.SIGTERM)
    end = time.monotonic() + 20.0
    while part.returncode is None and time.monotonic() < end:
        time.sleep(0.05)
    return part.returncode
