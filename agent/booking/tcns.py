"""The station's transaction control numbers (1.009 TCN): none is ever given twice, and every one is accounted for.

A TCN ends in a ULID, so two stations, or one whose clock was set back or whose disk was restored, do not meet; no network is asked. Beside
that each has a plain number in this station's own count, 1, 2, 3, without gaps. Numbers are reserved in blocks, on disk before the first of
a block is used. What was reserved and never sent stays on record with the reason: a bureau that asks about a gap gets an answer.

    reserved ─▶ given to a booking ─▶ sent (its submission is sealed)
        └───────────────┴─▶ void, with a reason ◀─┘ undone before its first byte left (`leaving`)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.booking.ids import new_tcn
from agent.model.booking import BookingId
from agent.store.database import Database

PURGED = "purged"  # the reason of a number that was sent, and whose booking is destroyed
BLOCK = 16  # numbers: a busy night's bookings, and one commit for all of them

SCHEMA = """
CREATE TABLE tcn (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    tcn         TEXT NOT NULL UNIQUE,
    reserved_at TEXT NOT NULL,
    booking_id  TEXT,
    given_at    TEXT,
    void_at     TEXT,
    void_why    TEXT
) STRICT;
CREATE INDEX tcn_of_booking ON tcn (booking_id);
"""


class TcnState(StrEnum):
    RESERVED = "reserved"
    GIVEN = "given"  # to a booking whose submission is not sealed yet
    SENT = "sent"  # sealed: it is the bureau's to see
    VOID = "void"
    PURGED = "purged"  # its booking was destroyed; which number it was stands on the audit record


@dataclass(frozen=True)
class TcnRow:
    number: int  # in this station's count
    tcn: str
    state: TcnState
    reserved_at: datetime  # UTC
    booking_id: BookingId | None
    why: str | None  # of a void one


class TcnBook:
    def __init__(self, database: Database, station: str) -> None:
        self._database = database
        self._station = station

    async def give(self, booking_id: BookingId, now: datetime) -> str:
        """The number of this booking's next submission; the same one again until that is sealed. On disk when this returns."""

        def give(connection: sqlite3.Connection) -> str:
            found = connection.execute(_OPEN, (booking_id,)).fetchone() or self._next(connection, now)
            connection.execute(
                "UPDATE tcn SET booking_id = ?, given_at = ? WHERE tcn = ? AND booking_id IS NULL", (booking_id, now.isoformat(), found[0])
            )
            return str(found[0])

        return await self._database.write(give)

    async def void(self, tcn: str, why: str, now: datetime) -> None:
        """That number is not used, and will not be. One that is void keeps its first reason; one that is sent stays sent."""
        await self._database.write(lambda connection: connection.execute(_VOID + " AND tcn.tcn = ?", (now.isoformat(), why, tcn)))

    async def close_foreign(self, now: datetime) -> int:
        """At start-up: numbers reserved under another station id, from before it was renamed, are void. How many."""
        why = f"reserved under another station id; this station is {self._station} now"
        mine = f"{self._station}-%"
        sql = _VOID + " AND tcn.booking_id IS NULL AND tcn.tcn NOT LIKE ?"
        return await self._database.write(lambda connection: connection.execute(sql, (now.isoformat(), why, mine)).rowcount)

    def account(self) -> list[TcnRow]:
        """Every number of this station in the order of its count."""
        return [_row(row) for row in self._database.read_now(lambda connection: connection.execute(_ACCOUNT).fetchall())]

    def gaps(self) -> list[TcnRow]:
        """What the bureau will not see, or not yet: reserved and void numbers below the highest one that was sent."""
        rows = self.account()
        seen = (TcnState.SENT, TcnState.PURGED)
        last = max((row.number for row in rows if row.state in seen), default=0)
        return [row for row in rows if row.number < last and row.state not in seen]

    def _next(self, connection: sqlite3.Connection, now: datetime) -> Sequence[str]:
        if connection.execute(_FREE).fetchone() is None:
            self._reserve(connection, now)
        found: Sequence[str] = connection.execute(_FREE).fetchone()
        return found

    def _reserve(self, connection: sqlite3.Connection, now: datetime) -> None:
        for _ in range(BLOCK):
            connection.execute("INSERT INTO tcn (tcn, reserved_at) VALUES (?, ?)", (new_tcn(self._station, now), now.isoformat()))


_OPEN = """
SELECT tcn.tcn FROM tcn LEFT JOIN submission USING (tcn)
WHERE tcn.booking_id = ? AND void_at IS NULL AND envelope_sha256 IS NULL ORDER BY number LIMIT 1
"""
_FREE = "SELECT tcn FROM tcn WHERE booking_id IS NULL AND void_at IS NULL ORDER BY number LIMIT 1"
_VOID = """
UPDATE tcn SET void_at = ?, void_why = ? WHERE void_at IS NULL
AND NOT EXISTS (SELECT 1 FROM submission WHERE submission.tcn = tcn.tcn AND envelope_sha256 IS NOT NULL)
"""
_ACCOUNT = """
SELECT number, tcn.tcn, reserved_at, tcn.booking_id, void_why, envelope_sha256 FROM tcn LEFT JOIN submission USING (tcn) ORDER BY number
"""


def _row(row: Sequence[str]) -> TcnRow:
    number, tcn, reserved_at, booking_id, why, envelope = row
    state = (
        TcnState.PURGED
        if why == PURGED
        else TcnState.VOID
        if why
        else TcnState.SENT
        if envelope
        else TcnState.GIVEN
        if booking_id
        else TcnState.RESERVED
    )
    return TcnRow(int(number), tcn, state, datetime.fromisoformat(reserved_at), BookingId(booking_id) if booking_id else None, why)
