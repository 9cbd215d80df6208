"""Whatever changes a booking is on the audit record, exactly once, and nothing leaves while it cannot be."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.audit import due
from agent.audit.book import AuditError
from agent.audit.entries import Entry
from agent.audit.feed import AuditFeed, AuditGate
from agent.booking import corrections, leaving, ledger, tcns
from agent.booking.ledger import Ledger, Sealed
from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.events import CaseEvent, EventKind
from agent.clock import SystemClock
from agent.handover.core_end import HandoverItem
from agent.model.booking import BookingId
from agent.signing.keys import StationKeys
from agent.store.database import Database
from agent.store.vault import Vault
from tests.audit.record import Record, station_keys
from tests.casework.bench import POLICY

BOOKING = BookingId("20261124-7K3M9Q2X")
TCN = "LS-0001-01JDF00000000000000000000"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> StationKeys:
    return station_keys(tmp_path_factory.mktemp("keys"))


class Room:
    def __init__(self, folder: Path, keys: StationKeys) -> None:
        self.record = Record(folder / "audit", keys)
        self.database = Database(
            folder / "core.sqlite",
            (ledger.SCHEMA, *MIGRATIONS, tcns.SCHEMA, corrections.SCHEMA, due.SCHEMA, leaving.SCHEMA, leaving.SEALED_WITH, due.UNDO_SCHEMA),
        )
        self.casework = Casework(self.database, Vault(folder / "vault", keys.storage_key), keys, SystemClock(), lambda: POLICY)
        self.ledger = Ledger(self.database, self._journal)
        self.feed = AuditFeed(self.database, self.record.book, say=lambda event: None)

    async def a_sealed_booking(self) -> None:
        await self.ledger.open_booking(BOOKING, "officer-07", NOW)
        await self.ledger.captured(BOOKING, NOW, overridden=True)
        await self.ledger.assign_tcn(BOOKING, TCN, NOW)
        await self.ledger.checked(BOOKING, NOW)
        await self.ledger.sealed(TCN, Sealed("c" * 64, "e" * 64, 1000), NOW)

    def said(self) -> list[dict[str, str]]:
        return [json.loads(row.line) for row in self.record.book.rows()]

    def fill_the_disk(self) -> None:
        book = self.record.book._database
        pages = book.write_now(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        book.write_now(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    def empty_the_disk(self) -> None:
        self.record.book._database.write_now(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchall())

    def _journal(self, connection: sqlite3.Connection, booking_id: BookingId, entry: ledger.Entry) -> None:
        event = CaseEvent(EventKind(entry.kind), entry.at, entry.tcn, entry.content_sha256, entry.envelope_sha256)
        self.casework.record_within(connection, booking_id, event)


@pytest.fixture
def room(tmp_path: Path, keys: StationKeys) -> Iterator[Room]:
    made = Room(tmp_path, keys)
    yield made
    made.database.close()
    made.record.book.close()


class Waiting:
    """One envelope that waits."""

    def pending(self) -> list[HandoverItem]:
        return [HandoverItem("e" * 64, "LS-0001")]

    def load(self, txid: str) -> bytes:
        return b"sealed"

    async def handed_over(self, txid: str, queued_at: datetime) -> None: ...

    def released(self) -> list[str]:
        return []

    async def release_acknowledged(self, txid: str) -> None: ...


def test_a_booking_from_opened_to_sealed(room: Room) -> None:
    asyncio.run(room.a_sealed_booking())
    room.feed.catch_up()
    said = room.said()
    assert [one["event"] for one in said] == ["booking_opened", "captured", "quality_overridden", "case_step", "sealed"]
    assert said[0]["who"] == "officer-07"
    assert (said[-1]["tcn"], said[-1]["content"], said[-1]["envelope"]) == (TCN, "c" * 64, "e" * 64)


def test_a_crash_between_recording_and_ticking_off_records_nothing_twice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(room.a_sealed_booking())
    with monkeypatch.context() as crash:
        crash.setattr(room.feed, "_forget", lambda seq: (_ for _ in ()).throw(AuditError("power cut")))
        with pytest.raises(AuditError):
            room.feed.catch_up()
    before = len(room.said())
    room.feed.catch_up()
    assert len(room.said()) == before == 5
    assert room.database.read_now(due.due) == []


def test_nothing_is_handed_over_while_the_record_cannot_be_written(room: Room) -> None:
    asyncio.run(room.a_sealed_booking())
    gate = AuditGate(Waiting(), room.feed)
    room.feed.catch_up()
    assert len(gate.pending()) == 1
    room.record.book.append(*(Entry(due.Event.ASKED) for _ in range(40)))
    room.fill_the_disk()
    for n in range(40):
        room.database.write_now(lambda db, n=n: db.execute("INSERT INTO audit_due (event, fgp) VALUES ('asked', ?)", (n,)))
    assert gate.pending() == ()
    assert room.feed.trouble is not None
    assert "Nothing is sent" in room.feed.trouble
    with pytest.raises(AuditError):
        gate.load("e" * 64)


def test_sending_goes_on_when_the_record_can_be_written_again(room: Room) -> None:
    test_nothing_is_handed_over_while_the_record_cannot_be_written(room)
    room.empty_the_disk()
    gate = AuditGate(Waiting(), room.feed)
    assert len(gate.pending()) == 1
    assert room.feed.trouble is None
    assert sum(one["event"] == "asked" for one in room.said()) == 80


def test_a_value_of_unknown_form_is_left_out_and_stops_nothing(room: Room) -> None:
    room.database.write_now(lambda db: db.execute("INSERT INTO audit_due (event, who) VALUES ('corrected', 'Training, Sam')"))
    room.feed.catch_up()
    (said,) = room.said()
    assert (said["event"], said["who"], said["why"]) == ("corrected", "station", "unknown_form")


def test_a_view_that_casework_notes_is_on_the_record_without_its_sentence(room: Room) -> None:
    sql = "INSERT INTO case_views (booking, what, of, officer, reason, recipient, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    values = (BOOKING, "immigration response", "rid", "liaison-1", "Sam Training asked", "", NOW.isoformat())
    room.database.write_now(lambda db: db.execute(sql, values))
    room.feed.catch_up()
    (said,) = room.said()
    assert (said["event"], said["who"], said["booking"], said["step"]) == ("history_shown", "liaison-1", BOOKING, "immigration_response")
    assert "Sam" not in str(said)
