"""The station's own processes against a bureau that was written from the document alone, over real brokers."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.brokers.access_list import Role, member
from agent.brokers.files import BrokerFiles
from agent.children import Child
from agent.clock import SystemClock
from agent.signing.keys import init_training
from agent.training.demo import training_booking
from agent.training.mosquitto import Mosquitto
from agent.training.site import TrainingSite
from tests.data import need_debian

DONE_WITHIN = 60.0  # s
WAYS = {"mosquitto, MQTT 3.1.1": "3.1.1", "mosquitto, MQTT 5": "5", "NATS, MQTT 3.1.1": ""}


class ContractSite(TrainingSite):
    """A training site whose bureau is the second one."""

    version = "3.1.1"

    def start_broker_of(self, way: str) -> None:
        self.version = WAYS[way] or "3.1.1"
        if WAYS[way] == "":
            self.start_broker()
            return
        need_debian("mosquitto", "mosquitto")
        members = [member(self.keys / "station" / "tls.crt", Role.STATION), member(self.keys / "bureau" / "tls.crt", Role.BUREAU)]
        broker = Mosquitto(self.folder / "broker", BrokerFiles.of_training(self.keys), members)
        broker.start()
        self._parts.callback(broker.stop)
        self.port = broker.port

    def start_second_bureau(self, *more: str) -> Child:
        command = [sys.executable, "-m", "tests.contract.bureau", "--dir", str(self.bureau), "--keys", str(self.keys)]
        return self.start("bureau", [*command, "--port", str(self.port), "--mqtt", self.version, *more])

    def start_core(self) -> Child:
        """Prints come from a row, so that a booking takes seconds."""
        core = self.start("core", [sys.executable, "-m", "tests.contract.core_with_large_prints", "core", "--config", str(self.config)])
        core.wait_ready(30.0)
        return core

    def book(self) -> str:
        return str(self.client.post("/api/bookings", training_booking({}))["booking"])

    def account(self, booking: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/bookings/{booking}"))

    def kinds(self, booking: str) -> set[str]:
        return {str(event["kind"]) for event in self.account(booking)["events"]}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Of the second bureau's database."""
        with closing(sqlite3.connect(self.bureau / "bureau.sqlite", timeout=10)) as db:
            return db.execute(query).fetchall()


def until(what: Callable[[], Any], why: Callable[[], object] = str) -> Any:
    deadline = time.monotonic() + DONE_WITHIN
    while not (found := what()):
        assert time.monotonic() < deadline, why()
        time.sleep(0.1)
    return found


@pytest.fixture(params=WAYS)
def site(request: pytest.FixtureRequest) -> Iterator[ContractSite]:
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, ContractSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker_of(request.param)
        site.write_settings(delivery={"retry_first": 2.0, "retry_most": 4.0, "mqtt": site.version})
        yield site


@pytest.mark.long
def test_a_booking_is_received_and_answered(site: ContractSite) -> None:
    site.start_second_bureau("--answer", "SRE", "--answer", "ERRT")
    site.start_core()
    site.start_station_part("uplink").wait_ready(20.0)
    booking = site.book()
    until(lambda: {"received", "sre_non_ident", "errt"} <= site.kinds(booking), lambda: json.dumps(site.account(booking), indent=1))
    (sent,) = site.account(booking)["submissions"]
    assert site.rows("SELECT tcn, content FROM taken") == [(sent["tcn"], sent["content_sha256"])]
    until(lambda: site.rows("SELECT count(*) FROM owed WHERE NOT acked") == [(0,)])
    assert site.rows("SELECT why FROM unread") == []


@pytest.mark.long
def test_what_was_cut_off_goes_on_with_the_missing_chunks(site: ContractSite) -> None:
    site.write_settings(delivery={"retry_first": 5.0, "retry_most": 9.0, "mqtt": site.version, "chunk": 1_024})
    site.start_second_bureau()
    site.start_core()
    point = "agent.delivery.sender:Sender.answered:after:120"
    dying = site.start("uplink", [sys.executable, "-m", "tests.crash.die", point, "uplink", "--config", str(site.config)])
    booking = site.book()
    until(lambda: dying.returncode is not None)
    (total,) = until(lambda: site.rows("SELECT DISTINCT total FROM chunk"))[0]
    before = len(until(lambda: site.rows("SELECT i FROM heard")))
    site.start_station_part("uplink").wait_ready(20.0)
    until(lambda: "received" in site.kinds(booking), lambda: site.rows("SELECT count(*) FROM heard"))
    assert 0 < before < total
    assert len(site.rows("SELECT i FROM heard")) < before + total, "what the bureau had was left out"


@pytest.mark.long
def test_a_bureau_that_dies_between_commit_and_receipt_has_it_once(site: ContractSite) -> None:
    bureau = site.start_second_bureau("--answer", "SRE", "--die-before-receipt")
    site.start_core()
    site.start_station_part("uplink").wait_ready(20.0)
    booking = site.book()
    until(lambda: bureau.returncode == -signal.SIGKILL, bureau.last_words)
    assert "received" not in site.kinds(booking)
    site.start_second_bureau("--answer", "SRE")
    until(lambda: {"received", "sre_non_ident"} <= site.kinds(booking), lambda: site.account(booking)["events"])
    assert site.rows("SELECT count(*) FROM taken") == [(1,)]


@pytest.mark.long
def test_what_the_bureau_cannot_open_is_refused_once_and_a_person_is_told(site: ContractSite) -> None:
    """The bureau's opening key was changed and the station not told."""
    site.start_core()
    with tempfile.TemporaryDirectory() as other:
        init_training(Path(other) / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
        for name in ("opening.crt", "opening.key"):
            shutil.copy(Path(other) / "keys" / "bureau" / name, site.keys / "bureau" / name)
    site.start_second_bureau()
    site.start_station_part("uplink").wait_ready(20.0)
    booking = site.book()
    until(lambda: "refused" in site.kinds(booking), lambda: site.account(booking)["events"])
    assert "received" not in site.kinds(booking)
    heard = site.rows("SELECT count(*) FROM heard")
    time.sleep(6.0)  # more than the station's longest pause
    assert site.rows("SELECT count(*) FROM heard") == heard, "it is not sent again by itself"
    assert site.client.get("/api/status")["manual"] == 1


@pytest.mark.long
@pytest.mark.parametrize("site", ["NATS, MQTT 3.1.1"], indirect=True)
def test_a_reply_that_names_no_transaction_is_tied_by_a_person(site: ContractSite) -> None:
    site.start_second_bureau("--answer", "ORPHAN-SRE")
    site.start_core()
    site.start_station_part("uplink").wait_ready(20.0)
    booking = site.book()
    until(lambda: site.client.get("/api/status")["manual"] == 1)
    (waits,) = livescan(site, "inbox")["waiting"]
    assert (waits["kind"], waits["verified"], waits["booking"]) == ("SRE", True, None)
    read = livescan(site, "inbox", "read", waits["rid"][:8], "--reason", "to find its booking", "--officer", "officer-07")
    assert read["source"] == "SIB-TRAINING"
    why = ("--reason", "the bureau named it on the telephone", "--officer", "officer-07")
    tied = livescan(site, "inbox", "tie", waits["rid"][:8], booking, "--ground", "bureau_said", *why)
    assert tied["booking"] == booking
    assert livescan(site, "inbox")["waiting"] == []
    assert "sre_non_ident" in site.kinds(booking)
    (entry,) = until(lambda: [one for one in livescan(site, "audit", "show")["entries"] if one["event"] == "inbound_tied"])
    assert (entry["who"], entry["booking"], entry["inbound"], entry["why"]) == ("officer-07", booking, waits["rid"], "bureau_said")
    copy = (
        "case",
        "read",
        booking,
        waits["rid"],
        "--reason",
        "for the hearing",
        "--officer",
        "officer-07",
        "--photos",
        str(site.folder / "out"),
    )
    refused = run_livescan(site, *copy)
    assert refused.returncode != 0
    assert "needs a case or order, and the id of its recipient" in " ".join(refused.stderr.split())
    livescan(site, *copy, "--recipient", "court-3", "--case-file", "CR-2026-17")
    entries = livescan(site, "audit", "show")["entries"]  # the door notes it, and casework by itself; the door knows for whom it was asked
    (entry,) = [one for one in entries if one["event"] == "history_exported" and "requester" in one]
    assert (entry["requester"], entry["recipient"], entry["case"], entry["purpose"]) == ("service", "court-3", "CR-2026-17", "booking")


def livescan(site: ContractSite, *words: str) -> Any:
    done = run_livescan(site, *words)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def run_livescan(site: ContractSite, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.cli", words[0], *words[1:], "--config", str(site.config), "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
