"""The two ends of the handover over a real UNIX socket, the uplink's disk in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.handover.core_end import CoreEnd
from agent.handover.frames import Progress, Stage
from agent.handover.queue_facts import QueueFacts
from agent.handover.uplink_end import UplinkEnd
from agent.store.database import DatabaseError
from tests.handover.cores import SmallCore

AT = datetime(2026, 11, 24, 7, tzinfo=UTC)
STATION = "LS-0001"


class SmallUplink:
    """Outbox and inbox in memory, which here stands for the uplink's disk."""

    def __init__(self) -> None:
        self.outbound: dict[str, bytes] = {}
        self.progress: list[Progress] = []
        self.waiting_rids: dict[str, bytes] = {}
        self.kept_calls: list[str] = []
        self.released: list[str] = []
        self.full = False
        self.priorities: dict[str, int] = {}
        self.tried_again: list[str] = []
        self.hurried: list[str] = []
        self.facts = QueueFacts(False, "unknown", "There is no broker.", 3.5, 0, 0, ())

    async def kept(self, txid: str) -> datetime | None:
        return AT if txid in self.outbound else None

    async def keep(self, txid: str, station: str, priority: int, data: bytes) -> datetime:
        if self.full:
            raise DatabaseError("disk full")
        assert station == STATION
        self.outbound[txid] = data
        return AT

    async def prioritise(self, txid: str, priority: int) -> bool:
        before = self.priorities.get(txid, 5)
        self.priorities[txid] = priority
        return priority != before

    async def try_again(self, txid: str) -> bool:
        self.tried_again.append(txid)
        return txid in self.outbound

    async def queue(self) -> QueueFacts:
        return self.facts

    def sooner(self, txid: str) -> None:
        self.hurried.append(txid)

    async def release(self, txid: str) -> None:
        self.outbound.pop(txid, None)

    async def news(self) -> Sequence[Progress]:
        return tuple(self.progress)

    async def told(self, txid: str, stage: Stage) -> None:
        self.progress = [item for item in self.progress if (item.txid, item.stage) != (txid, stage)]

    async def waiting(self) -> Sequence[str]:
        return tuple(self.waiting_rids)

    async def load(self, rid: str) -> bytes | None:
        return self.waiting_rids.get(rid)

    async def handed(self, rid: str) -> None:
        del self.waiting_rids[rid]

    def end(self, path: Path) -> UplinkEnd:
        told = (self.kept_calls.append, self.released.append)
        return UplinkEnd(path, outbound=self, inbound=self, on_kept=told[0], on_released=told[1], queue=self)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(core: SmallCore, path: Path) -> AsyncIterator[CoreEnd]:
    core.end = CoreEnd(path, source=core, sink=core)
    await core.end.start()
    try:
        yield core.end
    finally:
        await core.end.close()
        core.end = None


@asynccontextmanager
async def dialling(uplink: SmallUplink, path: Path) -> AsyncIterator[UplinkEnd]:
    end = uplink.end(path)
    task = asyncio.create_task(end.run())
    try:
        yield end
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
