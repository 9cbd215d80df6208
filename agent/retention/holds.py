"""Legal holds: a booking under one is destroyed by nothing, neither age nor order, until it is lifted by its own case number."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agent.errors import LivescanError
from agent.handover.instants import write_instant
from agent.model.booking import BookingId
from agent.store.database import Database

_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,23}")  # as the audit record takes it


class RetentionRefused(LivescanError):
    """What was asked is not done, and why."""


class Why(StrEnum):
    """Reasons, as they stand on record: words of ours, never a sentence."""

    COURT_ORDER = "court_order"
    STATUTE = "statute"  # the law of the state expunges it without a court
    NO_CHARGES = "no_charges"
    WRONG_PERSON = "wrong_person"  # booked under a mistaken identity
    LITIGATION = "litigation"  # hold: a claim is pending or expected
    INVESTIGATION = "investigation"  # hold
    COMPLAINT = "complaint"  # hold: internal affairs
    RECORDS_REQUEST = "records_request"  # hold: somebody has asked for it by law
    ENDED = "ended"  # lift: what it was placed for is over


@dataclass(frozen=True)
class Grounds:
    """On what somebody acts. Raises RetentionRefused when it is not of the form that the record takes."""

    case: str  # number of the case or order
    why: str
    who: str  # officer id

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.case):
            raise RetentionRefused(
                "The number of the order or case is not of its form.",
                means="Nothing was done.",
                do="Give 1 to 24 capital letters, digits, hyphens and slashes, such as CR-2026-0117.",
            )
        if self.why not in list(Why):
            raise RetentionRefused("That is no reason of the list.", means="Nothing was done.", do=f"Give one of: {', '.join(Why)}.")


async def place(database: Database, booking: BookingId, grounds: Grounds, now: datetime) -> None:
    """Raises RetentionRefused."""

    def write(db: sqlite3.Connection) -> None:
        if db.execute("SELECT 1 FROM booking WHERE id = ?", (booking,)).fetchone() is None:
            raise no_such_booking()
        values = (booking, grounds.case, grounds.why, grounds.who, write_instant(now))
        if db.execute("INSERT OR IGNORE INTO legal_hold VALUES (?, ?, ?, ?, ?)", values).rowcount == 0:
            raise RetentionRefused("It is under a legal hold already.", means="That hold stays as it was placed.")
        _owe(db, "hold_placed", booking, grounds)

    await database.write(write)


async def lift(database: Database, booking: BookingId, grounds: Grounds) -> None:
    """Raises RetentionRefused when there is no hold of that case."""

    def write(db: sqlite3.Connection) -> None:
        if db.execute("DELETE FROM legal_hold WHERE booking = ? AND case_ref = ?", (booking, grounds.case)).rowcount == 0:
            raise RetentionRefused(
                "There is no legal hold of that case on that booking.", means="Nothing was lifted.", do="`livescan retention show`."
            )
        _owe(db, "hold_released", booking, grounds)

    await database.write(write)


def all_holds(db: sqlite3.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute("SELECT * FROM legal_hold ORDER BY placed_at, booking")]


def no_such_booking() -> RetentionRefused:
    return RetentionRefused(
        "There is no such booking on this station.", means="Nothing was done.", do="`livescan booking list` shows them."
    )


def _owe(db: sqlite3.Connection, event: str, booking: BookingId, grounds: Grounds) -> None:
    """To the audit record, in the transaction of the change."""
    values = (event, grounds.who, booking, grounds.case, grounds.why)
    db.execute("INSERT INTO audit_due (event, who, booking, case_ref, why) VALUES (?, ?, ?, ?, ?)", values)
