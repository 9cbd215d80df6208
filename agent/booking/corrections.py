"""Corrections: a sealed booking is never changed; what was wrong is sent again under a new TCN that names the old one (1.010 TCR).

The request is on disk before anything is done about it; the new TCN joins it when the booking is sealed again, so a crash anywhere leads to
the same TCR.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from agent.booking.states import BookingEvent, BookingState, move
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.store.database import Database

SCHEMA = """
CREATE TABLE correction (
    id         INTEGER PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES booking(id),
    corrects   TEXT NOT NULL REFERENCES submission(tcn),
    tcn        TEXT UNIQUE REFERENCES submission(tcn),
    officer    TEXT NOT NULL,
    retake     TEXT NOT NULL,
    at         TEXT NOT NULL
) STRICT;
"""


class Corrections:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, booking_id: BookingId, officer: str, retake: Collection[Position], at: datetime) -> str:
        """The booking is open again, to be sealed anew or, with `retake`, first to have these impressions taken again; the TCN it corrects.

        Raises NoSuchMove when the booking is not sealed.
        """

        def write(connection: sqlite3.Connection) -> str:
            event = BookingEvent.RETAKEN if retake else BookingEvent.CORRECTED
            (state,) = connection.execute("SELECT state FROM booking WHERE id = ?", (booking_id,)).fetchone()
            after = move(BookingState(state), event)
            (corrects,) = connection.execute(_LAST_SEALED, (booking_id,)).fetchone()
            positions = sorted(int(position) for position in retake)
            connection.execute("UPDATE booking SET state = ? WHERE id = ?", (after, booking_id))
            connection.executemany("DELETE FROM impression WHERE booking_id = ? AND fgp = ?", [(booking_id, fgp) for fgp in positions])
            connection.execute(
                "INSERT INTO correction (booking_id, corrects, officer, retake, at) VALUES (?, ?, ?, ?, ?)",
                (booking_id, corrects, officer, ",".join(map(str, positions)), at.isoformat()),
            )
            return str(corrects)

        return await self._database.write(write)

    async def join(self, booking_id: BookingId, tcn: str) -> str | None:
        """The TCN that `tcn` corrects, if it corrects one. Any number of times, with the same answer."""

        def write(connection: sqlite3.Connection) -> str | None:
            connection.execute("UPDATE correction SET tcn = ? WHERE booking_id = ? AND tcn IS NULL", (tcn, booking_id))
            found = connection.execute("SELECT corrects FROM correction WHERE tcn = ?", (tcn,)).fetchone()
            return None if found is None else str(found[0])

        return await self._database.write(write)

    def of(self, booking_id: str) -> dict[str, str]:
        """TCN to the TCN it corrects."""
        sql = "SELECT tcn, corrects FROM correction WHERE booking_id = ? AND tcn IS NOT NULL"
        return dict(self._database.read_now(lambda connection: [tuple(row) for row in connection.execute(sql, (booking_id,))]))


_LAST_SEALED = """
SELECT tcn FROM submission WHERE booking_id = ? AND envelope_sha256 IS NOT NULL AND undone_at IS NULL
ORDER BY made_at DESC, rowid DESC LIMIT 1
"""
