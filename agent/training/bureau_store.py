"""What the training bureau has committed: chunks, transactions, refusals, and what it owes each station.

SQLite, and one file per transaction. A transaction is known by (station, TCN); the content digest decides whether a second arrival is the
same one or a conflict. A conflict is recorded and never replaces what was committed first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from agent.delivery.chunks import Chunk
from agent.handover.instants import read_instant, write_instant
from agent.store.files import make_folder, write_durably

DATABASE = "bureau.sqlite"
FILES = "transactions"  # folder
ENVELOPES = "envelopes"  # folder
MIGRATIONS = (
    """
CREATE TABLE chunks (
    station TEXT NOT NULL,
    txid TEXT NOT NULL,
    total INTEGER NOT NULL,
    length INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (station, txid, total, length, idx)
) STRICT;
CREATE TABLE transactions (
    station TEXT NOT NULL,
    tcn TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (station, tcn)
) STRICT;
CREATE TABLE arrivals (
    station TEXT NOT NULL,
    txid TEXT NOT NULL,
    outcome TEXT NOT NULL,
    tcn TEXT,
    content_sha256 TEXT,
    reason TEXT,
    at TEXT NOT NULL,
    PRIMARY KEY (station, txid)
) STRICT;
CREATE TABLE outgoing (
    rid TEXT PRIMARY KEY,
    station TEXT NOT NULL,
    tcn TEXT NOT NULL,
    kind TEXT NOT NULL,
    txid TEXT NOT NULL,
    envelope BLOB NOT NULL,
    due_at TEXT NOT NULL,
    acknowledged_at TEXT
) STRICT;
CREATE INDEX outgoing_owed ON outgoing (due_at) WHERE acknowledged_at IS NULL;
""",
)


Whole: TypeAlias = tuple[str, list[Chunk]]  # station, all chunks of one envelope


class Outcome(StrEnum):
    COMMITTED = "committed"
    DUPLICATE = "duplicate"  # the same content under the same TCN, perhaps in another envelope
    CONFLICT = "conflict"  # other content under a TCN that is taken
    REFUSED = "refused"  # not to be opened, not proven, or no ANSI/NIST file


@dataclass(frozen=True)
class Arrival:
    """What a whole envelope turned out to be."""

    station: str
    txid: str
    outcome: Outcome
    tcn: str | None  # None when it could not be opened
    content_sha256: str | None
    reason: str | None  # why it was not committed
    at: datetime  # UTC


@dataclass(frozen=True)
class Outgoing:
    """A receipt or reply, sealed, owed to a station until it acknowledges."""

    rid: str
    station: str
    tcn: str
    kind: str  # "receipt", "SRE", "IDR_NO_MATCH"
    txid: str  # the envelope that it answers
    envelope: bytes = field(repr=False)
    due_at: datetime  # UTC; not to be sent before


@dataclass(frozen=True)
class JournalEntry:
    """One committed transaction."""

    station: str
    tcn: str
    content_sha256: str
    received_at: datetime  # UTC


@dataclass(frozen=True)
class Sorted:
    """A batch of chunks."""

    again: list[Arrival]  # examined before, and now its last chunk is here again
    whole: list[Whole]  # what the batch makes whole, with what was here
    rest: list[tuple[str, Chunk]]  # the chunks that make nothing whole


def sort_out(db: sqlite3.Connection, batch: Iterable[tuple[str, Chunk]]) -> Sorted:
    sets: dict[tuple[str, str, int, int], dict[int, Chunk]] = {}
    for station, chunk in batch:
        sets.setdefault((station, chunk.digest, chunk.total, chunk.length), {})[chunk.index] = chunk
    made = Sorted([], [], [])
    for key, arrived in sets.items():
        known = arrival(db, key[0], key[1])
        if known is not None:
            made.again.extend([known] if key[2] - 1 in arrived else [])
            continue
        together = {**{chunk.index: chunk for chunk in _kept(db, key)}, **arrived} if _count(db, key) + len(arrived) >= key[2] else {}
        if len(together) == key[2]:
            made.whole.append((key[0], list(together.values())))
        else:
            made.rest.extend((key[0], chunk) for chunk in arrived.values())
    return made


def add_chunks(db: sqlite3.Connection, batch: Iterable[tuple[str, Chunk]]) -> None:
    rows = [(station, one.digest, one.total, one.length, one.index, one.data) for station, one in batch]
    db.executemany("INSERT OR IGNORE INTO chunks (station, txid, total, length, idx, data) VALUES (?, ?, ?, ?, ?, ?)", rows)


def _count(db: sqlite3.Connection, key: tuple[str, str, int, int]) -> int:
    return int(db.execute(f"SELECT count(*) FROM chunks WHERE {_SET}", key).fetchone()[0])  # noqa: S608  # a constant


def _kept(db: sqlite3.Connection, key: tuple[str, str, int, int]) -> list[Chunk]:
    rows = db.execute(f"SELECT idx, data FROM chunks WHERE {_SET}", key)  # noqa: S608  # a constant
    return [Chunk(row["idx"], key[2], key[3], key[1], row["data"]) for row in rows]


_SET = "station = ? AND txid = ? AND total = ? AND length = ?"


def incomplete_sets(db: sqlite3.Connection, station: str) -> list[tuple[str, int, list[int]]]:
    """(txid, total, indexes that are here) of everything of this station that has begun to arrive."""
    sets: dict[tuple[str, int], list[int]] = {}
    for row in db.execute("SELECT txid, total, idx FROM chunks WHERE station = ?", (station,)):
        sets.setdefault((row["txid"], row["total"]), []).append(row["idx"])
    return [(txid, total, indexes) for (txid, total), indexes in sets.items() if len(indexes) < total]


def complete_sets(db: sqlite3.Connection) -> list[tuple[str, list[Chunk]]]:
    """(station, chunks) of every envelope that is whole but was not examined: a crash came between."""
    keys = db.execute("SELECT station, txid, total, length FROM chunks GROUP BY 1, 2, 3, 4 HAVING count(*) = total").fetchall()
    return [(key["station"], _chunks(db, key)) for key in keys]


def drop_chunks(db: sqlite3.Connection, station: str, txid: str) -> None:
    db.execute("DELETE FROM chunks WHERE station = ? AND txid = ?", (station, txid))


def arrival(db: sqlite3.Connection, station: str, txid: str) -> Arrival | None:
    row = db.execute("SELECT * FROM arrivals WHERE station = ? AND txid = ?", (station, txid)).fetchone()
    return _arrival(row) if row else None


def committed_digest(db: sqlite3.Connection, station: str, tcn: str) -> str | None:
    """Content digest of the transaction that has this TCN."""
    row = db.execute("SELECT content_sha256 FROM transactions WHERE station = ? AND tcn = ?", (station, tcn)).fetchone()
    return None if row is None else str(row[0])


def committed_at(db: sqlite3.Connection, station: str, tcn: str) -> datetime | None:
    """When the transaction that has this TCN was committed."""
    row = db.execute("SELECT received_at FROM transactions WHERE station = ? AND tcn = ?", (station, tcn)).fetchone()
    return None if row is None else read_instant(row[0])


def commit(db: sqlite3.Connection, judged: Iterable[tuple[Arrival, list[Outgoing]]], thrown: Iterable[tuple[str, str]]) -> None:
    """Arrivals, their transactions if they are new, and all they are answered with; their chunks go. thrown: (station, txid) of envelopes
    of which nothing but the chunks is here, which go too.
    """
    for arrived, answers in judged:
        _commit_one(db, arrived, answers)
    for station, txid in thrown:
        drop_chunks(db, station, txid)


def _commit_one(db: sqlite3.Connection, arrived: Arrival, answers: Iterable[Outgoing]) -> None:
    at = write_instant(arrived.at)
    if arrived.outcome is Outcome.COMMITTED:
        db.execute("INSERT INTO transactions VALUES (?, ?, ?, ?)", (arrived.station, arrived.tcn, arrived.content_sha256, at))
    values = (arrived.station, arrived.txid, arrived.outcome, arrived.tcn, arrived.content_sha256, arrived.reason, at)
    db.execute("INSERT OR IGNORE INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    add_outgoing(db, answers)
    drop_chunks(db, arrived.station, arrived.txid)


def add_outgoing(db: sqlite3.Connection, answers: Iterable[Outgoing]) -> None:
    db.executemany(
        "INSERT INTO outgoing (rid, station, tcn, kind, txid, envelope, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(one.rid, one.station, one.tcn, one.kind, one.txid, one.envelope, write_instant(one.due_at)) for one in answers],
    )


def owed(db: sqlite3.Connection, now: datetime) -> list[Outgoing]:
    """Everything that is due and not acknowledged, oldest first."""
    query = "SELECT * FROM outgoing WHERE acknowledged_at IS NULL AND due_at <= ? ORDER BY due_at, rowid"
    return [_outgoing(row) for row in db.execute(query, (write_instant(now),))]


def next_due(db: sqlite3.Connection, now: datetime) -> datetime | None:
    """When the next answer that is not due yet will be."""
    row = db.execute("SELECT min(due_at) FROM outgoing WHERE acknowledged_at IS NULL AND due_at > ?", (write_instant(now),)).fetchone()
    return read_instant(row[0]) if row[0] else None


def receipts_owed(db: sqlite3.Connection, station: str, txid: str) -> list[str]:
    """Receipts about this envelope that the station has not acknowledged."""
    query = "SELECT rid FROM outgoing WHERE station = ? AND txid = ? AND kind = 'receipt' AND acknowledged_at IS NULL"
    return [row["rid"] for row in db.execute(query, (station, txid))]


def acknowledge(db: sqlite3.Connection, answers: Iterable[tuple[str, str]], at: datetime) -> None:
    """The station has it for good: (station, rid) of each. Of another station or unknown: nothing."""
    db.executemany(
        "UPDATE outgoing SET acknowledged_at = ? WHERE rid = ? AND station = ? AND acknowledged_at IS NULL",
        [(write_instant(at), rid, station) for station, rid in answers],
    )


def write_file(directory: Path, station: str, content_sha256: str, content: bytes) -> Path:
    """The file of a transaction, on the disk when this returns."""
    return _write(directory / FILES / station, f"{content_sha256}.an2", content)


def write_envelope(directory: Path, station: str, txid: str, data: bytes) -> Path:
    """The sealed bytes as they arrived, on the disk when this returns: evidence of what was signed."""
    return _write(directory / ENVELOPES / station, f"{txid}.cms", data)


def committed_file(directory: Path, station: str, tcn: str) -> bytes:
    """The ANSI/NIST file of a committed transaction. Raises LookupError when there is none."""
    digest = next((one.content_sha256 for one in bureau_journal(directory) if (one.station, one.tcn) == (station, tcn)), None)
    if digest is None:
        raise LookupError(f"the bureau has committed no transaction {tcn} of {station}")
    return (directory / FILES / station / f"{digest}.an2").read_bytes()


def received_envelope(directory: Path, station: str, txid: str) -> bytes:
    """The sealed bytes of an examined envelope. Raises OSError when there are none."""
    return (directory / ENVELOPES / station / f"{txid}.cms").read_bytes()


def bureau_journal(directory: Path) -> tuple[JournalEntry, ...]:
    """Every committed transaction, once, in order of arrival. Reads beside a running bureau."""
    rows = _query(directory, "SELECT * FROM transactions ORDER BY rowid")
    return tuple(JournalEntry(row["station"], row["tcn"], row["content_sha256"], read_instant(row["received_at"])) for row in rows)


def bureau_arrivals(directory: Path) -> tuple[Arrival, ...]:
    """Every whole envelope and what became of it, in order of arrival."""
    return tuple(_arrival(row) for row in _query(directory, "SELECT * FROM arrivals ORDER BY rowid"))


def bureau_owes(directory: Path) -> tuple[Outgoing, ...]:
    """Receipts and replies that their stations have not acknowledged."""
    rows = _query(directory, "SELECT * FROM outgoing WHERE acknowledged_at IS NULL ORDER BY due_at, rowid")
    return tuple(_outgoing(row) for row in rows)


def bureau_answers(directory: Path) -> tuple[Outgoing, ...]:
    """Every receipt and reply that was ever made."""
    return tuple(_outgoing(row) for row in _query(directory, "SELECT * FROM outgoing ORDER BY rowid"))


def _query(directory: Path, query: str) -> list[sqlite3.Row]:
    path = directory / DATABASE
    if not path.exists():
        return []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _chunks(db: sqlite3.Connection, key: sqlite3.Row) -> list[Chunk]:
    query = "SELECT idx, data FROM chunks WHERE station = ? AND txid = ? AND total = ? AND length = ?"
    return [Chunk(row["idx"], key["total"], key["length"], key["txid"], row["data"]) for row in db.execute(query, tuple(key))]


def _arrival(row: sqlite3.Row) -> Arrival:
    outcome, at = Outcome(row["outcome"]), read_instant(row["at"])
    return Arrival(row["station"], row["txid"], outcome, row["tcn"], row["content_sha256"], row["reason"], at)


def _outgoing(row: sqlite3.Row) -> Outgoing:
    return Outgoing(row["rid"], row["station"], row["tcn"], row["kind"], row["txid"], row["envelope"], read_instant(row["due_at"]))


def _write(folder: Path, name: str, data: bytes) -> Path:
    make_folder(folder)
    write_durably(folder / name, data)
    return folder / name
