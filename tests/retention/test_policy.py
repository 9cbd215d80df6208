"""The policy file, when the daily run is due, and who may ask for what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from agent.access.roles import Role
from agent.audit.entries import Event, Outcome
from agent.casework.settling import Decision
from agent.errors import ConfigError
from agent.model.grounds import Deed, Ground
from agent.retention import desk as retention_desk
from agent.retention.policy import RetentionPolicy, is_due, load_retention
from agent.web.api import build_api
from agent.web.guard import Guard, Rules
from agent.web.live import Live
from tests.access.counter import ORIGIN, Counter
from tests.access.test_guard import OnSocket
from tests.retention.station import Station
from tests.web.test_api import OneBooking

CHICAGO = ZoneInfo("America/Chicago")


def of(tmp_path: Path, text: str) -> RetentionPolicy:
    path = tmp_path / "retention.toml"
    path.write_text(text)
    return load_retention(path)


def test_the_stations_file_lies_over_the_shipped_one(tmp_path: Path) -> None:
    said = of(tmp_path, "[bookings]\ndays_after_answer = 30\n")
    assert (said.bookings.days_after_answer, said.bookings.days_without_idr) == (30, 0)
    assert load_retention().bookings.days_after_answer == 90


WRONG = {
    "a key that there is not": "[bookings]\ndays = 3\n",
    "a table that there is not": "[booking]\ndays_after_answer = 3\n",
    "purging at once": "[bookings]\ndays_after_answer = 0\n",
    "audit entries younger than a year": "[audit]\ndays = 365\n",
    "a number in quotes": '[bookings]\ndays_after_answer = "90"\n',
    "half a day": "[bookings]\ndays_after_answer = 0.5\n",
    "an hour that no day has": "[daily]\nhour = 24\n",
    "no TOML": "days_after_answer: 90\n",
    "a number instead of a table": "bookings = 90\n",
}


@pytest.mark.parametrize("which", WRONG)
def test_refused_in_words_is(tmp_path: Path, which: str) -> None:
    with pytest.raises(ConfigError):
        of(tmp_path, WRONG[which])


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-11-24T12:00", True),
        ("2026-11-24T08:59", "2026-11-24T09:01", True),  # 3 in Chicago is 9 UTC in winter
        ("2026-11-24T09:01", "2026-11-24T23:00", False),
        ("2026-11-24T09:01", "2026-11-25T08:59", False),
        ("2026-11-20T09:01", "2026-11-24T08:00", True),  # it was off for days
        ("2026-11-25T09:01", "2026-11-24T08:00", True),  # the clock was set back
        ("2026-07-01T07:59", "2026-07-01T08:01", True),  # and 8 UTC in summer
    ],
)
def test_the_daily_run_is_due_once_that_hour_has_passed(last: str | None, now: str, due: bool) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert is_due(at(last) if last else None, at(now), 3, CHICAGO) is due


def test_the_core_purges_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_desk, "_LOOK_EVERY", 0.01)
    station = Station(tmp_path)
    booking = station.done()
    station.later(91)

    async def until_it_is_gone() -> None:
        daily = asyncio.create_task(station.retention.daily())
        async with asyncio.timeout(20):
            while station.ledger.booking(booking) is not None or station.retention.trouble:
                assert not daily.done()
                await asyncio.sleep(0.02)
        daily.cancel()

    station.run(until_it_is_gone())
    station.close()


def test_a_policy_that_is_spoilt_later_purges_nothing_and_is_said(tmp_path: Path) -> None:
    station = Station(tmp_path)
    path = tmp_path / "retention.toml"
    path.write_text("[bookings]\ndays_after_answer = 1\n")
    desk = station.desk_of_retention(policy=path)
    booking = station.done()
    station.later(2)
    path.write_text("[bookings]\ndays_after_anser = 1\n")
    with pytest.raises(ConfigError, match="days_after_anser"):
        station.run(desk.run())
    assert station.ledger.booking(booking) is not None
    station.close()


def test_messages_that_prove_nothing_go_by_age_once_a_person_has_set_them_aside(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.run(station.casework.take("0" * 64, b"not an envelope of anyone"))
    assert len(station.vault.bookings()) == 1
    station.later(1000)
    assert station.run(station.retention.run())["messages"] == 0, "it waits for a person"
    aside = Decision(Deed.SET_ASIDE, Ground.DAMAGED, "liaison-1", words="the bureau was asked to send it again")
    station.run(station.casework.decided(station.casework.manual_queue()[0].rid, aside))
    assert station.run(station.retention.run())["messages"] == 1
    assert station.vault.bookings() == ()
    assert station.run(station.retention.run())["messages"] == 0
    station.close()


class Asked:
    """A retention desk that says who asked."""

    def __init__(self) -> None:
        self.by: list[str] = []

    async def show(self) -> Mapping[str, Any]:
        return {"bookings": []}

    async def run(self, *, dry: bool = False, who: str = "station") -> Mapping[str, Any]:
        self.by.append(who)
        return {"purged": [], "dry": dry}

    async def hold(self, booking: str, case: str, why: str, who: str) -> None:
        self.by.append(who)

    async def lift(self, booking: str, case: str, why: str, who: str) -> None:
        self.by.append(who)

    async def expunge(self, booking: str, order: str, why: str, who: str) -> Mapping[str, Any]:
        self.by.append(who)
        return {"booking": booking}


def test_only_the_records_liaison_may_and_whoever_tries_is_on_record(tmp_path: Path) -> None:
    counter, desk = Counter(tmp_path), Asked()
    counter.officer("officer-07", Role.BOOKING_OFFICER, Role.SUPERVISOR)
    counter.officer("liaison-1", Role.RECORDS_LIAISON)

    async def note(entry: Any) -> None:
        counter.noted.append(entry)

    guard = Guard(build_api(OneBooking(), Live(), retention=desk), Rules(counter.desk, note, True, ORIGIN, "ZZ0010000"))

    def client(officer: str) -> TestClient:
        return TestClient(OnSocket(guard), headers={"Authorization": f"Bearer {counter.sign_in(officer)}"})

    body = {"booking": "20261124-7K3M9Q2X", "order": "CR-1", "case": "CR-1", "why": "court_order"}
    paths = ("run", "hold", "lift", "expunge")
    refused = client("officer-07")
    assert [refused.post(f"/api/retention/{path}", json=body).status_code for path in paths] == [403] * 4
    assert refused.get("/api/retention").status_code == 403
    denied = [entry for entry in counter.noted if entry.event is Event.ASKED and entry.outcome is Outcome.DENIED]
    assert [entry.facts["right"] for entry in denied] == ["retention"] * 5
    allowed = client("liaison-1")
    assert [allowed.post(f"/api/retention/{path}", json=body).status_code for path in paths] == [200, 201, 200, 200]
    assert desk.by == ["liaison-1"] * 4
    counter.store.close()


def test_is_due_is_asked_in_local_days() -> None:
    midnight = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # 00:30 in Chicago
    assert is_due(midnight - timedelta(hours=1), midnight, 0, CHICAGO)


def test_the_audit_record_is_asked_to_let_go_what_is_past_its_own_age(tmp_path: Path) -> None:
    station = Station(tmp_path)
    asked: list[datetime] = []

    def let_go(before: datetime) -> int:
        asked.append(before)
        return 7

    assert station.run(station.desk_of_retention(let_go=let_go).run())["entries"] == 7
    assert asked == [station.clock.now() - timedelta(days=2192)]
    station.close()
