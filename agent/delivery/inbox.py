"""What came from the bureau: chunks, then whole envelopes, until the core has them.

A chunk of a transfer of several is committed before it is acknowledged to the broker. Withholding the acknowledgements until all are here
would lose nothing either, but a broker delivers only so many unacknowledged messages (mosquitto 20), so a larger reply would never
complete. What is incomplete is bounded in number, bytes and age; what is thrown away the bureau sends again, for it has no `ack`. The `ack`
goes out when the core has committed the envelope, not before: until then the bureau still owes it, and a disk lost here loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from agent.clock import Clock
from agent.delivery.chunks import Chunk, join
from agent.delivery.errors import ChunkError, SpoolError
from agent.delivery.spool import Spool
from agent.handover.instants import write_instant
from agent.store.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InboxLimits:
    envelope: int = 16 * 1024 * 1024  # bytes; the largest reply that is taken
    transfers: int = 16  # incomplete ones at a time
    stored: int = 48 * 1024 * 1024  # bytes of incomplete ones
    age: timedelta = timedelta(days=2)  # of an incomplete one
    waiting: int = 256 * 1024 * 1024  # bytes of whole ones that the core has not taken; more stays with the bureau
    in_row: int = 32 * 1024  # bytes; a smaller one lies in its row and needs no file: a receipt has about 2,000
    forget_after: timedelta = timedelta(days=60)  # how long a duplicate of what the core has is recognised


class Arrival(StrEnum):
    """How far a transfer has come when one of its chunks is committed."""

    PARTIAL = "partial"
    STORED = "stored"  # whole on this disk; the core does not have it yet
    HANDED = "handed"  # the core has committed it: only now may the bureau forget it


class Inbox:
    """Implements the handover's InboundKeeper, and serves the courier."""

    def __init__(self, database: Database, spool: Spool, clock: Clock, limits: InboxLimits) -> None:
        self._database = database
        self._spool = spool
        self._clock = clock
        self._limits = limits

    def open(self) -> None:
        """At start-up, blocking: rows and files are made to agree, what is too old goes."""
        rows = self._database.write_now(self._opening)
        self._spool.sweep({row["rid"] for row in rows})
        for rid in [row["rid"] for row in rows if not row["in_row"] and not self._spool.has(row["rid"], row["size"])]:
            log.error("inbox: the payload of %s is gone from the disk; ask the bureau to send it again", rid)
            self._database.write_now(partial(_forget, rid=rid))

    def _opening(self, db: sqlite3.Connection) -> list[Any]:
        self._forget_old(db)
        return db.execute("SELECT rid, size, data IS NOT NULL AS in_row FROM inbound WHERE handed_at IS NULL").fetchall()

    async def forget_old(self) -> None:
        """What is too old: of what the core has, the rows; of what never came to its end, all."""
        await self._database.write(self._forget_old)

    def _forget_old(self, db: sqlite3.Connection) -> None:
        now = self._clock.now()
        db.execute("DELETE FROM inbound WHERE handed_at < ?", (write_instant(now - self._limits.forget_after),))
        db.execute("DELETE FROM partial WHERE began_at < ?", (write_instant(now - self._limits.age),))

    async def take(self, chunk: Chunk) -> Arrival:
        """Commit a chunk, and say how far its envelope is.

        Raises ChunkError when the envelope is too large or turns out not to be what it announced; SpoolError, NoRoom, DatabaseError when
        it cannot be kept now.
        """
        if chunk.length > self._limits.envelope:
            raise ChunkError(
                f"An envelope of {chunk.length} bytes was refused.", means="It is larger than any reply.", do="Ask the bureau."
            )
        if chunk.total == 1 and chunk.length < self._limits.in_row:
            return await self._database.write(partial(self._small, rid=chunk.digest, data=join([chunk])))
        known = await self._database.read(lambda db: _known(db, chunk.digest))
        if known is not None:
            return known
        chunks = [chunk] if chunk.total == 1 else await self._database.write(lambda db: self._collect(db, chunk))
        if len(chunks) < chunk.total:
            return Arrival.PARTIAL
        await self._database.read(lambda db: self._require_place(db, chunk.length))
        await self._complete(chunk.digest, chunks)
        return Arrival.STORED

    def _small(self, db: sqlite3.Connection, rid: str, data: bytes) -> Arrival:
        """As a receipt is: looked for, given its place and kept in one transaction."""
        known = _known(db, rid)
        if known is None:
            self._require_place(db, len(data))
            self._arrive(db, rid, len(data), data)
        return known or Arrival.STORED

    def _require_place(self, db: sqlite3.Connection, length: int) -> None:
        """Nothing is thrown away to make place: what the core does not take stays here, and what is more is not acknowledged."""
        waiting = db.execute("SELECT coalesce(sum(size), 0) FROM inbound WHERE handed_at IS NULL").fetchone()[0]
        if waiting + length > self._limits.waiting:
            raise SpoolError(
                "Too much that the bureau sent waits for the core.",
                means="It is kept; what comes now is left with the broker and the bureau.",
                do="Look at the core: `livescan inbox`, and its log.",
            )

    async def _complete(self, rid: str, chunks: list[Chunk]) -> None:
        try:
            data = join(chunks)
        except ChunkError:
            await self._database.write(lambda db: _forget_partial(db, rid))
            raise
        small = len(data) < self._limits.in_row
        if not small:
            await asyncio.to_thread(self._spool.put, rid, data)
        await self._database.write(lambda db: self._arrive(db, rid, len(data), data if small else None))

    def _collect(self, db: sqlite3.Connection, chunk: Chunk) -> list[Chunk]:
        key = (chunk.digest, chunk.total, chunk.length)
        began = db.execute("SELECT min(began_at) FROM partial WHERE rid = ? AND total = ? AND length = ?", key).fetchone()[0]
        db.execute(
            "INSERT OR REPLACE INTO partial (rid, total, length, idx, began_at, data) VALUES (?, ?, ?, ?, ?, ?)",
            (*key, chunk.index, began or write_instant(self._clock.now()), chunk.data),
        )
        count = db.execute("SELECT count(*) FROM partial WHERE rid = ? AND total = ? AND length = ?", key).fetchone()[0]
        if count < chunk.total:
            self._keep_bounded(db)
            return []
        rows = db.execute("SELECT idx, data FROM partial WHERE rid = ? AND total = ? AND length = ?", key)
        return [Chunk(row["idx"], chunk.total, chunk.length, chunk.digest, row["data"]) for row in rows]

    def _keep_bounded(self, db: sqlite3.Connection) -> None:
        """The oldest incomplete transfers go first."""
        kept, stored = 0, 0
        for row in db.execute(
            "SELECT rid, total, length, sum(length(data)) AS bytes FROM partial GROUP BY rid, total, length ORDER BY min(began_at) DESC"
        ).fetchall():
            kept, stored = kept + 1, stored + row["bytes"]
            if kept > self._limits.transfers or stored > self._limits.stored:
                log.warning("inbox: the incomplete transfer %s was dropped: too many of them", row["rid"])
                db.execute("DELETE FROM partial WHERE rid = ? AND total = ? AND length = ?", (row["rid"], row["total"], row["length"]))

    def _arrive(self, db: sqlite3.Connection, rid: str, size: int, data: bytes | None) -> None:
        """`data`: of a small one, whose row is all there is of it."""
        db.execute(
            "INSERT INTO inbound (rid, size, received_at, data) VALUES (?, ?, ?, ?) ON CONFLICT (rid) DO NOTHING",
            (rid, size, write_instant(self._clock.now()), data),
        )
        _forget_partial(db, rid)

    async def waiting(self) -> Sequence[str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT rid FROM inbound WHERE handed_at IS NULL ORDER BY received_at, rowid").fetchall()
        )
        return [row["rid"] for row in rows]

    async def load(self, rid: str) -> bytes | None:
        """None when the core has it already, or when it cannot be read: one bad file must not keep the others from the core."""
        row = await self._database.read(lambda db: db.execute("SELECT handed_at, data FROM inbound WHERE rid = ?", (rid,)).fetchone())
        if row is None or row["handed_at"] is not None:
            return None
        if row["data"] is not None:
            return bytes(row["data"])
        try:
            return await asyncio.to_thread(self._spool.get, rid)
        except SpoolError as error:
            log.error("inbox: %s cannot be handed to the core: %s", rid, error)
            return None

    async def handed(self, rid: str) -> None:
        """The core has committed it: the file goes, the row stays to recognise duplicates."""
        if await self._database.write(partial(_hand, rid=rid, at=write_instant(self._clock.now()))):
            await asyncio.to_thread(self._spool.drop, rid)


def _known(db: sqlite3.Connection, rid: str) -> Arrival | None:
    row = db.execute("SELECT handed_at FROM inbound WHERE rid = ?", (rid,)).fetchone()
    return None if row is None else Arrival.STORED if row["handed_at"] is None else Arrival.HANDED


def _hand(db: sqlite3.Connection, rid: str, at: str) -> bool:
    """Whether it may have a file."""
    small = db.execute("SELECT 1 FROM inbound WHERE rid = ? AND data IS NOT NULL", (rid,)).fetchone() is not None
    db.execute("UPDATE inbound SET handed_at = ?, data = NULL WHERE rid = ? AND handed_at IS NULL", (at, rid))
    return not small


def _forget(db: sqlite3.Connection, rid: str) -> None:
    db.execute("DELETE FROM inbound WHERE rid = ?", (rid,))


def _forget_partial(db: sqlite3.Connection, rid: str) -> None:
    db.execute("DELETE FROM partial WHERE rid = ?", (rid,))
