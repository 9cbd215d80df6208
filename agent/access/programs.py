"""Programs that ask without a person: the jail system, a monitor. Each has a token of its own, shown once and kept as its digest.

A token of 256 random bits needs no slow hash: nobody guesses it, and a digest of it is of no use. A program signs in to nothing, so no lock
and no second factor hold for it; it has a role that no officer can be given, and sees nothing from which a person's status could be known.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any

from agent.access.roles import PEOPLE, Role
from agent.audit.entries import Entry, Event
from agent.clock import Clock
from agent.errors import LivescanError
from agent.handover.instants import write_instant
from agent.store.database import Database

PREFIX = "lsp_"  # so that a token is known for what it is, by us and by whoever searches for lost ones
SCHEMA = """
CREATE TABLE program (
    name         TEXT PRIMARY KEY COLLATE NOCASE,
    roles        TEXT NOT NULL,
    token_sha256 TEXT NOT NULL UNIQUE,
    added_at     TEXT NOT NULL,
    revoked_at   TEXT
) STRICT;
"""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")
_BYTES = 32


class ProgramError(LivescanError):
    """A program cannot be added or revoked."""


class Programs:
    """Blocking; safe to use from several threads."""

    def __init__(self, database: Database, clock: Clock, note: Callable[[Entry], None]) -> None:
        """database: with SCHEMA among its migrations. note: to the audit record; raises AuditError."""
        self._database = database
        self._clock = clock
        self._note = note

    def add(self, name: str, roles: Collection[Role], *, by: str, door: str) -> str:
        """Its token, which is nowhere kept; a second one for the same name replaces the first. Raises ProgramError."""
        if not _NAME.fullmatch(name):
            raise ProgramError("A program's name is 1 to 32 letters, digits, dots and hyphens.", means="It was not added.")
        if not roles or set(roles) & PEOPLE:
            raise ProgramError("A program has a program's role.", do=f"Give some of: {', '.join(sorted(frozenset(Role) - PEOPLE))}.")
        token, now = PREFIX + secrets.token_urlsafe(_BYTES), write_instant(self._clock.now())
        self._note(_changed(name, by, door, "added"))
        sql = "INSERT INTO program VALUES (?, ?, ?, ?, NULL) ON CONFLICT (name) DO UPDATE SET roles = excluded.roles,"
        sql += " token_sha256 = excluded.token_sha256, added_at = excluded.added_at, revoked_at = NULL"
        self._database.write_now(lambda db: db.execute(sql, (name, ",".join(sorted(roles)), _digest(token), now)))
        return token

    def revoke(self, name: str, *, by: str, door: str) -> None:
        """Its token opens nothing from now on. Raises ProgramError."""
        self._note(_changed(name, by, door, "disabled"))
        sql, now = "UPDATE program SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", write_instant(self._clock.now())
        if self._database.write_now(lambda db: db.execute(sql, (now, name)).rowcount) != 1:
            raise ProgramError("There is no program of that name with a token.", do="`livescan program list` shows them.")

    def known(self) -> Sequence[dict[str, Any]]:
        sql = "SELECT name, roles, added_at, revoked_at FROM program ORDER BY name"
        rows = self._database.read_now(lambda db: db.execute(sql).fetchall())
        return [{"program": row[0], "roles": row[1].split(","), "added_at": row[2], "revoked_at": row[3]} for row in rows]

    def of(self, token: str) -> tuple[str, frozenset[Role]] | None:
        """Whose token that is, as it stands in the audit record: "program.NAME"."""
        sql = "SELECT name, roles FROM program WHERE token_sha256 = ? AND revoked_at IS NULL"
        row = self._database.read_now(lambda db: db.execute(sql, (_digest(token),)).fetchone())
        return None if row is None else (f"program.{row[0]}", frozenset(Role(role) for role in row[1].split(",")))


def is_programs(token: str) -> bool:
    return token.startswith(PREFIX)


def _changed(name: str, by: str, door: str, why: str) -> Entry:
    return Entry(Event.OFFICER_CHANGED, by, door=door, facts={"officer": f"program.{name}", "why": why})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
