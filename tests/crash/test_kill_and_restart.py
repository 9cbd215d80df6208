"""Core or uplink is killed with SIGKILL at a named point of a booking and started again: the bureau has the transaction exactly once."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.children import Child
from agent.training.bureau_store import bureau_journal
from agent.training.demo import training_booking
from agent.training.site import TrainingSite
from tests.data import testdata

DONE_WITHIN = 60.0  # s

POINTS = {
    "core, with an attempt kept and the finger not yet accepted": ("core", "agent.booking.prints:Prints.keep_attempt:after"),
    "core, between two fingers": ("core", "agent.booking.ledger:Ledger.accept:after"),
    "core, after capture": ("core", "agent.booking.sealing:Sealer.seal:before"),
    "core, after sealing": ("core", "agent.booking.ledger:Ledger.sealed:after"),
    "core, inside the handover": ("core", "agent.booking.outbound:Outbound.load:after"),
    "uplink, inside the handover": ("uplink", "agent.delivery.outbox:Outbox.keep:before"),
    "uplink, after enqueue": ("uplink", "agent.delivery.outbox:Outbox.keep:after"),
    "uplink, after the last chunk": ("uplink", "agent.delivery.outbox:Outbox.broker_took_all:before"),
    "uplink, after the receipt has come": ("uplink", "agent.delivery.inbox:Inbox.take:after"),
    "core, after the receipt is verified": ("core", "agent.booking.outbound:Outbound.receipted:before"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[TrainingSite]:
    """One bench for all points: scanner with the NIST card on it, broker, bureau."""
    subject = str(testdata("prints/nist/type-4-tpcard.an2"))
    with tempfile.TemporaryDirectory(prefix="ls-") as folder, TrainingSite(Path(folder)) as site:
        site.make_keys()
        site.start_broker()
        bureau = site.start_bureau()
        scanner = site.start_scanner(subject, speed=20.0, progress=lambda _: None)
        site.write_settings()
        bureau.wait_ready(20.0)
        scanner.wait_ready(20.0)
        yield site


@pytest.mark.long
@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("where", POINTS)
def test_the_bureau_has_it_exactly_once_after(site: TrainingSite, where: str) -> None:
    victim, point = POINTS[where]
    other = "uplink" if victim == "core" else "core"
    before = set(bureau_journal(site.bureau))
    parts = {other: site.start_station_part(other), victim: site.start(victim, _dying(site, victim, point))}
    try:
        parts["core"].wait_ready(20.0)
        booking = site.client.post("/api/bookings", training_booking({}))["booking"]
        _await_death(parts[victim])
        parts[victim].stop()
        parts[victim] = site.start_station_part(victim)
        parts[victim].wait_ready(20.0)
        account = _await_answers(site, booking)
    finally:
        for part in parts.values():
            part.stop()
    new = [one for one in bureau_journal(site.bureau) if one not in before]
    assert [(one.tcn, one.content_sha256) for one in new] == [
        (submission["tcn"], submission["content_sha256"]) for submission in account["submissions"]
    ]
    assert len(new) == 1


def _dying(site: TrainingSite, name: str, point: str) -> list[str]:
    return [sys.executable, "-m", "tests.crash.die", point, name, "--config", str(site.config)]


def _await_death(part: Child) -> None:
    deadline = time.monotonic() + DONE_WITHIN
    while part.returncode is None:
        part.listen(0.1)
        assert time.monotonic() < deadline, f"{part.name} never came to the point: {part.last_words()}"
    assert part.returncode == -signal.SIGKILL, part.last_words()


def _await_answers(site: TrainingSite, booking: str) -> dict[str, object]:
    deadline = time.monotonic() + DONE_WITHIN
    while True:
        account: dict[str, object] = site.client.get(f"/api/bookings/{booking}")
        kinds = {str(event["kind"]) for event in account["events"]}  # type: ignore[attr-defined]
        if {"received", "idr_no_match"} <= kinds and kinds & {"sre_ident", "sre_non_ident"}:
            return account
        assert time.monotonic() < deadline, f"not answered in {DONE_WITHIN:.0f} s; so far: {sorted(kinds)}"
        time.sleep(0.2)
