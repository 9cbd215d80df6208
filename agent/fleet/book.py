"""What the core keeps for whoever administers it from afar: since when something cannot be done, commands by their number, until when
no booking is opened. Numbers of commands are kept without end: a clock that is set back must not make an old command new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.handover.instants import read_instant, write_instant

KEPT = 100  # answers

SCHEMA = """
CREATE TABLE fleet_lack (
    words TEXT PRIMARY KEY,
    since TEXT NOT NULL
) STRICT;
CREATE TABLE fleet_command (
    number TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    administrator TEXT NOT NULL,
    asked BLOB NOT NULL,
    taken_at TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '',
    words TEXT NOT NULL DEFAULT '',
    answer BLOB
) STRICT;
CREATE TABLE fleet_drain (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    until TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True)
class Taken:
    """A command that this station has taken: it is never taken again."""

    number: str
    sha256: str  # of what was signed
    name: str
    administrator: str  # common name
    asked: bytes = field(repr=False)  # what was signed, JSON
    taken_at: datetime  # UTC
    outcome: str = ""  # "" while it is being carried out
    words: str = ""
    answer: bytes | None = field(default=None, repr=False)  # as it was sent


def lacks_since(db: sqlite3.Connection, words: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Since when each of these cannot be done. What can be done again is forgotten."""
    known = {row["words"]: read_instant(row["since"]) for row in db.execute("SELECT words, since FROM fleet_lack")}
    for gone in known.keys() - set(words):
        db.execute("DELETE FROM fleet_lack WHERE words = ?", (gone,))
    for new in dict.fromkeys(one for one in words if one not in known):
        db.execute("INSERT INTO fleet_lack VALUES (?, ?)", (new, write_instant(now)))
    return {one: known.get(one, now) for one in words}


def draining_until(db: sqlite3.Connection) -> datetime | None:
    row = db.execute("SELECT until FROM fleet_drain").fetchone()
    return None if row is None else read_instant(row["until"])


def drain(db: sqlite3.Connection, until: datetime | None) -> None:
    """None: bookings are opened again."""
    db.execute("DELETE FROM fleet_drain")
    if until is not None:
        db.execute("INSERT INTO fleet_drain VALUES (1, ?)", (write_instant(until),))


def take(db: sqlite3.Connection, one: Taken) -> None:
    values = (one.number, one.sha256, one.name, one.administrator, one.asked, write_instant(one.taken_at))
    db.execute("INSERT INTO fleet_command (number, sha256, name, administrator, asked, taken_at) VALUES (?, ?, ?, ?, ?, ?)", values)


def answered(db: sqlite3.Connection, number: str, outcome: str, words: str, answer: bytes) -> None:
    """Of old ones the answer is forgotten, the number never."""
    db.execute("UPDATE fleet_command SET answer = x'' WHERE answer <> x'' AND rowid <= (SELECT max(rowid) FROM fleet_command) - ?", (KEPT,))
    db.execute("UPDATE fleet_command SET outcome = ?, words = ?, answer = ? WHERE number = ?", (outcome, words, answer, number))


def taken(db: sqlite3.Connection, number: str) -> Taken | None:
    row = db.execute("SELECT * FROM fleet_command WHERE number = ?", (number,)).fetchone()
    return None if row is None else _taken(row)


def unanswered(db: sqlite3.Connection) -> list[Taken]:
    """What was taken when this station was stopped, oldest first."""
    return [_taken(row) for row in db.execute("SELECT * FROM fleet_command WHERE answer IS NULL ORDER BY rowid")]


def last(db: sqlite3.Connection) -> Taken | None:
    row = db.execute("SELECT * FROM fleet_command ORDER BY rowid DESC LIMIT 1").fetchone()
    return None if row is None else _taken(row)


def _taken(row: sqlite3.Row) -> Taken:
    values = dict(row)
    return Taken(**{**values, "taken_at": read_instant(values["taken_at"])})
