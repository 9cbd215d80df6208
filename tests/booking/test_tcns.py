"""Control numbers: never twice, also offline and after a restart; every one accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.booking import leaving, ledger, tcns
from agent.booking.ledger import Ledger, Sealed
from agent.booking.tcns import BLOCK, TcnBook, TcnState
from agent.model.booking import BookingId
from agent.store.database import Database

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
ONE, TWO, THREE = (BookingId(f"20261124-0000000{n}") for n in (1, 2, 3))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "core.sqlite", (ledger.SCHEMA, tcns.SCHEMA, leaving.SCHEMA, leaving.SEALED_WITH))
    yield opened
    opened.close()


def send(database: Database, booking: BookingId, tcn: str, digest: str) -> None:
    """The submission of a booking, sealed under this number."""
    books = Ledger(database, lambda *_: None)
    if books.booking(booking) is None:
        asyncio.run(books.open_booking(booking, "officer-01", NOW))
        asyncio.run(books.captured(booking, NOW, overridden=False))
    asyncio.run(books.assign_tcn(booking, tcn, NOW))
    asyncio.run(books.sealed(tcn, Sealed("c" * 64, digest * 64, 700_000), NOW))


def test_a_booking_keeps_its_number_until_it_is_sent(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    first = asyncio.run(book.give(ONE, NOW))
    assert asyncio.run(TcnBook(database, "LS-0001").give(ONE, NOW.replace(hour=9))) == first
    assert asyncio.run(book.give(TWO, NOW)) != first


def test_a_correction_gets_the_next_number(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    first = asyncio.run(book.give(ONE, NOW))
    send(database, ONE, first, "1")
    assert asyncio.run(book.give(ONE, NOW)) != first


def test_numbers_are_reserved_in_blocks_and_counted_without_gaps(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    given = [asyncio.run(book.give(BookingId(f"20261124-{n:08d}"), NOW)) for n in range(BLOCK + 1)]
    rows = book.account()
    assert [row.number for row in rows] == list(range(1, 2 * BLOCK + 1))
    assert [row.tcn for row in rows[: BLOCK + 1]] == given
    assert len({row.tcn for row in rows}) == 2 * BLOCK
    assert [row.state for row in rows] == [TcnState.GIVEN] * (BLOCK + 1) + [TcnState.RESERVED] * (BLOCK - 1)


def test_a_number_that_was_not_used_is_on_record_with_the_reason(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    first, second, third = (asyncio.run(book.give(booking, NOW)) for booking in (ONE, TWO, THREE))
    asyncio.run(book.void(first, "the booking was given up", NOW))
    send(database, THREE, third, "3")
    assert [(row.tcn, row.state, row.why) for row in book.gaps()] == [
        (first, TcnState.VOID, "the booking was given up"),
        (second, TcnState.GIVEN, None),
    ]
    assert asyncio.run(book.give(ONE, NOW)) not in (first, second, third)


def test_what_was_sent_is_never_void(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    first = asyncio.run(book.give(ONE, NOW))
    send(database, ONE, first, "1")
    asyncio.run(book.void(first, "by mistake", NOW))
    assert book.account()[0].state is TcnState.SENT
    assert book.gaps() == []


def test_a_renamed_station_uses_no_number_of_its_old_name(database: Database) -> None:
    asyncio.run(TcnBook(database, "LS-0001").give(ONE, NOW))
    renamed = TcnBook(database, "LS-0002")
    assert asyncio.run(renamed.close_foreign(NOW)) == BLOCK - 1
    assert asyncio.run(renamed.close_foreign(NOW)) == 0
    new = asyncio.run(renamed.give(TWO, NOW))
    assert new.startswith("LS-0002-")
    send(database, TWO, new, "2")
    assert {row.why for row in renamed.gaps() if row.state is TcnState.VOID} == {
        "reserved under another station id; this station is LS-0002 now"
    }


def test_a_clock_set_back_repeats_nothing(database: Database) -> None:
    book = TcnBook(database, "LS-0001")
    for n in range(3 * BLOCK):
        asyncio.run(book.give(BookingId(f"20261124-{n:08d}"), NOW.replace(year=2026 - n % 3)))
    tcns_given = [row.tcn for row in book.account()]
    assert len(set(tcns_given)) == len(tcns_given)
