"""Texts that are drafted here and sent by a person elsewhere: a name-based query (SOP 2.2.7), an answer to ICE (2.1.5).

Nothing is sent from here. The text lies with its booking in the vault; the row says who drafted it, and who let it go.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.casework.errors import CaseworkError
from agent.handover.instants import read_instant, write_instant
from agent.model.booking import BookingId
from agent.store.database import Database
from agent.store.vault import Vault

SCHEMA = """
CREATE TABLE case_drafts (
    id TEXT PRIMARY KEY,
    booking TEXT NOT NULL,
    kind TEXT NOT NULL,
    detainer TEXT,
    drafted_at TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    let_go_at TEXT,
    let_go_by TEXT
) STRICT;
CREATE INDEX case_drafts_of_booking ON case_drafts (booking);
"""


class DraftKind(StrEnum):
    QUERY = "query"  # let go: a person released it at the agency's NLETS terminal
    LOCATION_ANSWER = "location_answer"  # let go: a second person approved it


class DraftRefused(CaseworkError):
    """There is no such draft, or it may not be let go."""


@dataclass(frozen=True)
class Draft:
    id: str
    booking: BookingId
    kind: DraftKind
    detainer: str | None
    drafted_at: datetime  # UTC
    drafted_by: str  # officer id
    text: str = field(repr=False)
    let_go_at: datetime | None = None  # UTC
    let_go_by: str = ""


class Drafts:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def keep(self, booking: BookingId, kind: DraftKind, text: str, by: str, at: datetime, *, detainer: str | None = None) -> Draft:
        """The text is in the vault before the row says so."""
        made = Draft(secrets.token_hex(8), booking, kind, detainer, at, by, text)
        await asyncio.to_thread(self._vault.put, booking, _name(made.id), text.encode())
        values = (made.id, booking, kind, detainer, write_instant(at), by)
        sql = "INSERT INTO case_drafts (id, booking, kind, detainer, drafted_at, drafted_by) VALUES (?, ?, ?, ?, ?, ?)"
        await self._database.write(lambda db: db.execute(sql, values))
        return made

    async def let_go(
        self, booking: BookingId, id_: str, by: str, at: datetime, *, kinds: Collection[DraftKind] = tuple(DraftKind)
    ) -> Draft:
        """Once. Raises DraftRefused, for one of another kind too; an answer to ICE is let go by another person than who drafted it."""
        draft = await asyncio.to_thread(self._one, booking, id_)
        if draft.kind not in kinds:
            raise _no_such_draft()
        if draft.kind is DraftKind.LOCATION_ANSWER and by == draft.drafted_by:
            raise DraftRefused("An answer to ICE is approved by a named person who did not draft it.", do="Ask a supervisor.")
        sql = "UPDATE case_drafts SET let_go_at = ?, let_go_by = ? WHERE id = ? AND let_go_at IS NULL"
        await self._database.write(lambda db: db.execute(sql, (write_instant(at), by, id_)))
        return await asyncio.to_thread(self._one, booking, id_)

    def of_booking(self, booking: BookingId) -> tuple[Draft, ...]:
        """Oldest first. Blocks for a read."""
        sql = "SELECT * FROM case_drafts WHERE booking = ? ORDER BY drafted_at, id"
        rows = self._database.read_now(lambda db: db.execute(sql, (booking,)).fetchall())
        return tuple(self._read(row) for row in rows)

    def _one(self, booking: BookingId, id_: str) -> Draft:
        found = next((one for one in self.of_booking(booking) if one.id == id_), None)
        if found is None:
            raise _no_such_draft()
        return found

    def _read(self, row: sqlite3.Row) -> Draft:
        booking = BookingId(row["booking"])
        text = self._vault.get(booking, _name(row["id"])).decode()
        let_go_at = read_instant(row["let_go_at"]) if row["let_go_at"] else None
        drafted_at = read_instant(row["drafted_at"])
        kind = DraftKind(row["kind"])
        return Draft(row["id"], booking, kind, row["detainer"], drafted_at, row["drafted_by"], text, let_go_at, row["let_go_by"] or "")


def _no_such_draft() -> DraftRefused:
    return DraftRefused("There is no such draft.", means="Nothing was recorded.")


def _name(id_: str) -> str:
    return f"draft-{id_}"
