"""A station's counter for the jail system, without devices: real list, ledger, vault, casework and guard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.testclient import TestClient

from agent.access.breached import BreachedList
from agent.access.desk import AccessDesk
from agent.access.passwords import Kept
from agent.access.roles import Role
from agent.access.store import AccessStore
from agent.audit.entries import Entry
from agent.booking import intake
from agent.booking.facts import Facts
from agent.booking.intake import Intake
from agent.casework.case_desk import CaseDesk
from agent.clock import SystemClock
from agent.jail import desk as jail
from agent.jail.desk import JailDesk
from agent.model.booking import Booking, BookingId
from agent.nist.findings import Finding
from agent.submission.precheck import check_facts
from agent.web.guard import Guard, Rules
from agent.web.live import Live
from agent.web.metrics import Counts, Health
from agent.web.v1 import V1, v1_routes
from tests.booking.office import ALL, IDENTITY, Office
from tests.casework.bench import POLICY

ORIGIN = "http://localhost:8440"
KEY = bytes(range(32))
ARRIVAL: dict[str, Any] = {
    "booking_number": "2026-004711",
    "arrived_at": "2026-11-24T13:05:00-05:00",
    "subject": {"name": "TRAINING,SAM A", "sex": "X"},
    "charges": [{"literal": "TRAINING RECORD"}],
}


class Counter:
    def __init__(self, folder: Path) -> None:
        self.office = Office(folder, migrations=(*ALL, intake.SCHEMA, jail.SCHEMA))
        clock, self.live, self.noted = SystemClock(), Live(), list[Entry]()
        office = self.office
        self.intake = Intake(
            office.database, office.vault, ledger=office.ledger, prints=office.prints, desk=office.desk, clock=clock, check=_check
        )
        self.desk = JailDesk(self.intake, office.ledger, office.casework, office.database, clock, say=self.live.say)
        self._store = AccessStore(folder / "access", KEY)
        self.access = AccessDesk(self._store, clock, note=self.noted.append, origin=ORIGIN, kept=Kept.PBKDF2, breached=BreachedList())
        self.status: dict[str, Any] = {
            "station": "LS-0001", "environment": "training", "scanner": {"found": True, "state": "ready"}, "uplink": True, "unreceipted": 0,
            "manual": 0, "keys": [], "audit": "",
        }  # fmt: skip
        self.counts = Counts({"sealed": 3}, None, 412)
        cases = CaseDesk(
            office.casework, lambda: POLICY, clock, station="LS-0001", bookings=lambda: [], zone=ZoneInfo("UTC"), released=_released
        )
        health = self.health = Health(self._status, lambda: self.counts, clock.now, "1.0")
        routes = v1_routes(V1(self.desk, cases, self.live, health))
        self.api = Guard(Starlette(routes=routes), Rules(self.access, self._note, True, ORIGIN, "NY0303000"))

    def client(self, role: Role = Role.JAIL_SYSTEM) -> TestClient:
        token = self.access.programs.add(role.value, [role], by="admin-01", door="socket")
        return TestClient(self.api, base_url=ORIGIN, headers={"Authorization": f"Bearer {token}"})

    def close(self) -> None:
        self._store.close()
        self.office.close()

    async def _status(self) -> dict[str, Any]:
        return self.status

    async def _note(self, entry: Entry) -> None:
        self.noted.append(entry)


async def _released(booking: BookingId, by: str, *, at: datetime | None = None) -> datetime:
    return at or datetime.now(UTC)


def _check(facts: Facts) -> Sequence[Finding]:
    booking = Booking(BookingId("PRECHECK"), datetime.now(UTC), "", facts.subject, facts.arrest, facts.missing)
    return check_facts(booking, IDENTITY, datetime.now(UTC))
