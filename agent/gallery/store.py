"""The gallery on disk: a SQLite file of its own, `gallery/gallery.sqlite`. A booking's id, its time, its templates; no name, no status.

What is of a finger is encrypted (AES-256-GCM) under a key made from the storage key; booking, time and kind are authenticated with it, so
that nothing can be put in another's place. Deleted rows are overwritten (`secure_delete`) and the write-ahead log is emptied.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import LivescanError
from agent.gallery import hint_book
from agent.handover.instants import read_instant, write_instant
from agent.store.database import Database

SCHEMA = """
CREATE TABLE subject (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    booking   TEXT NOT NULL UNIQUE,
    at        TEXT NOT NULL,
    compact   BLOB NOT NULL,
    templates BLOB NOT NULL
) STRICT;
CREATE INDEX subject_at ON subject (at);
CREATE TABLE expunged (mark BLOB PRIMARY KEY) STRICT;
CREATE TABLE officer (
    id        TEXT PRIMARY KEY,
    at        TEXT NOT NULL,
    templates BLOB NOT NULL
) STRICT;
"""
MIGRATIONS = (SCHEMA, hint_book.SCHEMA)
_NONCE, _TAG = 12, 16  # bytes: NIST SP 800-38D
_AT_ONCE = 256  # rows
_PIECE, _STEP = 32, 1024  # bytes: what is looked for after deleting, and how far apart; a page of SQLite holds four of them


class GalleryUnreadable(LivescanError):
    """What is stored was changed, or belongs to another storage key."""


@dataclass(frozen=True)
class Subject:
    """A booking whose prints are kept."""

    number: int
    booking: str
    at: datetime  # UTC, when it was opened


@dataclass(frozen=True)
class Stored:
    """One booking as it is to be written."""

    booking: str
    at: datetime  # UTC
    compact: bytes = field(repr=False)
    templates: bytes = field(repr=False)


class GalleryStore:
    """Blocking; safe to use from several threads."""

    def __init__(self, path: Path, storage_key: bytes) -> None:
        self.path = path
        self._cipher = AESGCM(_derived(storage_key, b"livescan-gallery/1"))
        self._marking = _derived(storage_key, b"livescan-gallery-expunged/1")
        self.database = Database(path, MIGRATIONS)

    def put(self, one: Stored) -> int:
        """The subject's number. A booking that is there already is replaced, under a new number."""
        return self.put_all([one])[0]

    def put_all(self, many: Sequence[Stored]) -> list[int]:
        """The same for several, all of them or none."""
        rows = [self._row(one) for one in many]
        return self.database.write_now(lambda db: [_inserted(db, row) for row in rows])

    def _row(self, one: Stored) -> tuple[str, str, bytes, bytes]:
        at = write_instant(one.at)
        return one.booking, at, self._seal(one.compact, "compact", one.booking, at), self._seal(one.templates, "templates", one.booking, at)

    def compacts(self) -> Iterator[tuple[Subject, bytes]]:
        """What stays in memory, of everybody; never much of it at a time. Raises GalleryUnreadable."""
        after = 0
        while rows := self._compacts(after):
            for row in rows:
                yield _subject(row), self._open(row["compact"], "compact", row["booking"], row["at"])
            after = rows[-1]["number"]

    def _compacts(self, after: int) -> list[sqlite3.Row]:
        sql = "SELECT number, booking, at, compact FROM subject WHERE number > ? ORDER BY number LIMIT ?"
        return self.database.read_now(lambda db: db.execute(sql, (after, _AT_ONCE)).fetchall())

    def templates(self, numbers: Collection[int]) -> dict[int, bytes]:
        """Of these subjects; one that is gone meanwhile is left out. Raises GalleryUnreadable."""
        sql = f"SELECT number, booking, at, templates FROM subject WHERE number IN ({','.join('?' * len(numbers))})"  # noqa: S608 - only question marks
        rows = self.database.read_now(lambda db: db.execute(sql, tuple(numbers)).fetchall())
        return {row["number"]: self._open(row["templates"], "templates", row["booking"], row["at"]) for row in rows}

    def subjects(self) -> list[Subject]:
        """The oldest first."""
        rows = self.database.read_now(lambda db: db.execute("SELECT number, booking, at FROM subject ORDER BY at, number").fetchall())
        return [_subject(row) for row in rows]

    def delete(self, bookings: Collection[str]) -> list[int]:
        """The numbers of those that were there. They stand neither in the file nor in its log when this returns, and no hint names them."""

        def gone(db: sqlite3.Connection) -> list[int]:
            found = [row for one in bookings for row in db.execute("SELECT number FROM subject WHERE booking = ?", (one,)).fetchall()]
            db.executemany("DELETE FROM subject WHERE number = ?", found)
            hint_book.forget(db, bookings)
            return [number for (number,) in found]

        numbers = self.database.write_now(gone)
        self.database.settle()
        return numbers

    def mark_expunged(self, booking: str) -> None:
        """It is never enrolled again. What is kept for that tells nobody without the storage key which booking it was."""
        mark = self._mark(booking)
        self.database.write_now(lambda db: db.execute("INSERT OR IGNORE INTO expunged VALUES (?)", (mark,)))

    def was_expunged(self, booking: str) -> bool:
        mark = self._mark(booking)
        return self.database.read_now(lambda db: db.execute("SELECT 1 FROM expunged WHERE mark = ?", (mark,)).fetchone()) is not None

    def put_officer(self, officer: str, at: datetime, templates: bytes) -> None:
        values = officer, write_instant(at), self._seal(templates, "officer", officer, write_instant(at))
        self.database.write_now(lambda db: db.execute("INSERT OR REPLACE INTO officer VALUES (?, ?, ?)", values))
        self.database.settle()

    def officers(self) -> dict[str, bytes]:
        """Templates by officer id. Raises GalleryUnreadable."""
        rows = self.database.read_now(lambda db: db.execute("SELECT id, at, templates FROM officer ORDER BY id").fetchall())
        return {row["id"]: self._open(row["templates"], "officer", row["id"], row["at"]) for row in rows}

    def delete_officer(self, officer: str) -> bool:
        def gone(db: sqlite3.Connection) -> bool:
            hint_book.forget(db, [officer])
            return db.execute("DELETE FROM officer WHERE id = ?", (officer,)).rowcount > 0

        there = self.database.write_now(gone)
        self.database.settle()
        return there

    def traces(self, booking: str) -> list[bytes]:
        """Byte strings that stand in the file as long as this booking does: its id, and pieces of what is stored of it."""
        rows = self.database.read_now(
            lambda db: db.execute("SELECT compact, templates FROM subject WHERE booking = ?", (booking,)).fetchall()
        )
        pieces = [blob[at : at + _PIECE] for row in rows for blob in row for at in range(0, len(blob) - _PIECE, _STEP)]
        return [booking.encode(), *pieces]

    def files(self) -> Mapping[str, Path]:
        """What the gallery is on the disk, by name: the file, and SQLite's log and index of it."""
        paths = [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]
        return {path.name: path for path in paths if path.exists()}

    def close(self) -> None:
        self.database.close()

    def _mark(self, booking: str) -> bytes:
        return hmac.digest(self._marking, booking.encode(), "sha256")

    def _seal(self, data: bytes, *label: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, _label(label))

    def _open(self, sealed: bytes, *label: str) -> bytes:
        try:
            if len(sealed) >= _NONCE + _TAG:
                return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _label(label))
        except InvalidTag:
            pass
        raise GalleryUnreadable(
            "The gallery of prints is not what was stored: it was changed, or belongs to another storage key.",
            means="Prints are not compared with earlier bookings; bookings go on.",
            do="Check the storage key; else remove the folder 'gallery' of the core's state, and it begins anew.",
        )


def _derived(storage_key: bytes, purpose: bytes) -> bytes:
    """RFC 5869."""
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(storage_key)


def _inserted(db: sqlite3.Connection, row: tuple[str, str, bytes, bytes]) -> int:
    db.execute("DELETE FROM subject WHERE booking = ?", row[:1])
    number = db.execute("INSERT INTO subject (booking, at, compact, templates) VALUES (?, ?, ?, ?)", row).lastrowid
    assert number is not None
    return number


def _label(parts: Sequence[str]) -> bytes:
    """Additional authenticated data: each part with its length, so that no two different lists look alike."""
    return b"".join(len(part).to_bytes(2, "big") + part.encode() for part in parts)


def _subject(row: sqlite3.Row) -> Subject:
    return Subject(row["number"], row["booking"], read_instant(row["at"]))


def pieces_found(path: Path, wanted: Sequence[bytes]) -> Iterator[bytes]:
    """Those of the byte strings that stand in a file."""
    data = path.read_bytes()
    yield from (one for one in wanted if one in data)
