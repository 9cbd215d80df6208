"""One uplink between a small core and a small bureau, over a real broker: what must hold whatever fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from agent.handover.core_end import CoreEnd
from agent.uplink import run_uplink
from tests.delivery.brokers import Broker
from tests.delivery.bureau import SmallBureau
from tests.delivery.uplink_process import settings_from
from tests.handover.cores import SmallCore


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def core_at(directory: Path) -> AsyncIterator[SmallCore]:
    core = SmallCore(directory)
    core.end = CoreEnd(directory / "handover.sock", source=core, sink=core)
    await core.end.start()
    try:
        yield core
    finally:
        await core.end.close()
        core.database.close()


@asynccontextmanager
async def uplink_at(directory: Path, port: int, **options: object) -> AsyncIterator[Path]:
    """The uplink in this process; its state directory."""
    state = directory / "uplink"
    settings = settings_from({"state": state, "handover": directory / "handover.sock", "port": port, **options})
    task = asyncio.create_task(run_uplink(settings, ready=lambda: None))
    try:
        yield state
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def spool(state: Path) -> list[str]:
    return [path.name for path in (state / "spool").iterdir()]


def test_an_envelope_reaches_the_bureau_and_only_its_receipt_frees_the_payload(broker: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(broker.port, answers=lambda txid: False) as bureau:
            async with core_at(tmp_path) as core, uplink_at(tmp_path, broker.port) as state:
                envelope = random.Random(1).randbytes(300_000)
                txid = core.seal(envelope)
                await until(lambda: "sent" in core.stages(txid) and bureau.arrivals[txid])
                assert bureau.store[txid] == envelope
                assert spool(state) == [txid], "the broker's acknowledgement is not delivery"
                bureau.send("LS-0001", b"receipt for " + txid.encode())
                await until(lambda: core.column("SELECT txid FROM envelope WHERE release_acknowledged"))
                assert spool(state) == []
                await until(lambda: len(bureau.acks) == 1)

    asyncio.run(story())
