"""The bundle for whoever helps: names, numbers and prints are planted wherever the station keeps or says anything; none is in it."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent.clock import SystemClock
from agent.doctor.bundle import settings_of, write_bundle
from agent.settings import load_settings
from agent.training.demo import training_booking
from agent.training.site import TrainingSite

NAME, SSN, BORN, STREET = "PLANTEDNAME", "987654321", "19011231", "PLANTEDSTREET"
PLANTED = (NAME, SSN, BORN, STREET)
PRINT = np.random.default_rng(7).integers(0, 256, 4096, np.uint8).tobytes()
JOURNAL = "\n".join(
    json.dumps({"MESSAGE": message, "__REALTIME_TIMESTAMP": "1764000000000000", "HOSTNAME": NAME, "_CMDLINE": f"livescan {SSN}"})
    for message in (
        f"agent.booking.desk: booking {NAME} is held: {SSN} {STREET}",
        f"{NAME} {SSN} {BORN}",
        f"agent.delivery.courier: mqtt: no connection to the broker: {NAME}",
        f"Traceback: ValueError: {NAME} born {BORN}",
    )
)


@pytest.fixture(scope="module")
def site() -> Iterator[TrainingSite]:
    """A station with a booking of the planted person, and the same words in every place that takes words."""
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.port = 8883
        site.write_settings(
            station={"agency": f"{NAME} {SSN}", "time_zone": "UTC"},
            bureau={"name": f"{NAME}{SSN}", "host": f"{NAME}.invalid"},
            scanner={"serial": f"{NAME}-{SSN}"},
            pedal={"port": f"/dev/{NAME}"},
        )
        core = site.start_station_part("core")
        core.wait_ready(60.0)
        body = training_booking({})
        body["facts"]["subject"] |= {"name": f"{NAME},SAM", "date_of_birth": BORN}
        site.client.post("/api/bookings", body)
        _plant(site)
        yield site


def _plant(site: TrainingSite) -> None:
    """Where files lie that a careless collector would take along."""
    for folder in (site.folder / "state" / "core", site.folder / "state" / "audit", site.folder / "state" / "uplink" / "spool", site.keys):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{NAME}.txt").write_text(" ".join(PLANTED))
        (folder / "print.raw").write_bytes(PRINT)
    site.jurisdiction.write_text(site.jurisdiction.read_text() + f"# {NAME} {SSN}\n")


@pytest.fixture(scope="module")
def members(site: TrainingSite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    target = tmp_path_factory.mktemp("bundle") / "bundle.tar.gz"
    write_bundle(target, site.config, SystemClock(), journal=lambda: JOURNAL)
    with tarfile.open(target) as archive:
        return {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive.getmembers()}


def test_nothing_that_was_planted_is_in_the_bundle(members: dict[str, bytes]) -> None:
    for name, data in members.items():
        for word in PLANTED:
            assert word.encode() not in data, (name, word)
            assert word.encode().lower() not in data.lower(), (name, word)
        assert not any(PRINT[at : at + 16] in data for at in range(0, len(PRINT), 16)), name


def test_the_planting_was_done(site: TrainingSite) -> None:
    """Else the test above says nothing."""
    assert NAME in site.config.read_text()
    assert NAME in JOURNAL
    assert NAME in json.dumps(load_settings(site.config).model_dump(mode="json"))


def test_no_key_and_no_name_of_a_booking_is_in_the_bundle(site: TrainingSite, members: dict[str, bytes]) -> None:
    everything = b"".join(members.values())
    for path in site.keys.rglob("*.key"):
        assert path.read_bytes()[:64] not in everything
    assert all(row["booking"].encode() not in everything for row in site.client.get("/api/bookings")["bookings"])
    assert b"PRIVATE KEY" not in everything


def test_what_helps_is_there(members: dict[str, bytes]) -> None:
    names = {Path(name).name for name in members}
    assert {"versions.json", "findings.json", "settings.json", "keys.json", "status.json", "state.json", "journal.json"} <= names
    status = json.loads(members["livescan-diagnostics/status.json"])
    assert status["open"] == 1
    journal = json.loads(members["livescan-diagnostics/journal.json"])
    assert {one["sentence"] for one in journal["sentences"]} == {"booking %s is held: %s", "mqtt: no connection to the broker: %s"}
    assert journal["other_lines"] == 2


def test_of_a_string_in_the_settings_only_that_there_is_one(site: TrainingSite) -> None:
    told = settings_of(load_settings(site.config))
    assert told["station.agency"] is True
    assert told["delivery.keepalive"] == 60
    assert all(not isinstance(value, str) or key.startswith(("station.environment", "submission.")) for key, value in told.items())
