"""The ledger: states only move along their table, a TCN is given once, and a change and its journal entry are one transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.booking import leaving
from agent.booking.ledger import SCHEMA, Entry, Ledger, Sealed
from agent.booking.states import BookingEvent, BookingState, NoSuchMove, move
from agent.model.booking import BookingId
from agent.store.database import Database

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
ONE = BookingId("20261124-00000001")
CONTENT, ENVELOPE = "c" * 64, "e" * 64
SEALED = Sealed(CONTENT, ENVELOPE, 700_000)


class Kept(list[str]):
    """A journal that keeps the kinds, and fails when told to."""

    failing = False

    def __call__(self, connection: sqlite3.Connection, booking_id: BookingId, entry: Entry) -> None:
        if self.failing:
            raise sqlite3.OperationalError("disk full")
        self.append(entry.kind)


@pytest.fixture
def journal() -> Kept:
    return Kept()


@pytest.fixture
def ledger(tmp_path: Path, journal: Kept) -> Iterator[Ledger]:
    database = Database(tmp_path / "core.sqlite", (SCHEMA, leaving.SCHEMA, leaving.SEALED_WITH))
    yield Ledger(database, journal)
    database.close()


def captured(ledger: Ledger) -> None:
    asyncio.run(ledger.open_booking(ONE, "officer-01", NOW))
    asyncio.run(ledger.captured(ONE, NOW, overridden=False))


def test_a_booking_goes_from_open_to_sealed(ledger: Ledger, journal: Kept) -> None:
    captured(ledger)
    row = asyncio.run(ledger.assign_tcn(ONE, "LS-0001-A", NOW))
    asyncio.run(ledger.sealed(row.tcn, SEALED, NOW))
    assert ledger.bookings(BookingState.SEALED)[0].id == ONE
    assert ledger.unreceipted() == [ENVELOPE]
    assert list(journal) == ["captured", "quality_passed", "sealed"]


def test_a_tcn_is_given_once_however_often_sealing_begins(ledger: Ledger) -> None:
    captured(ledger)
    first = asyncio.run(ledger.assign_tcn(ONE, "LS-0001-A", NOW))
    again = asyncio.run(ledger.assign_tcn(ONE, "LS-0001-B", NOW.replace(hour=9)))
    assert (again.tcn, again.made_at) == (first.tcn, first.made_at) == ("LS-0001-A", NOW)


def test_a_booking_is_not_sealed_twice(ledger: Ledger) -> None:
    captured(ledger)
    asyncio.run(ledger.assign_tcn(ONE, "LS-0001-A", NOW))
    asyncio.run(ledger.sealed("LS-0001-A", SEALED, NOW))
    with pytest.raises(NoSuchMove, match="sealed"):
        asyncio.run(ledger.sealed("LS-0001-A", Sealed(CONTENT, "f" * 64, 1), NOW))
    assert ledger.unreceipted() == [ENVELOPE]


def test_without_its_journal_entry_a_change_does_not_happen(ledger: Ledger, journal: Kept) -> None:
    asyncio.run(ledger.open_booking(ONE, "officer-01", NOW))
    journal.failing = True
    with pytest.raises(Exception, match="disk full"):
        asyncio.run(ledger.captured(ONE, NOW, overridden=False))
    booking = ledger.booking(ONE)
    assert booking is not None
    assert booking.state is BookingState.CAPTURING


def test_a_receipted_envelope_is_released_until_the_uplink_knows(ledger: Ledger) -> None:
    captured(ledger)
    asyncio.run(ledger.assign_tcn(ONE, "LS-0001-A", NOW))
    asyncio.run(ledger.sealed("LS-0001-A", SEALED, NOW))
    asyncio.run(ledger.receipted(ENVELOPE))
    assert (ledger.unreceipted(), ledger.unacknowledged_releases()) == ([], [ENVELOPE])
    asyncio.run(ledger.release_known(ENVELOPE))
    assert ledger.unacknowledged_releases() == []


def test_a_held_booking_goes_on_when_a_person_says_so(ledger: Ledger) -> None:
    asyncio.run(ledger.open_booking(ONE, "officer-01", NOW))
    asyncio.run(ledger.hold(ONE, "the scanner is broken"))
    booking = ledger.booking(ONE)
    assert booking is not None
    assert (booking.state, booking.held_why) == (BookingState.HELD, "the scanner is broken")
    asyncio.run(ledger.resume(ONE))
    assert ledger.bookings(BookingState.CAPTURING)[0].id == ONE


@pytest.mark.parametrize("event", [BookingEvent.ALL_TAKEN, BookingEvent.HELD, BookingEvent.RESUMED, BookingEvent.SEALED])
def test_nothing_moves_a_sealed_booking(event: BookingEvent) -> None:
    with pytest.raises(NoSuchMove, match=f"sealed.*{event}"):
        move(BookingState.SEALED, event)
