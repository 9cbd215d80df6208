"""The audit record on disk: a SQLite file of its own, `audit/audit.sqlite`.

Of its own, so that what purges bookings never touches it, and so that it can be kept, copied and checked without them. SQLite rather than a
text file: a commit is whole or not there at all (measured in `store.database`), a torn tail cannot be, and several lines are one commit.
Triggers refuse every UPDATE and DELETE: that guards against mistakes; against whoever owns the file, the chain and the checkpoints do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from agent.audit.chain import Base, Checkpoint, Row, digest, statement
from agent.audit.entries import Entry, instant, line_of
from agent.clock import Clock
from agent.errors import LivescanError
from agent.signing import algorithms
from agent.signing.private_keys import Signer
from agent.store.database import Database
from agent.store.files import write_durably

SCHEMA = """
CREATE TABLE base (n INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;
INSERT INTO base VALUES (0, printf('%064d', 0));
CREATE TABLE entry (
    n      INTEGER PRIMARY KEY,
    line   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    due    TEXT UNIQUE
) STRICT;
CREATE TABLE checkpoint (
    n           INTEGER PRIMARY KEY,
    sha256      TEXT NOT NULL,
    at          TEXT NOT NULL,
    station     TEXT NOT NULL,
    signature   BLOB NOT NULL,
    certificate TEXT NOT NULL
) STRICT;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry WHEN OLD.n > (SELECT n FROM base)
BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;
CREATE TRIGGER checkpoint_is_never_changed BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;
CREATE TRIGGER checkpoint_is_kept BEFORE DELETE ON checkpoint WHEN OLD.n > (SELECT n FROM base)
BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END;
"""
MIGRATIONS = (SCHEMA,)
CHECKPOINT_EVERY = 100  # entries: about two bookings
KEPT = timedelta(days=366)  # at least: AU-11
ANCHOR = "checkpoint.txt"  # the last checkpoint, beside the file: to be copied elsewhere


class AuditError(LivescanError):
    """The audit record cannot be written: nothing is sent or shown until it can."""


class AuditBook:
    """Safe to use from several threads. Made with whoever signs the checkpoints."""

    def __init__(self, folder: Path, station: str, signer: Signer, clock: Clock) -> None:
        self._folder = folder
        self._station = station
        self._signer = signer
        self._clock = clock
        self._database = Database(folder / "audit.sqlite", MIGRATIONS)
        self._unsigned = self._database.read_now(lambda db: _last(db).n - _last_signed(db))

    def append(self, *entries: Entry, due: Sequence[tuple[str, datetime]] = ()) -> None:
        """On the disk when this returns. Raises AuditError.

        due: for each entry, the id of what is recorded (the same id twice is recorded once) and when it happened.
        """
        now = self._clock.now()
        stamped = [(entry, *due[at]) if due else (entry, None, now) for at, entry in enumerate(entries)]
        try:
            self._unsigned += self._database.write_now(lambda db: sum(self._insert(db, *one) for one in stamped))
        except LivescanError as error:
            raise AuditError(
                f"The audit record cannot be written: {error.what}",
                means="Nothing is sent, shown or given out until it can; bookings on disk are safe.",
                do="Free disk space or replace the disk; the station goes on by itself.",
            ) from error
        if self._unsigned >= CHECKPOINT_EVERY:
            self.checkpoint()

    def checkpoint(self) -> Checkpoint | None:
        """Sign what has been recorded so far; None when all of it is signed. Raises AuditError."""
        last = self._database.read_now(_last)
        if last.n == self._database.read_now(_last_signed):
            return None
        made = self._signed(last)
        values = (made.n, made.sha256, made.at, made.station, made.signature, made.certificate)
        try:
            self._database.write_now(lambda db: db.execute("INSERT OR IGNORE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?)", values))
            write_durably(self._folder / ANCHOR, made.statement + f"signature {made.signature.hex()}\n".encode())
        except (LivescanError, OSError) as error:
            raise AuditError("The audit record's checkpoint cannot be written.", do="Free disk space or replace the disk.") from error
        self._unsigned = 0
        return made

    def sign_with(self, signer: Signer) -> None:
        """The station's signing key was renewed."""
        self._signer = signer

    def rows(self, *, after: int = 0, limit: int = 1 << 62) -> list[Row]:
        return self._database.read_now(lambda db: list(rows_in(db, after=after, limit=limit)))

    def checkpoints(self) -> list[Checkpoint]:
        return self._database.read_now(checkpoints_in)

    def base(self) -> Base:
        return self._database.read_now(base_in)

    def last_settings(self) -> str | None:
        """Digest of the settings that the last entry with one names."""
        sql = """SELECT json_extract(line, '$.settings') FROM entry WHERE line LIKE '%"settings":"%' ORDER BY n DESC LIMIT 1"""
        found = self._database.read_now(lambda db: db.execute(sql).fetchone())
        return None if found is None else str(found[0])

    def last(self) -> Base:
        return self._database.read_now(_last)

    def let_go(self, before: datetime) -> int:
        """Entries from before that day go, up to a checkpoint, so that what stays begins at a signed place. How many.

        Nothing that is younger than a year goes, whatever is asked (AU-11).
        """
        oldest = min(before, self._clock.now() - KEPT)
        return self._database.write_now(lambda db: _let_go(db, instant(oldest)))

    def close(self) -> None:
        self._database.close()

    def _insert(self, db: sqlite3.Connection, entry: Entry, due: str | None, at: datetime) -> int:
        if due is not None and db.execute("SELECT 1 FROM entry WHERE due = ?", (due,)).fetchone():
            return 0
        last = _last(db)
        line = line_of(entry, n=last.n + 1, at=at, station=self._station, previous=last.sha256)
        db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (last.n + 1, line, digest(line), due))
        return 1

    def _signed(self, last: Base) -> Checkpoint:
        certificate = self._signer.certificate
        scheme = algorithms.scheme_of(certificate.public_key())
        assert scheme is not None  # the signer was loaded with it
        at = instant(self._clock.now())
        said = statement(self._station, last.n, last.sha256, at)
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return Checkpoint(last.n, last.sha256, at, self._station, self._signer.sign(algorithms.digest(scheme, said)), pem)


def rows_in(db: sqlite3.Connection, *, after: int = 0, limit: int = 1 << 62) -> Iterator[Row]:
    for n, line, sha256 in db.execute("SELECT n, line, sha256 FROM entry WHERE n > ? ORDER BY n LIMIT ?", (after, limit)):
        yield Row(n, line, sha256)


def checkpoints_in(db: sqlite3.Connection) -> list[Checkpoint]:
    return [Checkpoint(*row) for row in db.execute("SELECT n, sha256, at, station, signature, certificate FROM checkpoint ORDER BY n")]


def base_in(db: sqlite3.Connection) -> Base:
    return Base(*db.execute("SELECT n, sha256 FROM base").fetchone())


def _last(db: sqlite3.Connection) -> Base:
    found = db.execute("SELECT n, sha256 FROM entry ORDER BY n DESC LIMIT 1").fetchone()
    return Base(*found) if found else base_in(db)


def _last_signed(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(coalesce((SELECT max(n) FROM checkpoint), 0), (SELECT n FROM base))").fetchone()[0])


def _let_go(db: sqlite3.Connection, before: str) -> int:
    sql = "SELECT c.n, c.sha256 FROM checkpoint c JOIN entry e USING (n) WHERE json_extract(e.line, '$.at') < ? ORDER BY c.n DESC LIMIT 1"
    found = db.execute(sql, (before,)).fetchone()
    if found is None:
        return 0
    db.execute("UPDATE base SET n = ?, sha256 = ?", tuple(found))
    db.execute("DELETE FROM checkpoint WHERE n <= ?", (found[0],))
    return db.execute("DELETE FROM entry WHERE n <= ?", (found[0],)).rowcount


def read_instant(text: str) -> datetime:
    """As SQLite's strftime writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)
