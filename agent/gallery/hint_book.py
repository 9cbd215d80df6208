"""The hints that were given, and what officers said to them: ids, kinds, times and words of our own lists, in the gallery's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.errors import LivescanError
from agent.gallery.hints import Hint, Kind, Said
from agent.handover.instants import read_instant, write_instant
from agent.model.fingers import Position
from agent.store.database import Database

SCHEMA = """
CREATE TABLE hint (
    booking  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    other    TEXT NOT NULL,
    other_at TEXT,
    decades  REAL NOT NULL,
    fingers  TEXT NOT NULL,
    at       TEXT NOT NULL,
    said     TEXT,
    said_by  TEXT,
    said_at  TEXT,
    PRIMARY KEY (booking, other)
) STRICT;
CREATE INDEX hint_other ON hint (other);
"""


@dataclass(frozen=True)
class Given:
    """A hint as it was given, and the officer's word on it."""

    hint: Hint
    at: datetime  # UTC
    said: Said | None
    said_by: str | None  # officer id


class HintBook:
    """Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, booking: str, hints: Iterable[Hint], at: datetime) -> list[Hint]:
        """Keep them in place of earlier ones for that booking, but for those that an officer has said something to. Those that are new."""

        def write(db: sqlite3.Connection) -> list[Hint]:
            before = {(row["kind"], row["other"]) for row in db.execute("SELECT kind, other FROM hint WHERE booking = ?", (booking,))}
            db.execute("DELETE FROM hint WHERE booking = ? AND said IS NULL", (booking,))
            return [hint for hint in hints if _insert(db, booking, hint, at) and (hint.kind, hint.other) not in before]

        return self._database.write_now(write)

    def of(self, booking: str) -> list[Given]:
        """The likeliest first."""
        sql = "SELECT * FROM hint WHERE booking = ? ORDER BY decades DESC, other"
        return [_given(row) for row in self._database.read_now(lambda db: db.execute(sql, (booking,)).fetchall())]

    def say(self, booking: str, other: str, said: Said, by: str, at: datetime) -> None:
        """The officer says why. Raises LivescanError where no such hint was given."""
        sql = "UPDATE hint SET said = ?, said_by = ?, said_at = ? WHERE booking = ? AND other = ?"
        values = said, by, write_instant(at), booking, other
        if self._database.write_now(lambda db: db.execute(sql, values).rowcount) == 0:
            raise LivescanError("There is no such hint for that booking.", means="Nothing was noted.")


def forget(db: sqlite3.Connection, names: Collection[str]) -> None:
    """Every hint for these bookings, or about these bookings or officers."""
    for sql in ("DELETE FROM hint WHERE booking = ?", "DELETE FROM hint WHERE other = ?"):
        db.executemany(sql, [(name,) for name in names])


def _insert(db: sqlite3.Connection, booking: str, hint: Hint, at: datetime) -> bool:
    other_at = None if hint.other_at is None else write_instant(hint.other_at)
    fingers = " ".join(str(int(finger)) for finger in hint.fingers)
    values = booking, hint.kind, hint.other, other_at, hint.decades, fingers, write_instant(at)
    columns = "(booking, kind, other, other_at, decades, fingers, at)"
    return db.execute(f"INSERT OR IGNORE INTO hint {columns} VALUES (?, ?, ?, ?, ?, ?, ?)", values).rowcount > 0  # noqa: S608 - ours


def _given(row: sqlite3.Row) -> Given:
    fingers = tuple(Position(int(one)) for one in row["fingers"].split())
    other_at = None if row["other_at"] is None else read_instant(row["other_at"])
    hint = Hint(Kind(row["kind"]), row["other"], row["decades"], fingers, other_at)
    return Given(hint, read_instant(row["at"]), None if row["said"] is None else Said(row["said"]), row["said_by"])
