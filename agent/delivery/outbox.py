"""What this station owes the bureau: a row and a payload file per envelope. The only retry queue there is.

Order of a hand-over: file (fsync, rename, fsync of the directory), then the row commits, then the core is told. Order of a release: the row
commits, then the file goes, then the core is told. Killed anywhere between, the start-up sweep and the core's next offer put it right.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from agent.clock import Clock
from agent.delivery.spool import Spool
from agent.delivery.states import OutboxEvent, OutboxState, Outgoing, after
from agent.handover.frames import Progress, Stage
from agent.handover.instants import read_instant, write_instant
from agent.log_events import LogEvent, about
from agent.store.database import Database

log = logging.getLogger(__name__)

PAYLOAD_MISSING = "payload missing"  # the reason that only the core can put right, by sending the bytes again
_STAGE = {OutboxState.QUEUED: Stage.QUEUED, OutboxState.SENT: Stage.SENT, OutboxState.HELD: Stage.HELD}
_STATE = {stage: state for state, stage in _STAGE.items()}


@dataclass(frozen=True)
class Standing:
    """One envelope without a receipt."""

    txid: str
    state: OutboxState
    reason: str  # why it is HELD


class Outbox:
    """Implements the handover's OutboundKeeper, and serves the courier."""

    def __init__(self, database: Database, spool: Spool, clock: Clock) -> None:
        self._database = database
        self._spool = spool
        self._clock = clock
        self._told: dict[str, OutboxState] = {}  # what the core was told since it was last written down

    def open(self, *, forget_after: timedelta) -> None:
        """At start-up, blocking: rows and files are made to agree, old RECEIVED rows forgotten, what the broker refused is tried again."""
        rows = self._database.write_now(lambda db: self._opening(db, self._clock.now() - forget_after))
        orphans = self._spool.sweep({row["txid"] for row in rows})
        if orphans:
            log.info("outbox: %d payload files without a row were deleted", orphans)
        for txid in [row["txid"] for row in rows if not self._spool.has(row["txid"], row["size"])]:
            log.error("outbox: %s is held: %s", txid, PAYLOAD_MISSING, extra=about(LogEvent.ENVELOPE_HELD, envelope=txid))
            self._database.write_now(partial(self._move, txid=txid, event=OutboxEvent.REFUSED, reason=PAYLOAD_MISSING))

    def _opening(self, db: sqlite3.Connection, forget_before: datetime) -> list[Any]:
        _forget_old(db, write_instant(forget_before))
        self._try_again(db)
        return db.execute("SELECT txid, size FROM outbound WHERE state != 'RECEIVED'").fetchall()

    async def forget_old(self, forget_after: timedelta) -> None:
        """Rows of what was received so long ago that no duplicate will come."""
        before = write_instant(self._clock.now() - forget_after)
        await self._database.write(lambda db: _forget_old(db, before))

    async def kept(self, txid: str) -> datetime | None:
        row = await self._database.read(lambda db: _row(db, txid))
        if row is None or row["state"] == OutboxState.RECEIVED or row["reason"] == PAYLOAD_MISSING:
            return None
        there = await asyncio.to_thread(self._spool.has, txid, row["size"])
        return read_instant(row["queued_at"]) if there else None

    async def keep(self, txid: str, station: str, priority: int, data: bytes) -> datetime:
        await asyncio.to_thread(self._spool.put, txid, data)
        return await self._database.write(self._keeping(txid, station, priority, len(data)))

    async def prioritise(self, txid: str, priority: int) -> bool:
        row = await self._database.read(lambda db: _row(db, txid))
        if row is None or row["priority"] == priority:
            return False
        await self._database.write(lambda db: db.execute("UPDATE outbound SET priority = ? WHERE txid = ?", (priority, txid)))
        return True

    async def try_again(self, txid: str) -> bool:
        """A person says so. False when only the core can help: the payload is missing."""
        row = await self._database.read(lambda db: _row(db, txid))
        if row is None or row["state"] == OutboxState.RECEIVED:
            return True
        if row["reason"] == PAYLOAD_MISSING:
            return False
        await self._database.write(lambda db: self._move(db, txid, OutboxEvent.TRY_AGAIN))
        return True

    async def release(self, txid: str) -> None:
        released = await self._database.write(lambda db: self._move(db, txid, OutboxEvent.RELEASED))
        self._told.pop(txid, None)
        if released is not None:
            await asyncio.to_thread(self._spool.drop, txid)

    async def news(self) -> Sequence[Progress]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT txid, state, changed_at FROM outbound WHERE state != 'RECEIVED' AND state != told").fetchall()
        )
        new = [row for row in rows if self._told.get(row["txid"]) != row["state"]]
        return [Progress(row["txid"], _STAGE[OutboxState(row["state"])], read_instant(row["changed_at"])) for row in new]

    async def told(self, txid: str, stage: Stage) -> None:
        """Written down with the next change: lost before that, the core is told once more, which changes nothing there."""
        self._told[txid] = _STATE[stage]

    async def owed(self, limit: int) -> Sequence[Outgoing]:
        """The first `limit` of what is QUEUED or SENT: by priority, then in the order of queueing."""
        rows = await self._database.read(lambda db: db.execute(_OWED, (limit,)).fetchall())
        return [Outgoing(row["txid"], row["station"], row["priority"], OutboxState(row["state"])) for row in rows]

    async def standing(self, limit: int) -> tuple[int, Sequence[Standing]]:
        """How many envelopes have no receipt, and the first of them in the order of sending, those that are held too."""
        rows, total = await self._database.read(lambda db: (db.execute(_STANDING, (limit,)).fetchall(), db.execute(_COUNT).fetchone()[0]))
        return total, [Standing(row["txid"], OutboxState(row["state"]), row["reason"]) for row in rows]

    async def payload(self, txid: str) -> bytes:
        """Raises SpoolError when it is damaged or gone."""
        return await asyncio.to_thread(self._spool.get, txid)

    async def broker_took_all(self, *txids: str) -> None:
        told = dict(self._told)

        def write(db: sqlite3.Connection) -> None:
            _write_told(db, told)
            for txid in txids:
                self._move(db, txid, OutboxEvent.BROKER_TOOK_ALL)

        await self._database.write(write)
        self._told = {txid: state for txid, state in self._told.items() if told.get(txid) != state}

    async def hold(self, txid: str, reason: str) -> None:
        log.error("outbox: %s is held: %s", txid, reason, extra=about(LogEvent.ENVELOPE_HELD, envelope=txid))
        await self._database.write(lambda db: self._move(db, txid, OutboxEvent.REFUSED, reason))

    async def try_held_again(self) -> None:
        """What the broker refused may have been put right since."""
        await self._database.write(self._try_again)

    def _try_again(self, db: sqlite3.Connection) -> None:
        held = db.execute("SELECT txid FROM outbound WHERE state = 'HELD' AND reason != ?", (PAYLOAD_MISSING,)).fetchall()
        for row in held:
            self._move(db, row["txid"], OutboxEvent.TRY_AGAIN)

    def _keeping(self, txid: str, station: str, priority: int, size: int) -> Callable[[sqlite3.Connection], datetime]:
        def write(db: sqlite3.Connection) -> datetime:
            now = write_instant(self._clock.now())
            db.execute(
                "INSERT INTO outbound (txid, station, priority, size, state, queued_at, changed_at) VALUES (?, ?, ?, ?, 'QUEUED', ?, ?)"
                " ON CONFLICT (txid) DO NOTHING",
                (txid, station, priority, size, now, now),
            )
            self._move(db, txid, OutboxEvent.KEPT)
            return read_instant(_row(db, txid)["queued_at"])

        return write

    def _move(self, db: sqlite3.Connection, txid: str, event: OutboxEvent, reason: str = "") -> OutboxState | None:
        """Follow the table; None when there is no such row. A state's time is that of its beginning."""
        row = _row(db, txid)
        if row is None:
            return None
        old = OutboxState(row["state"])
        new = after(old, event)
        if (new, reason) != (old, row["reason"]):
            db.execute(
                "UPDATE outbound SET state = ?, reason = ?, changed_at = ? WHERE txid = ?",
                (new, reason, write_instant(self._clock.now()), txid),
            )
        return new


_COUNT = "SELECT count(*) FROM outbound WHERE state IN ('QUEUED', 'SENT', 'HELD')"
_OWED = "SELECT txid, station, priority, state FROM outbound WHERE state IN ('QUEUED', 'SENT') ORDER BY priority, queued_at, rowid LIMIT ?"
_STANDING = "SELECT txid, state, reason FROM outbound WHERE state <> 'RECEIVED' ORDER BY priority, queued_at, rowid LIMIT ?"


def _forget_old(db: sqlite3.Connection, before: str) -> None:
    db.execute("DELETE FROM outbound WHERE state = 'RECEIVED' AND changed_at < ?", (before,))


def _write_told(db: sqlite3.Connection, told: dict[str, OutboxState]) -> None:
    db.executemany("UPDATE outbound SET told = ? WHERE txid = ?", [(state, txid) for txid, state in told.items()])


def _row(db: sqlite3.Connection, txid: str) -> Any:
    return db.execute("SELECT * FROM outbound WHERE txid = ?", (txid,)).fetchone()
