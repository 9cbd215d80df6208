"""The commands as a user types them: one clear line and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.children import Child, livescan
from agent.training.demo import training_booking
from agent.training.program import free_port
from agent.training.site import TrainingSite
from agent.web.client import CoreRefused, CoreUnreachable
from tests.data import testdata

CARD = "prints/nist/type-4-tpcard.an2"


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(livescan(*arguments), capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def site() -> Iterator[TrainingSite]:
    """A station with keys and settings; nothing behind its broker's port, and no scanner."""
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.port = free_port()
        site.write_settings()
        yield site


def test_nist_show_prints_a_file_record_by_record() -> None:
    done = call("nist", "show", str(testdata(CARD)))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Record 1, Type-1" in done.stdout
    assert "jck t4 tenprint card" in done.stdout
    assert done.stdout.count("Type-4") >= 14


def test_nist_show_gives_json_for_machines() -> None:
    shown = json.loads(call("nist", "show", "--json", str(testdata(CARD))).stdout)
    assert len(shown["records"]) == 16


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 64, b"1.001:9999999999\x1d", b"\x1b[2J\x1b]0;owned\x07", b"1.001:16\x1d1.003:1\x1f9\x1c"],
    ids=["empty", "zeros", "a lying length", "terminal commands", "records that are not there"],
)
def test_a_hostile_file_gets_one_line_and_exit_1(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hostile.an2"
    path.write_bytes(content)
    done = call("nist", "show", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("livescan: ")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_a_truncated_card_gets_one_line_and_exit_1(tmp_path: Path) -> None:
    path = tmp_path / "cut.an2"
    path.write_bytes(testdata(CARD).read_bytes()[:100_000])
    done = call("nist", "show", str(path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_core_that_does_not_run_is_said_in_words(site: TrainingSite) -> None:
    done = call("booking", "list", "--config", str(site.config))
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "livescan run" in done.stderr


def test_settings_that_are_not_there_are_a_configuration_error() -> None:
    done = call("core", "--config", "/nonexistent/station.toml")
    assert done.returncode == 78
    assert "Cannot read /nonexistent/station.toml" in done.stderr


def test_keys_are_made_for_training_only(tmp_path: Path) -> None:
    assert call("keys", "init", "--dir", str(tmp_path / "a")).returncode == 64
    assert call("keys", "init", "--training", "--dir", str(tmp_path / "b")).returncode == 0
    again = call("keys", "init", "--training", "--dir", str(tmp_path / "b"))
    assert again.returncode == 78
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "b").rglob("*.key")} == {0o600}


def test_production_refuses_training_keys(site: TrainingSite) -> None:
    site.write_settings(station={"environment": "production"}, scanner={"usbip": ""}, capture={"unattended": False})
    done = call("core", "--config", str(site.config))
    assert done.returncode == 78
    assert "training" in done.stderr


def test_a_second_core_does_not_start_beside_the_first(site: TrainingSite) -> None:
    site.start_station_part("core").wait_ready(20.0)
    done = call("core", "--config", str(site.config))
    assert done.returncode == 78
    assert "Another core works in" in done.stderr


def test_run_starts_both_parts_restarts_one_that_dies_and_leaves_nothing_behind(site: TrainingSite) -> None:
    station = Child("run", livescan("run", "--config", str(site.config)), directory=site.run)
    station.start()
    try:
        station.wait_ready(20.0)
        assert site.client.get("/api/status")["station"] == "LS-0001"
        first = _core_of(station.pid)
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 20.0
        while _core_of(station.pid) in (first, 0) or not _answers(site):
            assert time.monotonic() < deadline, station.last_words()
            time.sleep(0.1)
    finally:
        station.stop()
    assert station.returncode == 0
    assert not (site.run / "core.sock").exists()
    assert not (site.run / "handover.sock").exists()


def test_facts_that_the_bureau_would_refuse_open_no_booking(site: TrainingSite) -> None:
    site.start_station_part("core").wait_ready(20.0)
    body = training_booking({})
    body["facts"]["subject"]["name"] = "NO COMMA"
    with pytest.raises(CoreRefused, match=r"2\.018"):
        site.client.post("/api/bookings", body)
    assert site.client.get("/api/bookings") == {"bookings": []}


def _answers(site: TrainingSite) -> bool:
    try:
        return bool(site.client.get("/api/status"))
    except CoreUnreachable:
        return False


def _core_of(parent: int) -> int:
    """The process id of the core that `livescan run` has started; 0 when there is none now."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            stat = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if b"core" in words and b"agent.cli" in words and int(stat[1]) == parent:
            return int(path.name)
    return 0
