"""`make cluster-test`: three nodes behind haproxy, killed in turn while transactions flow. Nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import pytest

from agent.brokers.access_list import Role, member
from agent.brokers.files import BrokerFiles
from agent.children import Child, livescan
from agent.clock import SystemClock
from agent.signing.certificates import Purpose
from agent.signing.certificates import Role as CertificateRole
from agent.signing.keys import init_training
from agent.signing.training_ca import issue
from agent.signing.training_keys import load_training_ca, write_pair
from agent.training.bureau_store import bureau_answers, bureau_journal
from agent.training.cluster import COUNT, NatsCluster
from tests.casework.bench import BUREAU, STATION
from tests.cluster.flow import JudgingCore, station
from tests.data import need_debian

EVERY = 0.2  # s between two bookings
DOWN = 6.0  # s that a killed node stays away
BETWEEN = 4.0  # s from a node's return to the next one's death
SETTLE = 150.0  # s for the last receipts and replies
REPORT = os.environ.get("LIVESCAN_CLUSTER_REPORT", "")  # file for the figures, JSON


def cluster_at(folder: Path, keys: Path) -> NatsCluster:
    members = [member(keys / "station" / "tls.crt", Role.STATION), member(keys / "bureau" / "tls.crt", Role.BUREAU)]
    node = issue(load_training_ca(keys), "node", CertificateRole.BROKER, Purpose.NODE, now=SystemClock().now(), names=("127.0.0.1",))
    write_pair(keys / "broker", "node", node)
    routes = BrokerFiles(keys / "ca" / "ca.crt", keys / "broker" / "node.crt", keys / "broker" / "node.key")
    return NatsCluster(folder / "nats", BrokerFiles.of_training(keys), routes, members)


async def book_until(stop: asyncio.Event, core: JudgingCore) -> None:
    number = 0
    while not stop.is_set():
        await asyncio.to_thread(core.take_one, number)
        number += 1
        await asyncio.sleep(EVERY)


async def kill_in_turn(cluster: NatsCluster, rounds: int) -> list[float]:
    """How long each killed node needed to be current again, s."""
    back = []
    for turn in range(rounds):
        number = turn % COUNT
        await asyncio.sleep(BETWEEN)
        cluster.kill_node(number)
        await asyncio.sleep(DOWN)
        cluster.start_node(number)
        back.append(await asyncio.to_thread(cluster.wait_healthy, number))
    return back


async def story(folder: Path, keys: Path, cluster: NatsCluster, rounds: int) -> dict[str, object]:
    async with station(folder / "station", keys, cluster.port) as core:
        began, stop = time.monotonic(), asyncio.Event()
        booking = asyncio.create_task(book_until(stop, core))
        back = await kill_in_turn(cluster, rounds)
        stop.set()
        await booking
        async with asyncio.timeout(SETTLE):
            while core.unreceipted() or len(core.replies) < 2 * len(core.sealed):
                await asyncio.sleep(0.1)
        journal = [(entry.tcn, entry.content_sha256) for entry in bureau_journal(folder / "bureau")]
        answers = bureau_answers(folder / "bureau")
        replies = [one for one in answers if one.kind != "receipt"]
        gaps = [later - earlier for earlier, later in zip(core.receipted_at, core.receipted_at[1:], strict=False)]
        return {
            "transactions": len(core.sealed),
            "kills": rounds,
            "lost": len(set(core.sealed.items()) - set(journal)),
            "doubled": len(journal) - len(set(journal)),
            "replies": len(core.replies),
            "replies_lost": len({one.rid for one in replies}) - len(core.replies),
            "replies_doubled": len(core.replies) - len(set(core.replies)),
            "brought_again": sum(int(str(times)) - 1 for times in core.column("SELECT times FROM inbound")),
            "receipts_given_again": len(answers) - len(replies) - len(journal),
            "longest_gap_s": round(max(gaps), 1),
            "node_current_again_s": [round(one, 1) for one in back],
            "seconds": round(time.monotonic() - began, 1),
        }


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("cluster")
def test_nothing_is_lost_or_doubled_when_each_node_is_killed_in_turn() -> None:
    need_debian("haproxy", "haproxy")
    rounds = int(os.environ.get("LIVESCAN_CLUSTER_ROUNDS", "3"))
    with tempfile.TemporaryDirectory(prefix="ls-") as name:
        folder = Path(name)
        keys = folder / "keys"
        init_training(keys, station=STATION, bureau=BUREAU, clock=SystemClock())
        cluster = cluster_at(folder, keys)
        bureau = Child(
            "bureau",
            livescan("bureau", "--dir", str(folder / "bureau"), "--keys", str(keys), "--port", str(cluster.port)),
            directory=folder,
        )
        cluster.start()
        bureau.start()
        try:
            bureau.wait_ready(60.0)
            figures = asyncio.run(story(folder, keys, cluster, rounds))
        finally:
            bureau.stop()
            cluster.stop()
    print(json.dumps(figures, indent=2))
    if REPORT:
        Path(REPORT).write_text(json.dumps(figures, indent=2) + "\n")
    assert figures["transactions"]
    assert {name: figures[name] for name in ("lost", "doubled", "replies_lost", "replies_doubled")} == {
        "lost": 0,
        "doubled": 0,
        "replies_lost": 0,
        "replies_doubled": 0,
    }
