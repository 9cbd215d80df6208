"""What an auditor may ask of the audit record. Reading it is itself recorded (AU-2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from agent.audit.book import AuditBook
from agent.audit.chain import Base, Row, Verdict
from agent.audit.entries import Entry, Event, Value
from agent.audit.evidence import archive, select, verify_file
from agent.audit.feed import AuditFeed

MOST_SHOWN = 1000  # entries of one answer


class AuditDesk:
    def __init__(self, book: AuditBook, feed: AuditFeed, folder: Path, *, station: str, ca: x509.Certificate) -> None:
        self._book = book
        self._feed = feed
        self._folder = folder
        self._station = station
        self._ca = ca

    async def note(self, entry: Entry) -> None:
        """On record when this returns. Raises AuditError: then what it tells of must not be done."""
        await asyncio.to_thread(self._book.append, entry)

    async def show(self, who: str, *, after: int, limit: int, booking: str | None) -> Mapping[str, Any]:
        """The last `limit` entries after a number, oldest first. `next` is where to go on."""
        await asyncio.to_thread(self._feed.catch_up)
        await self.note(Entry(Event.AUDIT_SHOWN, who, booking, door="socket"))
        rows = await asyncio.to_thread(self._book.rows, after=after)
        found = select(rows, booking)[-min(limit, MOST_SHOWN) :]
        return {"entries": found, "next": found[-1]["n"] if found else after, "trouble": self._feed.trouble}

    async def archive(self, who: str, recipient: str, case: str, since: str, until: str) -> bytes:
        """The evidence (`agent.audit.evidence`) of some days, inclusive (YYYY-MM-DD, "" open), signed up to the last entry."""
        facts: dict[str, Value] = {"recipient": recipient, **({"case": case} if case else {})}
        return await asyncio.to_thread(self._archive, Entry(Event.AUDIT_EXPORTED, who, door="socket", facts=facts), since, until)

    async def verdict(self) -> Verdict:
        return await asyncio.to_thread(verify_file, self._folder, self._ca)

    def _archive(self, entry: Entry, since: str, until: str) -> bytes:
        self._feed.catch_up()
        self._book.append(entry)
        self._book.checkpoint()
        base, rows = _within(self._book.base(), self._book.rows(), since, until)
        last = rows[-1].n if rows else base.n
        checkpoints = [one for one in self._book.checkpoints() if base.n < one.n <= last]
        return archive(rows, checkpoints, base, self._ca, self._station)


def _within(base: Base, rows: list[Row], since: str, until: str) -> tuple[Base, list[Row]]:
    """One run of entries without gaps: from the first of `since` to the last of `until`; time may have been set back in between."""
    days = [_day(row) for row in rows]
    first = next((at for at, day in enumerate(days) if day >= since), len(rows)) if since else 0
    last = next((at for at in reversed(range(len(rows))) if days[at] <= until), -1) if until else len(rows) - 1
    before = Base(rows[first - 1].n, rows[first - 1].sha256) if first else base
    return before, rows[first : last + 1]


def _day(row: Row) -> str:
    """The entry's day, YYYY-MM-DD."""
    begin = row.line.index('"at":"') + 6
    return datetime.fromisoformat(row.line[begin : begin + 10]).date().isoformat()
