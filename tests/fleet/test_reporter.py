"""When a station tells how it is, and what it tells."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.clock import SetClock
from agent.fleet import book
from agent.fleet.report import Report, parse
from agent.reporting import Reported, Reporter
from agent.signing.keys import init_training
from agent.signing.ring import KeyRing
from agent.signing.statements import Kind, read
from agent.store.database import Database
from agent.web.metrics import Counts, Health
from tests.casework.bench import MIGRATIONS
from tests.fleet.people import CANNOT, NOW


class Told:
    def __init__(self, folder: Path) -> None:
        self.clock = SetClock(NOW)
        init_training(folder / "keys", station="LS-0001", bureau="SIB", clock=self.clock)
        from agent.model.messages import Environment

        keys = self.keys = KeyRing(folder / "keys", Environment.TRAINING)
        self.database = Database(folder / "core.sqlite", (*MIGRATIONS, book.SCHEMA))
        self.status: dict[str, Any] = {
            "station": "LS-0001", "scanner": {"found": True, "state": "ready"}, "uplink": True, "unreceipted": 0, "manual": 0, "keys": [],
            "audit": "",
        }  # fmt: skip
        health = Health(self._status, lambda: Counts({"capturing": 1}, None, 412), self.clock.now, "0.1.0")
        self.sent: list[bytes] = []
        parts = Reported(health, self.database, keys, self.clock, "training", 300, self.sent.append)
        self.reporter = Reporter(parts)

    async def _status(self) -> dict[str, Any]:
        return self.status

    def look(self, after: float = 0.0) -> list[Report]:
        """All that was sent so far, read by the authority's certificate."""
        self.clock.advance(timedelta(seconds=after))
        asyncio.run(self.reporter.look())
        said = [read(data, Kind.REPORT, self.keys.ca, self.clock.now()) for data in self.sent]
        assert all(one.fault is None and one.name == "LS-0001" for one in said)
        return [one for one in (parse(one.content) for one in said) if one is not None]


@pytest.fixture
def told(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Told(tmp_path)
    yield made
    made.database.close()


def test_it_tells_at_once_and_then_every_five_minutes(told: Told) -> None:
    assert len(told.look()) == 1
    assert len(told.look(15)) == 1
    (_, second) = told.look(285)
    assert (second.station, second.open, second.room, second.scanner) == ("LS-0001", 1, 412, "ready")
    assert set(second.certificates) >= {"signing", "opening", "bureau opening", "authority"}


def test_what_cannot_be_done_is_told_at_once_with_since_when_and_is_remembered(told: Told) -> None:
    told.look()
    told.status["scanner"] = {"found": True, "state": "lost"}
    (lack,) = told.look(15)[-1].cannot
    assert (lack.words, lack.since) == (CANNOT, NOW + timedelta(seconds=15))
    again = Reporter(told.reporter._of)  # after a restart
    assert asyncio.run(again.report()).cannot[0].since == lack.since
    told.status["scanner"] = {"found": True, "state": "ready"}
    assert told.look(15)[-1].cannot == ()
    assert len(told.sent) == 3


def test_draining_is_told_while_it_lasts(told: Told) -> None:
    told.database.write_now(lambda db: book.drain(db, NOW + timedelta(minutes=10)))
    assert told.look()[-1].draining_until == NOW + timedelta(minutes=10)
    assert told.look(700)[-1].draining_until is None
