"""A card file comes in, is sent, corrected, sent again, taken out and drawn: every part a process of its own, by the command line."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.nist.check import check
from agent.nist.codec import parse
from agent.submission.pictures import fingers, pictures_of
from agent.training.bureau_store import committed_file
from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from tests.data import testdata

CARD = "prints/nist/type-4-tpcard.an2"
DONE_WITHIN = 40.0  # s

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


class Station:
    def __init__(self, site: TrainingSite) -> None:
        self.site = site
        self.facts = site.folder / "facts.json"
        self.facts.write_text(json.dumps(training_booking({})))

    def livescan(self, *arguments: str) -> Any:
        """What `livescan booking ... --json` says; its error sentence where it fails."""
        command = [sys.executable, "-m", "agent.cli", "booking", *arguments, "--config", str(self.site.config), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr

    def until(self, booking: str, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + DONE_WITHIN
        while True:
            account: dict[str, Any] = self.site.client.get(f"/api/bookings/{booking}")
            if there(account):
                return account
            assert time.monotonic() < deadline, (account["state"], account["held_why"], account["submissions"])
            time.sleep(0.1)

    def committed(self, tcn: str) -> bytes:
        return committed_file(self.site.bureau, "LS-0001", tcn)


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    """Broker, bureau, core, and an uplink; no scanner is plugged in."""
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        bureau = site.start_bureau()
        site.write_settings(submission={"profile": "CAR-14"})
        for part in (bureau, site.start_station_part("core"), site.start_station_part("uplink")):
            part.wait_ready(30.0)
        yield Station(site)


def received(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda account: [one["receipted"] for one in account["submissions"]] == [1] * number


def is_on_a_whole_audit_record(station: Station, tmp_path: Path) -> None:
    """By the command line, beside the running core."""
    config = ["--config", str(station.site.config), "--json"]
    audit = [sys.executable, "-m", "agent.cli", "audit"]
    shown = subprocess.run([*audit, "show", "--limit", "1000", *config], capture_output=True, text=True, timeout=60, check=True)
    events = [one["event"] for one in json.loads(shown.stdout)["entries"]]
    assert {"started", "booking_imported", "sealed", "handed_over", "receipt", "file_exported", "card_exported"} <= set(events)
    assert "TRAINING,SAM" not in shown.stdout
    whole = subprocess.run([*audit, "verify", *config], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(whole.stdout)["fault"] is None
    record = tmp_path / "record.zip"
    subprocess.run([*audit, "export", "--out", str(record), "--recipient", "court-01", *config], timeout=60, check=True)
    taken = subprocess.run([*audit, "verify", "--from", str(record), *config], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(taken.stdout)["signed_to"] == json.loads(taken.stdout)["last"] > 10


def test_a_card_file_all_the_way_and_back(station: Station, tmp_path: Path) -> None:
    file = testdata(CARD)
    made = station.livescan("import", str(file), "--officer", "officer-01", "--facts", str(station.facts))
    booking = made["booking"]
    (first,) = station.until(booking, received(1))["submissions"]
    sent = parse(station.committed(first["tcn"]))
    assert [finding.field for finding in check(sent)] == ["1.008"]  # a training ORI is of no state: a warning
    assert {picture.record_type for picture in pictures_of(sent)} == {14}
    images = {position: bytes(picture.data) for position, picture in fingers(pictures_of(parse(file.read_bytes()))).items()}
    assert {position: bytes(picture.data) for position, picture in fingers(pictures_of(sent)).items()} == images

    facts = json.loads(station.facts.read_text())
    facts["facts"]["subject"]["name"] = "TRAINING,SAMUEL B"
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(facts["facts"]))
    said = station.livescan("correct", booking, "--officer", "officer-02", "--facts", str(mended))
    assert said["corrects"] == first["tcn"]
    account = station.until(booking, received(2))
    second = account["submissions"][1]
    assert (second["tcr"], parse(station.committed(second["tcn"])).tcr) == (first["tcn"], first["tcn"])

    out = tmp_path / "out.an2"
    assert "signed for" in station.livescan("export", booking, "--out", str(out))
    station.livescan("export", booking, "--out", str(out), "--plain", "--officer", "officer-02")
    assert out.read_bytes() == station.committed(second["tcn"])
    drawn = station.livescan("card", booking, "--officer", "officer-02", "--out", str(tmp_path / "card.pdf"))
    assert drawn["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()

    again = resend(station, booking)
    assert again["envelope_sha256"] != second["envelope_sha256"]
    account = station.until(booking, received(2))
    assert [one["tcn"] for one in account["submissions"]] == [first["tcn"], second["tcn"]]
    assert account["submissions"][1]["content_sha256"] == second["content_sha256"]
    is_on_a_whole_audit_record(station, tmp_path)


def resend(station: Station, booking: str) -> dict[str, Any]:
    """The uplink must first know that it may let the old payload go."""
    deadline = time.monotonic() + DONE_WITHIN
    while isinstance(said := station.livescan("resend", booking), str):
        assert "being closed" in said
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return dict(said)


def test_the_control_numbers_are_accounted_for(station: Station) -> None:
    rows = station.livescan("tcns")["tcns"]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert station.livescan("tcns")["gaps"] == []


def test_a_file_that_is_none_is_refused_in_one_sentence(station: Station, tmp_path: Path) -> None:
    (tmp_path / "none.an2").write_bytes(b"\x00" * 50)
    said = station.livescan("import", str(tmp_path / "none.an2"), "--officer", "officer-01", "--facts", str(station.facts))
    assert "damaged" in said
    assert "Traceback" not in said
