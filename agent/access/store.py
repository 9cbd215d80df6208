"""Officers, factors, bad sign-ins and sessions in a SQLite file of their own, `access/access.sqlite`.

No password and no session token stands in it, only what proves one. Secrets of one-time codes, which must be read again, are encrypted
under a key made from the storage key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.access import programs
from agent.access.roles import Role
from agent.access.security_keys import SecurityKey
from agent.access.states import FAILURES_WITHIN, SessionState
from agent.handover.instants import read_instant, write_instant
from agent.store.database import Database

SCHEMA = """
CREATE TABLE officer (
    id          TEXT PRIMARY KEY COLLATE NOCASE,
    roles       TEXT NOT NULL,
    password    TEXT NOT NULL,
    password_at TEXT NOT NULL,
    must_change INTEGER NOT NULL,
    added_at    TEXT NOT NULL,
    last_at     TEXT NOT NULL,
    disabled_at TEXT,
    locked_at   TEXT,
    totp        BLOB NOT NULL,
    totp_used   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE security_key (
    credential BLOB PRIMARY KEY,
    officer    TEXT NOT NULL REFERENCES officer(id),
    public_key BLOB NOT NULL,
    count      INTEGER NOT NULL
) STRICT;
CREATE TABLE failure (officer TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE session (
    token_sha256 TEXT PRIMARY KEY,
    officer      TEXT NOT NULL REFERENCES officer(id),
    opened_at    TEXT NOT NULL,
    seen_at      TEXT NOT NULL,
    state        TEXT NOT NULL
) STRICT;
"""
MIGRATIONS = (SCHEMA, programs.SCHEMA)
_NONCE = 12  # bytes


@dataclass(frozen=True)
class Officer:
    id: str
    roles: frozenset[Role]
    password: str = field(repr=False)  # as kept
    password_at: datetime  # UTC
    must_change: bool
    last_at: datetime  # of the last sign-in, else when added; UTC
    disabled_at: datetime | None
    locked_at: datetime | None
    totp_used: int  # the last time step that was used


@dataclass(frozen=True)
class Session:
    token_sha256: str
    officer: str
    opened_at: datetime
    seen_at: datetime
    state: SessionState


class AccessStore:
    """Blocking; safe to use from several threads."""

    def __init__(self, folder: Path, storage_key: bytes) -> None:
        self._database = Database(folder / "access.sqlite", MIGRATIONS)
        self._cipher = AESGCM(hmac.new(storage_key, b"livescan-access/1", hashlib.sha256).digest())

    @property
    def database(self) -> Database:
        """For what else signs in: `programs`."""
        return self._database

    def officers(self) -> list[Officer]:
        return self._database.read_now(lambda db: [_officer(row) for row in db.execute("SELECT * FROM officer ORDER BY id")])

    def officer(self, name: str) -> Officer | None:
        row = self._database.read_now(lambda db: db.execute("SELECT * FROM officer WHERE id = ?", (name,)).fetchone())
        return None if row is None else _officer(row)

    def add(self, name: str, roles: Collection[Role], password: str, totp: bytes, now: datetime) -> bool:
        """False when there is one of that id already."""
        at, secret = write_instant(now), self._sealed(name, totp)
        values = (name, _written(roles), password, at, 1, at, at, secret)
        columns = "id, roles, password, password_at, must_change, added_at, last_at, totp"
        sql = f"INSERT OR IGNORE INTO officer ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours
        return self._database.write_now(lambda db: db.execute(sql, values).rowcount) == 1

    def renew(self, name: str, password: str, totp: bytes, now: datetime) -> None:
        """A new start: both factors new, keys gone, unlocked, every session ended."""
        at, secret = write_instant(now), self._sealed(name, totp)

        def write(db: sqlite3.Connection) -> None:
            sql = (
                "UPDATE officer SET password = ?, password_at = ?, must_change = 1, totp = ?, totp_used = 0, locked_at = NULL,"
                " disabled_at = NULL, last_at = ? WHERE id = ?"
            )
            db.execute(sql, (password, at, secret, at, name))
            for statement in ("DELETE FROM security_key WHERE officer = ?", "DELETE FROM failure WHERE officer = ?", _END_ALL):
                db.execute(statement, (name,))

        self._database.write_now(write)

    def set_roles(self, name: str, roles: Collection[Role]) -> None:
        """Every session ends: what is open was opened with other rights (IA-11)."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("UPDATE officer SET roles = ? WHERE id = ?", (_written(roles), name))
            db.execute(_END_ALL, (name,))

        self._database.write_now(write)

    def disable(self, name: str, now: datetime) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("UPDATE officer SET disabled_at = ? WHERE id = ?", (write_instant(now), name))
            db.execute(_END_ALL, (name,))

        self._database.write_now(write)

    def set_password(self, name: str, password: str, now: datetime) -> None:
        sql = "UPDATE officer SET password = ?, password_at = ?, must_change = 0 WHERE id = ?"
        self._database.write_now(lambda db: db.execute(sql, (password, write_instant(now), name)))

    def failed(self, name: str, now: datetime) -> list[datetime]:
        """Note a bad sign-in; those of the last minutes, this one too."""

        def write(db: sqlite3.Connection) -> list[datetime]:
            db.execute("DELETE FROM failure WHERE at <= ?", (write_instant(now - FAILURES_WITHIN),))
            db.execute("INSERT INTO failure VALUES (?, ?)", (name, write_instant(now)))
            return [read_instant(at) for (at,) in db.execute("SELECT at FROM failure WHERE officer = ?", (name,))]

        return self._database.write_now(write)

    def lock(self, name: str, now: datetime) -> None:
        self._database.write_now(lambda db: db.execute("UPDATE officer SET locked_at = ? WHERE id = ?", (write_instant(now), name)))

    def totp(self, name: str) -> bytes:
        (sealed,) = self._database.read_now(lambda db: db.execute("SELECT totp FROM officer WHERE id = ?", (name,)).fetchone())
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.lower().encode())

    def use_step(self, name: str, step: int) -> bool:
        """False when this code, or a later one, was used meanwhile."""
        sql = "UPDATE officer SET totp_used = ? WHERE id = ? AND totp_used < ?"
        return self._database.write_now(lambda db: db.execute(sql, (step, name, step)).rowcount) == 1

    def keys(self, name: str) -> list[SecurityKey]:
        sql = "SELECT credential, public_key, count FROM security_key WHERE officer = ?"
        return self._database.read_now(lambda db: [SecurityKey(*row) for row in db.execute(sql, (name,))])

    def knows_key(self, credential: bytes) -> bool:
        """Whether somebody has it."""
        sql = "SELECT 1 FROM security_key WHERE credential = ?"
        return self._database.read_now(lambda db: db.execute(sql, (credential,)).fetchone()) is not None

    def add_key(self, name: str, key: SecurityKey) -> None:
        """One that nobody has; raises DatabaseError for any other."""
        row = (key.credential, name, key.public_key, key.count)
        self._database.write_now(lambda db: db.execute("INSERT INTO security_key VALUES (?, ?, ?, ?)", row))

    def count_key(self, credential: bytes, count: int) -> None:
        sql = "UPDATE security_key SET count = ? WHERE credential = ?"
        self._database.write_now(lambda db: db.execute(sql, (count, credential)))

    def open_session(self, session: Session) -> None:
        """The officer is in: earlier bad sign-ins do not count any more."""
        at = write_instant(session.opened_at)

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM session WHERE state = 'ended' OR officer = ?", (session.officer,))
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", (session.token_sha256, session.officer, at, at, session.state))
            db.execute("UPDATE officer SET last_at = ? WHERE id = ?", (at, session.officer))
            db.execute("DELETE FROM failure WHERE officer = ?", (session.officer,))

        self._database.write_now(write)

    def session(self, token_sha256: str) -> Session | None:
        sql = "SELECT * FROM session WHERE token_sha256 = ?"
        row = self._database.read_now(lambda db: db.execute(sql, (token_sha256,)).fetchone())
        if row is None:
            return None
        return Session(row[0], row[1], read_instant(row[2]), read_instant(row[3]), SessionState(row[4]))

    def set_session(self, token_sha256: str, state: SessionState, seen: datetime) -> None:
        values = (state, write_instant(seen), token_sha256)
        self._database.write_now(lambda db: db.execute("UPDATE session SET state = ?, seen_at = ? WHERE token_sha256 = ?", values))

    def close(self) -> None:
        self._database.close()

    def _sealed(self, name: str, secret: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, name.lower().encode())


_END_ALL = "UPDATE session SET state = 'ended' WHERE officer = ?"


def _written(roles: Collection[Role]) -> str:
    return ",".join(sorted(roles))


def _officer(row: Sequence[str]) -> Officer:
    name, roles, password, password_at, must_change, _, last_at, disabled_at, locked_at, _, used = row
    return Officer(
        name,
        frozenset(Role(role) for role in roles.split(",")),
        password,
        read_instant(password_at),
        bool(must_change),
        read_instant(last_at),
        read_instant(disabled_at) if disabled_at else None,
        read_instant(locked_at) if locked_at else None,
        int(used),
    )
