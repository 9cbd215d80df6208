"""The uplink killed with SIGKILL at every commit point: each envelope reaches the bureau exactly once, each reply the core."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.delivery.brokers import Broker
from tests.delivery.bureau import SmallBureau
from tests.delivery.stories import UplinkProcess, all_released, core_at, spool, tell, until

POINTS = {
    "payload file on the disk, no row": ("agent.delivery.spool:Spool.put", "after", 1),
    "second payload file on the disk, no row": ("agent.delivery.spool:Spool.put", "after", 2),
    "row committed, the core not told": ("agent.delivery.outbox:Outbox.keep", "after", 1),
    "one chunk handed to the broker": ("agent.delivery.mqtt:MqttLink.publish", "after", 1),
    "in the middle of the chunks": ("agent.delivery.mqtt:MqttLink.publish", "after", 7),
    "the broker has all of it, not recorded": ("agent.delivery.outbox:Outbox.broker_took_all", "before", 1),
    "recorded as sent": ("agent.delivery.outbox:Outbox.broker_took_all", "after", 1),
    "receipt arrived, not stored": ("agent.delivery.inbox:Inbox.take", "before", 1),
    "receipt stored, the bureau not told": ("agent.delivery.inbox:Inbox.take", "after", 1),
    "the bureau told, the broker not": ("agent.delivery.mqtt:MqttLink.acknowledge", "before", 2),
    "the core has the receipt, not recorded": ("agent.delivery.inbox:Inbox.handed", "before", 1),
    "the core's having it recorded": ("agent.delivery.inbox:Inbox.handed", "after", 1),
    "release heard, not recorded": ("agent.delivery.outbox:Outbox.release", "before", 1),
    "release recorded, payload still there": ("agent.delivery.spool:Spool.drop", "before", 1),
    "payload gone, the core not told": ("agent.delivery.outbox:Outbox.release", "after", 1),
}


def settled(directory: Path) -> bool:
    """Nothing waits at the uplink: no envelope in the spool, no reply, neither as a file nor (small ones) in its row."""
    waiting = "SELECT count(*) FROM inbound WHERE handed_at IS NULL"
    with closing(sqlite3.connect(directory / "uplink" / "uplink.db")) as database:
        none_waits = database.execute(waiting).fetchone() == (0,)
    return none_waits and not spool(directory / "uplink") and not list((directory / "uplink" / "inbox").iterdir())


def check_integrity(directory: Path) -> None:
    with sqlite3.connect(directory / "uplink" / "uplink.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT DISTINCT state FROM outbound").fetchall() == [("RECEIVED",)]
        assert database.execute("SELECT count(*) FROM inbound WHERE handed_at IS NULL").fetchone() == (0,)
    database.close()
    assert spool(directory / "uplink") == []
    assert list((directory / "uplink" / "inbox").iterdir()) == []


@pytest.mark.parametrize("kill", POINTS.values(), ids=POINTS)
def test_killed_when(kill: tuple[str, str, int], nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port) as bureau:
            async with core_at(tmp_path) as core:
                chance = random.Random(kill[0])
                sent = {core.seal(data): data for data in (chance.randbytes(60_000) for _ in range(2))}
                with UplinkProcess(tmp_path, nats.port, kill=kill, retry=1.0, chunk=10_000) as first:
                    assert await first.ended() == -9, "it reached the point"
                with UplinkProcess(tmp_path, nats.port, retry=1.0, chunk=10_000) as second:
                    await until(all_released(core, 2))
                    assert bureau.store == sent
                    await until(lambda: settled(tmp_path))
                    second.terminate()
                    assert await second.ended() == 0
                check_integrity(tmp_path)

    tell(story)


def test_a_killed_sending_goes_on_with_the_chunks_that_are_missing(nats: Broker, tmp_path: Path) -> None:
    async def story() -> None:
        with SmallBureau(nats.port) as bureau:
            async with core_at(tmp_path) as core:
                txid = core.seal(random.Random(1).randbytes(400_000))
                kill = ("agent.delivery.mqtt:MqttLink.publish", "after", 30)
                with UplinkProcess(tmp_path, nats.port, kill=kill, chunk=10_000) as first:
                    assert await first.ended() == -9
                await until(lambda: len({index for _, index, _ in bureau.chunks}) >= 20)
                before = len(bureau.chunks)
                with UplinkProcess(tmp_path, nats.port, chunk=10_000) as second:
                    await until(all_released(core, 1))
                    second.terminate()
                    await second.ended()
                assert len(bureau.chunks) - before < 40, "not all forty again; some of the first were still on their way"
                assert hashlib.sha256(bureau.store[txid]).hexdigest() == txid

    tell(story)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_killed_between_any_two_lines_again_and_again(seed: int, nats: Broker, tmp_path: Path) -> None:
    """Each start dies after so many executed lines of the agent, in whatever thread; the broker dies now and then; the last start lives."""

    async def story() -> None:
        chance = random.Random(seed)
        with SmallBureau(nats.port) as bureau:
            async with core_at(tmp_path) as core:
                sent = {}
                for _ in range(15):
                    sent.update({core.seal(data): data for data in (chance.randbytes(40_000) for _ in range(2))})
                    with UplinkProcess(tmp_path, nats.port, lines=int(10 ** chance.uniform(2.5, 4.0)), retry=0.5, chunk=10_000) as victim:
                        if chance.random() < 0.3:
                            await asyncio.sleep(chance.uniform(0.0, 0.5))
                            nats.kill()
                            nats.start()
                        await victim.ended(60)
                with UplinkProcess(tmp_path, nats.port, retry=0.5) as last:
                    await until(all_released(core, len(sent)), 40)
                    await until(lambda: settled(tmp_path))
                    last.terminate()
                    await last.ended()
                assert bureau.store == sent
                check_integrity(tmp_path)

    tell(story)
