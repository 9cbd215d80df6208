"""The bureau rejects two fingers; the booking is opened again for them alone at the simulated scanner, and the correction is answered.

By the command line, every part a process of its own.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agent.nist.codec import parse
from agent.submission.pictures import fingers, pictures_of
from agent.training.bureau_store import committed_file
from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from tests.data import testdata

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]

WITHIN = 90.0  # s
WHY = "what the bureau said of this booking"


class Station:
    def __init__(self, site: TrainingSite) -> None:
        self.site = site

    def case(self, *arguments: str) -> Any:
        return self.livescan("case", *arguments)

    def livescan(self, *arguments: str) -> Any:
        """What `livescan ... --json` says; its error sentence where it fails."""
        command = [sys.executable, "-m", "agent.cli", *arguments, "--config", str(self.site.config), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr

    def booking(self, booking: str) -> dict[str, Any]:
        return dict(self.site.client.get(f"/api/bookings/{booking}"))


def until(found: Callable[[], Any], there: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + WITHIN
    while not there(one := found()):
        assert time.monotonic() < deadline, one
        time.sleep(0.2)
    return one


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        bureau = site.start_bureau()
        scanner = site.start_scanner(str(testdata("prints/nist/type-4-tpcard.an2")), speed=20.0, progress=lambda _: None)
        site.write_settings()
        for part in (bureau, site.start_station_part("core"), site.start_station_part("uplink")):
            part.wait_ready(30.0)
        scanner.wait_ready(60.0)
        yield Station(site)


@pytest.fixture(scope="module")
def rejected(station: Station) -> str:
    body = training_booking({})
    body["facts"]["arrest"]["attention"] = "SCENARIO ERRT-THEN-ACCEPTED"
    booking = str(station.site.client.post("/api/bookings", body)["booking"])
    until(lambda: station.case("tasks")["tasks"], bool)
    return booking


@pytest.fixture(scope="module")
def corrected(station: Station, rejected: str) -> dict[str, Any]:
    """The booking once it was opened again and answered."""
    (task,) = station.case("tasks")["tasks"]
    facts = station.site.folder / "facts.json"
    facts.write_text(json.dumps(training_booking({})))
    assert "locked" in station.case("reopen", task["task"], "--officer", "officer-01", "--facts", str(facts))
    assert "other fingers" in station.case("reopen", task["task"], "--officer", "officer-01", "--retake", "7")
    said = station.case("reopen", task["task"], "--officer", "officer-01")
    assert said["retake"] == [2, 3]
    return dict(until(lambda: station.booking(rejected), lambda one: {"idr_match", "iar"} <= {event["kind"] for event in one["events"]}))


def test_the_task_names_the_fingers_and_the_facts_are_locked(corrected: dict[str, Any], station: Station, rejected: str) -> None:
    first, second = corrected["submissions"]
    assert (second["tcr"], first["tcr"]) == (first["tcn"], None)
    assert station.case("tasks")["tasks"] == [], "the new submission has done what was asked"


def test_only_the_named_fingers_were_taken_again(corrected: dict[str, Any], station: Station) -> None:
    """By the audit record; the scanner is laid the same fingers again, so that the images are the same."""
    entries = station.livescan("audit", "show", "--limit", "1000")["entries"]
    assert sorted(one["fgp"] for one in entries if one["event"] == "capture_dropped") == [2, 3]
    assert {one["fgp"] for one in entries if one["event"] == "capture_accepted"} == set(range(1, 15))
    sent = [fingers(pictures_of(parse(committed_file(station.site.bureau, "LS-0001", one["tcn"])))) for one in corrected["submissions"]]
    assert [len(one) for one in sent] == [14, 14]


def test_the_old_image_is_seen_beside_the_new_one(corrected: dict[str, Any], station: Station, rejected: str, tmp_path: Path) -> None:
    found = station.case("retaken", rejected, "--out", str(tmp_path))["retaken"]
    assert [(one["fgp"], one["tcn"]) for one in found] == [(2, corrected["submissions"][0]["tcn"]), (3, corrected["submissions"][0]["tcn"])]
    for one in found:
        assert one["new"] is not None
        width, height = Image.open(io.BytesIO(Path(one["file"]).read_bytes())).size
        assert width > height


def test_replies_are_read_with_a_reason_and_the_thread_has_who_read_them(
    corrected: dict[str, Any], station: Station, rejected: str, tmp_path: Path
) -> None:
    listed = station.case("replies", rejected)["replies"]
    idr = next(one["rid"] for one in listed if one["kind"] == "IDR_MATCH")
    assert "reason" in station.case("read", rejected, idr, "--reason", "?", "--officer", "officer-09")
    read_it = ("read", rejected, idr, "--reason", WHY, "--officer", "officer-09")
    assert "case or order" in station.case(*read_it, "--photos", str(tmp_path))
    read = station.case(*read_it, "--photos", str(tmp_path), "--case-file", "2026-7", "--recipient", "clerk-1")
    assert isinstance(read, dict), read
    assert read["text"] == "TRAINING. STATUS AS STATED BY LESC <AND NOBODY ELSE>."
    assert "&lt;AND NOBODY ELSE&gt;" in read["html"]
    assert len(read["encounters"]) == 2
    (photo,) = read["files"]
    assert Image.open(photo).format == "PNG"
    thread = station.case("thread", rejected)["timeline"]
    assert [one["who"] for one in thread if one["what"] == "seen"] == ["officer-09"] * 2
    assert [one["at"] for one in thread] == sorted(one["at"] for one in thread)
    assert {"Opened again.", "Done."} <= {one["words"] for one in thread}


def test_a_release_is_recorded_and_counted_nowhere(corrected: dict[str, Any], station: Station, rejected: str) -> None:
    assert station.case("released", rejected, "--officer", "officer-01")["booking"] == rejected
    assert station.case("rates")["rates"][0]["submitted"] == 1
    assert station.case("public-report")["bookings"] is None
