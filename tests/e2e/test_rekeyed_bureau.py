"""The bureau replaces its key before the station has its new certificate: what it cannot open is sealed anew and arrives once."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.children import Child, livescan
from agent.clock import SystemClock
from agent.signing import training_ca
from agent.signing.slots import PURPOSE, Use
from agent.signing.training_keys import load_training_ca, write_pair
from agent.training.bureau_store import Outcome, bureau_arrivals, bureau_journal
from agent.training.demo import training_booking
from agent.training.site import BUREAU, TrainingSite
from tests.data import testdata

CARD = "prints/nist/type-4-tpcard.an2"
DONE_WITHIN = 60.0  # s

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]


def rekeyed(site: TrainingSite) -> Path:
    """The bureau's folder of keys, with another opening key than the station knows."""
    keys = site.folder / "bureau-keys"
    shutil.copytree(site.keys, keys)
    for name in ("opening.crt", "opening.key"):
        (keys / "bureau" / name).unlink()
    ca, now = load_training_ca(site.keys), SystemClock().now()
    write_pair(keys / "bureau", "opening", training_ca.issue(ca, BUREAU, training_ca.Role.BUREAU, PURPOSE[Use.OPENING], now=now))
    return keys


def start_bureau(site: TrainingSite, keys: Path) -> Child:
    return site.start("bureau", livescan("bureau", "--dir", str(site.bureau), "--keys", str(keys), "--port", str(site.port)))


def imported(site: TrainingSite) -> str:
    facts = site.folder / "facts.json"
    facts.write_text(json.dumps(training_booking({})))
    command = [sys.executable, "-m", "agent.cli", "booking", "import", str(testdata(CARD)), "--officer", "officer-01"]
    more = ["--facts", str(facts), "--config", str(site.config), "--json"]
    return str(json.loads(subprocess.run([*command, *more], capture_output=True, check=True).stdout)["booking"])


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DONE_WITHIN
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_what_the_bureau_cannot_open_is_sealed_anew_and_the_old_envelope_does_not_stay() -> None:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        site.write_settings(delivery={"retry_first": 0.5, "retry_most": 1.0})
        theirs = rekeyed(site)
        for part in (start_bureau(site, theirs), site.start_station_part("core"), site.start_station_part("uplink")):
            part.wait_ready(30.0)
        booking = imported(site)

        (task,) = until(lambda: site.client.get("/api/queue")["tasks"])
        assert (task["booking"], task["state"]) == (booking, "refused"), "the bureau knew no control number, only the envelope"
        assert [one.outcome for one in bureau_arrivals(site.bureau)] == [Outcome.REFUSED]
        old = bureau_arrivals(site.bureau)[0].txid

        shutil.copyfile(theirs / "bureau" / "opening.crt", site.keys / "bureau" / "opening.crt")  # as `livescan keys install` does
        until(lambda: site.client.get(f"/api/bookings/{booking}")["submissions"][0]["receipted"])
        (submission,) = site.client.get(f"/api/bookings/{booking}")["submissions"]
        assert submission["envelope_sha256"] != old
        assert [(one.tcn, one.content_sha256) for one in bureau_journal(site.bureau)] == [(submission["tcn"], submission["content_sha256"])]
        until(lambda: not list((site.folder / "state" / "uplink" / "spool").iterdir()))
        with sqlite3.connect(f"file:{site.folder / 'state' / 'uplink' / 'uplink.db'}?mode=ro", uri=True) as db:
            assert {state for (state,) in db.execute("SELECT state FROM outbound")} == {"RECEIVED"}
        assert site.client.get("/api/queue")["items"] == []
        assert site.client.get("/api/status")["manual"] == 1, "one word for a person, however often the bureau said it"
