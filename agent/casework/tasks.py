"""What a person owes a booking because of what the bureau said: raised once by a message, closed by a person or by what follows. Rows only.

    rejected              an ERRT to the submission that counts: which impressions are to be taken again, and whether the facts are open
    reply after release   a reply came when the person had been released; it changes nothing, a person reads it

A task is raised in the transaction of the message that causes it, so a crash leaves both or neither; it never moves a state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from agent.casework.error_actions import Asked, ErrorAction, asked_by
from agent.casework.viewing import What
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.model.fingers import Position

SCHEMA = """
CREATE TABLE case_tasks (
    id TEXT PRIMARY KEY,
    booking TEXT NOT NULL,
    kind TEXT NOT NULL,
    eyes TEXT NOT NULL,
    tcn TEXT,
    rid TEXT,
    retake TEXT NOT NULL,
    facts_open INTEGER NOT NULL,
    actions TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    begun_at TEXT,
    begun_by TEXT,
    done_at TEXT,
    done_by TEXT
) STRICT;
CREATE INDEX case_tasks_open ON case_tasks (raised_at) WHERE done_at IS NULL;
CREATE INDEX case_tasks_of_booking ON case_tasks (booking);
"""
STATION = "station"  # closed by what followed, not by a person


class TaskKind(StrEnum):
    REJECTED = "rejected"
    REPLY_AFTER_RELEASE = "reply_after_release"


TASK_WORDS: Mapping[TaskKind, str] = MappingProxyType(
    {
        TaskKind.REJECTED: "Rejected: the booking is to be opened again for what the bureau named.",
        TaskKind.REPLY_AFTER_RELEASE: "A reply came after the release. It changes nothing: read it.",
    }
)


@dataclass(frozen=True)
class Task:
    id: str
    booking: BookingId
    kind: TaskKind
    eyes: What  # who may know of it
    tcn: str | None  # of our submission
    rid: str | None  # the message that raised it
    retake: tuple[Position, ...]  # impressions that the bureau named
    facts_open: bool  # what was typed in is part of the reason, so it may be changed
    actions: tuple[ErrorAction, ...]
    raised_at: datetime  # UTC
    begun_at: datetime | None = None  # UTC: the booking was opened again
    begun_by: str = ""
    done_at: datetime | None = None  # UTC
    done_by: str = ""


def rejected(db: sqlite3.Connection, booking: BookingId, tcn: str, messages: Iterable[str], *, rid: str, at: datetime) -> None:
    """An ERRT to the submission that counts. Any number of times, one task a message."""
    asked = [asked_by(line) for line in messages if line.strip()]
    retake = sorted({finger for one in asked for finger in one.fingers})
    row = Task(
        f"{TaskKind.REJECTED}/{rid}",
        booking,
        TaskKind.REJECTED,
        What.IDENTIFICATION,
        tcn,
        rid,
        tuple(retake),
        any(_is_of_data(one) for one in asked),
        tuple(dict.fromkeys(one.action for one in asked)),
        at,
    )
    _insert(db, row)


def after_release(db: sqlite3.Connection, booking: BookingId, rid: str, eyes: What, at: datetime) -> None:
    """A reply that came when the person had gone."""
    _insert(db, Task(f"{TaskKind.REPLY_AFTER_RELEASE}/{rid}", booking, TaskKind.REPLY_AFTER_RELEASE, eyes, None, rid, (), False, (), at))


def superseded(db: sqlite3.Connection, booking: BookingId, tcn: str, at: datetime) -> None:
    """A new submission was sealed: what rejections of the earlier ones asked for is done."""
    sql = "UPDATE case_tasks SET done_at = ?, done_by = ? WHERE booking = ? AND kind = ? AND tcn <> ? AND done_at IS NULL"
    db.execute(sql, (write_instant(at), STATION, booking, TaskKind.REJECTED, tcn))


def begun(db: sqlite3.Connection, id_: str, by: str, at: datetime) -> None:
    db.execute("UPDATE case_tasks SET begun_at = ?, begun_by = ? WHERE id = ? AND begun_at IS NULL", (write_instant(at), by, id_))


def done(db: sqlite3.Connection, id_: str, by: str, at: datetime) -> None:
    db.execute("UPDATE case_tasks SET done_at = ?, done_by = ? WHERE id = ? AND done_at IS NULL", (write_instant(at), by, id_))


def find(db: sqlite3.Connection, id_: str) -> Task | None:
    row = db.execute("SELECT * FROM case_tasks WHERE id = ?", (id_,)).fetchone()
    return _task(row) if row else None


def open_tasks(db: sqlite3.Connection, limit: int) -> tuple[Task, ...]:
    """Oldest first."""
    rows = db.execute("SELECT * FROM case_tasks WHERE done_at IS NULL ORDER BY raised_at, id LIMIT ?", (limit,))
    return tuple(_task(row) for row in rows)


def of_booking(db: sqlite3.Connection, booking: BookingId) -> tuple[Task, ...]:
    rows = db.execute("SELECT * FROM case_tasks WHERE booking = ? ORDER BY raised_at, id", (booking,))
    return tuple(_task(row) for row in rows)


def _is_of_data(asked: Asked) -> bool:
    """Reasons that lie in what was typed in, or that say too little to rule it out: a person must be able to mend it."""
    return asked.action in (ErrorAction.MEND_FIELD, ErrorAction.MEND_POSITIONS)


def _insert(db: sqlite3.Connection, task: Task) -> None:
    values = (
        task.id,
        task.booking,
        task.kind,
        task.eyes,
        task.tcn,
        task.rid,
        ",".join(str(int(position)) for position in task.retake),
        int(task.facts_open),
        ",".join(task.actions),
        write_instant(task.raised_at),
    )
    db.execute(
        "INSERT OR IGNORE INTO case_tasks (id, booking, kind, eyes, tcn, rid, retake, facts_open, actions, raised_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


def _task(row: sqlite3.Row) -> Task:
    begun_at, done_at = (read_instant(row[name]) if row[name] else None for name in ("begun_at", "done_at"))
    return Task(
        row["id"],
        BookingId(row["booking"]),
        TaskKind(row["kind"]),
        What(row["eyes"]),
        row["tcn"],
        row["rid"],
        tuple(Position(int(number)) for number in row["retake"].split(",") if number),
        bool(row["facts_open"]),
        tuple(ErrorAction(word) for word in row["actions"].split(",") if word),
        read_instant(row["raised_at"]),
        begun_at,
        row["begun_by"] or "",
        done_at,
        row["done_by"] or "",
    )
