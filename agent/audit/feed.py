"""From the core's tables to the audit record, and the gate that it keeps: what is not recorded is not handed over.

AU-5: when the record cannot be written, sending stops and the station says so; it goes on by itself when it can be written again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.audit import due
from agent.audit.book import AuditBook, AuditError
from agent.errors import LivescanError
from agent.handover.core_end import EnvelopeSource, HandoverItem
from agent.log_events import LogEvent, about
from agent.store.database import Database

log = logging.getLogger(__name__)

_LOOK_EVERY = 5.0  # s, beside being woken
_SIGN_EVERY = 3600.0  # s: a quiet night's entries are signed too


class AuditFeed:
    """`say`: tell listeners; `open`: the record can be written again, so offer what waited. Both are called on the loop."""

    def __init__(self, database: Database, book: AuditBook, *, say: Callable[[Mapping[str, Any]], None]) -> None:
        self._database = database
        self._book = book
        self._say = say
        self._one_at_a_time = threading.Lock()
        self._wake = asyncio.Event()
        self.trouble: str | None = None  # why nothing is sent
        self.broken: str | None = None  # what was found wrong with the record at the start

    def wake(self) -> None:
        self._wake.set()

    def catch_up(self) -> None:
        """Everything that has happened so far is on record when this returns. From any thread. Raises AuditError."""
        with self._one_at_a_time:
            while rows := self._database.read_now(due.due):
                self._book.append(*(entry for *_, entry in rows), due=[(name, at) for _, name, at, _ in rows])
                self._forget(rows[-1][0])

    def _forget(self, seq: int) -> None:
        try:
            self._database.write_now(lambda db: due.recorded(db, seq))
        except LivescanError as error:
            raise AuditError(f"What is on the audit record cannot be ticked off: {error.what}", do="Free disk space.") from error

    def ready(self) -> bool:
        """Whether anything may be sent now. From any thread."""
        try:
            self.catch_up()
        except LivescanError as error:
            if self.trouble is None:
                log.error("audit: sending has stopped: %s", error, extra=about(LogEvent.AUDIT_STOPPED))
            self.trouble = str(error)
            return False
        if self.trouble is not None:
            log.warning("audit: the record can be written again, sending goes on")
        self.trouble = None
        return True

    async def run(self, again: Callable[[], None]) -> None:
        """For ever. again: called when the record can be written after it could not."""
        loop = asyncio.get_running_loop()
        signed = loop.time()
        while True:
            self._wake.clear()
            before = self.trouble
            if not await asyncio.to_thread(self.ready):
                self._say({"event": "audit", "state": "stopped", "why": self.trouble})
            elif before is not None:
                self._say({"event": "audit", "state": "written", "why": None})
                again()
            if loop.time() - signed > _SIGN_EVERY:
                signed = loop.time()
                await asyncio.to_thread(self._sign)
            await self._pause()

    def _sign(self) -> None:
        try:
            made = self._book.checkpoint()
        except (LivescanError, OSError) as error:
            log.error("audit: no checkpoint: %s", error)
        else:
            if made is not None:
                log.info("audit: checkpoint at entry %d, sha256 %s", made.n, made.sha256)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await self._wake.wait()
        except TimeoutError:
            return


class AuditGate:
    """An `EnvelopeSource` that gives nothing out while the audit record cannot be written."""

    def __init__(self, source: EnvelopeSource, feed: AuditFeed) -> None:
        self._source = source
        self._feed = feed

    def pending(self) -> Sequence[HandoverItem]:
        return self._source.pending() if self._feed.ready() else ()

    def load(self, txid: str) -> bytes:
        self._feed.catch_up()
        return self._source.load(txid)

    async def handed_over(self, txid: str, queued_at: datetime) -> None:
        await self._source.handed_over(txid, queued_at)
        self._feed.wake()

    def released(self) -> Sequence[str]:
        return self._source.released()

    async def release_acknowledged(self, txid: str) -> None:
        await self._source.release_acknowledged(txid)
