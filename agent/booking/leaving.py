"""Between sealed and gone: an officer may undo a submission until its first byte leaves the core.

    sealed ─▶ waiting ─ time is up, or "send now" ─▶ may leave ─ its bytes are read for the uplink or a courier ─▶ left
                 └───── undone by an officer ◀────────────┘
    left, no receipt ─ a person sets it aside ─▶ aside ─ a person tries again ─▶ left

Rules:
- `left_at` is on the disk before the first byte is read, `undone_at` is written only where `left_at` is not: one writer, so one wins.
- What is undone stays on record: its control number is void with the officer's id as the reason, its booking is UNDONE and waits.
- How long it waits is counted on the monotonic clock and never longer than the setting, whatever becomes of the wall clock.
- An envelope that was sealed anew is superseded: the uplink is told to let it go, and a refusal of it is no refusal of the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from agent.booking.ledger import Entry, Journal
from agent.booking.states import BookingEvent, BookingState, move
from agent.clock import Clock
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.store.database import Database

T = TypeVar("T")

SCHEMA = """
ALTER TABLE booking ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE submission ADD COLUMN sealed_at TEXT;
ALTER TABLE submission ADD COLUMN left_at TEXT;
ALTER TABLE submission ADD COLUMN undone_at TEXT;
ALTER TABLE submission ADD COLUMN undone_by TEXT;
ALTER TABLE submission ADD COLUMN aside_at TEXT;
ALTER TABLE submission ADD COLUMN aside_by TEXT;
CREATE INDEX submission_open ON submission (made_at) WHERE receipted = 0 AND undone_at IS NULL;
CREATE INDEX submission_of_booking ON submission (booking_id);
CREATE INDEX submission_releases ON submission (tcn) WHERE release_known = 0 AND (receipted = 1 OR refused = 1 OR aside_at IS NOT NULL);
CREATE TABLE superseded (
    envelope_sha256 TEXT PRIMARY KEY,
    tcn             TEXT NOT NULL REFERENCES submission(tcn),
    at              TEXT NOT NULL,
    release_known   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX superseded_releases ON superseded (at) WHERE release_known = 0;
"""

# added later: what an envelope needs so that it can arrive
SEALED_WITH = """
ALTER TABLE submission ADD COLUMN sealed_to TEXT;
ALTER TABLE submission ADD COLUMN signer_ends TEXT;
"""


class TooLate(LivescanError):
    """It has left, or there is nothing that could be undone."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A submission without the bureau's answer."""

    envelope_sha256: str
    tcn: str
    booking_id: BookingId
    sealed_at: datetime  # UTC
    left: bool
    urgent: bool
    refused: bool  # the bureau has answered that it does not take it
    aside: bool  # a person has set it aside


class Leaving:
    """Any thread may ask; what writes is a coroutine, but for `left`."""

    def __init__(self, database: Database, journal: Journal, clock: Clock, undo: timedelta) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._undo = undo
        self._due: dict[str, float] = {}  # of what waits: monotonic s

    def owed(self) -> list[Owed]:
        """Everything without a receipt, urgent first, then in the order of sealing; what was refused or set aside too."""
        return [_owed(row) for row in self._database.read_now(lambda db: db.execute(_OWED).fetchall())]

    def ready(self, make: Callable[[str, bool], T]) -> tuple[list[T], float]:
        """What may leave now, each made of (transfer id, urgent), in the order of sending; and the seconds until there is more, 0.0 never.

        Nothing else is kept of a long backlog.
        """
        return self._database.read_now(lambda db: self._ready(db, make))

    def _ready(self, db: sqlite3.Connection, make: Callable[[str, bool], T]) -> tuple[list[T], float]:
        made, soonest = [], 0.0
        for row in db.execute(_READY):
            wait = 0.0 if row["left_at"] else self._wait(row["envelope_sha256"], datetime.fromisoformat(row["sealed_at"]))
            if wait:
                soonest = min(soonest or wait, wait)
            else:
                made.append(make(row["envelope_sha256"], bool(row["urgent"])))
        return made, soonest

    def waits(self, one: Owed) -> float:
        """Seconds until it may leave; 0.0 when it may."""
        if one.left:
            self._due.pop(one.envelope_sha256, None)
            return 0.0
        return self._wait(one.envelope_sha256, one.sealed_at)

    def _wait(self, txid: str, sealed_at: datetime) -> float:
        now = self._clock.monotonic()
        left = min(max(sealed_at + self._undo - self._clock.now(), timedelta()), self._undo).total_seconds()
        return max(self._due.setdefault(txid, now + left) - now, 0.0)

    def left(self, txid: str) -> None:
        """Its first byte leaves after this. Blocks for the commit. Raises TooLate when an officer has undone it."""
        row = self._database.read_now(lambda db: db.execute(f"{_LEFT} WHERE envelope_sha256 = ?", (txid,)).fetchone())
        if row is not None and row["left_at"] is None:
            row = self._database.write_now(lambda db: self._leave(db, txid))
        self._due.pop(txid, None)
        if row is not None and row["undone_at"] is not None:
            raise TooLate("An officer has undone that submission.", means="It is not sent.")

    def _leave(self, db: sqlite3.Connection, txid: str) -> sqlite3.Row | None:
        sql = f"{_GO} WHERE envelope_sha256 = ? AND left_at IS NULL AND undone_at IS NULL"
        db.execute(sql, (self._clock.now().isoformat(), txid))
        found: sqlite3.Row | None = db.execute(f"{_LEFT} WHERE envelope_sha256 = ?", (txid,)).fetchone()
        return found

    async def undo(self, booking_id: str, officer: str) -> tuple[str, str]:
        """The control number that is void now, and the transfer id that is not used; the booking is UNDONE. Raises TooLate, and nothing has
        changed then.
        """
        return await self._database.write(lambda db: self._undoing(db, booking_id, officer))

    def _undoing(self, db: sqlite3.Connection, booking_id: str, officer: str) -> tuple[str, str]:
        row = db.execute(_LAST, (booking_id,)).fetchone()
        if row is None:
            raise TooLate("That booking is not sealed, so there is nothing to undo.", do="`livescan booking list` shows where each stands.")
        if row["left_at"] is not None or row["receipted"] or BookingState(row["state"]) is not BookingState.SEALED:
            raise TooLate(
                "That booking has left this station, or is being changed.",
                means="It cannot be undone; nothing was changed.",
                do="`livescan booking correct` sends it again, corrected, under a new control number.",
            )
        now = self._clock.now()
        mark = (now.isoformat(), officer, row["tcn"])
        db.execute("UPDATE submission SET undone_at = ?, undone_by = ? WHERE tcn = ?", mark)
        db.execute("UPDATE correction SET tcn = NULL WHERE tcn = ?", (row["tcn"],))
        db.execute("UPDATE tcn SET void_at = ?, void_why = ? WHERE tcn = ?", (now.isoformat(), void_reason(officer), row["tcn"]))
        after = move(BookingState.SEALED, BookingEvent.UNDONE)
        db.execute("UPDATE booking SET state = ?, held_why = ? WHERE id = ?", (after, UNDONE_WORDS, booking_id))
        self._journal(db, BookingId(booking_id), Entry("undone", now, row["tcn"], row["content_sha256"], row["envelope_sha256"]))
        return str(row["tcn"]), str(row["envelope_sha256"])

    async def now(self, booking_id: str) -> None:
        """Do not wait for the rest of the undo time."""
        sql = f"{_GO} WHERE booking_id = ? AND envelope_sha256 IS NOT NULL AND left_at IS NULL AND undone_at IS NULL"
        now = self._clock.now().isoformat()
        await self._database.write(lambda db: db.execute(sql, (now, booking_id)))

    async def urgent(self, booking_id: str, urgent: bool) -> bool:
        """It overtakes what is not urgent; False when there is no such booking."""
        sql = "UPDATE booking SET urgent = ? WHERE id = ?"
        return bool(await self._database.write(lambda db: db.execute(sql, (int(urgent), booking_id)).rowcount))

    async def aside(self, tcn: str, officer: str) -> str | None:
        """Not sent any more until a person tries again; its envelope is kept. The transfer id; None when it is not owed."""
        sql = "UPDATE submission SET aside_at = ?, aside_by = ?, release_known = 0 WHERE tcn = ? AND receipted = 0 AND undone_at IS NULL"
        now = self._clock.now().isoformat()
        return await self._changed(sql, (now, officer, tcn), tcn)

    async def again(self, tcn: str) -> str | None:
        """Sent again, whatever stood against it. The transfer id; None when it is not owed."""
        sql = (
            "UPDATE submission SET aside_at = NULL, aside_by = NULL, refused = 0, release_known = 0"
            " WHERE tcn = ? AND receipted = 0 AND undone_at IS NULL"
        )
        return await self._changed(sql, (tcn,), tcn)

    async def _changed(self, sql: str, values: Sequence[str], tcn: str) -> str | None:
        def write(db: sqlite3.Connection) -> str | None:
            if not db.execute(sql + " AND envelope_sha256 IS NOT NULL", values).rowcount:
                return None
            (txid,) = db.execute("SELECT envelope_sha256 FROM submission WHERE tcn = ?", (tcn,)).fetchone()
            return str(txid)

        return await self._database.write(write)


UNDONE_WORDS = "Undone before anything was sent. Correct it, or go on with it."


def void_reason(officer: str) -> str:
    return f"undone by {officer} before anything was sent"


_GO = "UPDATE submission SET left_at = ?"
_LEFT = "SELECT left_at, undone_at FROM submission"
_READY = """
SELECT envelope_sha256, coalesce(sealed_at, made_at) AS sealed_at, left_at, urgent
FROM submission JOIN booking ON booking.id = booking_id
WHERE receipted = 0 AND refused = 0 AND undone_at IS NULL AND aside_at IS NULL AND envelope_sha256 IS NOT NULL ORDER BY urgent DESC, made_at
"""
_OWED = """
SELECT envelope_sha256, tcn, booking_id, coalesce(sealed_at, made_at) AS sealed_at, left_at, refused, aside_at, urgent
FROM submission JOIN booking ON booking.id = booking_id
WHERE receipted = 0 AND undone_at IS NULL AND envelope_sha256 IS NOT NULL ORDER BY urgent DESC, made_at
"""
_LAST = """
SELECT tcn, content_sha256, envelope_sha256, left_at, receipted, state FROM submission JOIN booking ON booking.id = booking_id
WHERE booking_id = ? AND envelope_sha256 IS NOT NULL AND undone_at IS NULL ORDER BY made_at DESC, submission.rowid DESC LIMIT 1
"""


def _owed(row: sqlite3.Row) -> Owed:
    sealed_at = datetime.fromisoformat(row["sealed_at"])
    marks = (bool(row["left_at"]), bool(row["urgent"]), bool(row["refused"]), bool(row["aside_at"]))
    return Owed(row["envelope_sha256"], row["tcn"], BookingId(row["booking_id"]), sealed_at, *marks)
