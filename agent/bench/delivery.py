"""`livescan bench delivery`: durable accept, transaction to receipt, drain beside raw paho, start-up with a backlog, and the chaos run."""

from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.bench.delivery_backlog import start_up
from agent.bench.delivery_chaos import ChaosSettings, Site, run
from agent.bench.delivery_drain import MEGABYTE, measure_drain, until
from agent.bench.delivery_parts import core_rows, receipted
from agent.clock import SystemClock
from agent.delivery.outbox import Outbox
from agent.delivery.spool import Spool
from agent.delivery.tables import MIGRATIONS
from agent.store.database import Database

BACKLOG = 10_000  # bookings
STATED = ("transactions", "kills", "lost", "doubled")  # of the verdict, at the top

Say = Callable[[str], None]


def measure(settings: ChaosSettings, say: Say, *, each: int = 100, backlog: int = BACKLOG) -> dict[str, Any]:
    """`each`: transactions of 1 MB for each latency figure. Raises ChaosFailed, ChildFailed."""
    with tempfile.TemporaryDirectory(prefix="lsd-", dir="/tmp") as name:
        parts = {part: Path(name) / part for part in ("accept", "receipt", "drain", "empty", "full", "chaos")}
        for path in parts.values():
            path.mkdir(mode=0o700)
        say(f"durable accept of {each} x 1 MB")
        accept = asyncio.run(_accept(parts["accept"], each))
        say(f"transaction to receipt, {each} x 1 MB, five a second")
        receipt = _receipts(parts["receipt"], each)
        say(f"drain of {max(each // 2, 10)} x 1 MB, beside raw paho, three times")
        drain = measure_drain(parts["drain"], max(each // 2, 10))
        say("start-up of core and uplink, nothing queued")
        empty = start_up(parts["empty"], 0)
        say(f"start-up of core and uplink, {backlog} bookings queued")
        full = start_up(parts["full"], backlog)
        say(f"{settings.transactions} transactions through troubles")
        verdict = run(settings, parts["chaos"], say).as_json()
    detail = {
        **{name: value for name, value in verdict.items() if name not in STATED},
        "accept_ms_p50": _p(accept, 50),
        "receipt_ms_p50": _p(receipt, 50),
        "receipts": len(receipt),
        **drain.as_json(),
        "backlog": backlog,
        "empty": empty.as_json(),
        "full": full.as_json(),
        "rss_mb_growth": {"core": round(full.core_mb - empty.core_mb, 1), "uplink": round(full.uplink_mb - empty.uplink_mb, 1)},
        "load_1_min": round(os.getloadavg()[0], 1),
    }
    return {
        **{name: verdict[name] for name in ("transactions", "kills", "lost", "doubled")},
        "accept_ms_p99": _p(accept, 99),
        "receipt_ms_p99": _p(receipt, 99),
        "drain_ratio": drain.ratio,
        "ready_s_0": round(max(empty.core_s, empty.uplink_s), 3),
        f"ready_s_{backlog}": round(max(full.core_s, full.uplink_s), 3),
        "rss_mb": round(empty.core_mb + empty.uplink_mb, 1),
        "detail": detail,
    }


def _p(values: list[float], percent: int) -> float | None:
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 2) if len(values) > 1 else None


async def _accept(folder: Path, count: int) -> list[float]:
    """ms until the uplink has 1 MB and its row on the disk."""
    database = Database(folder / "uplink.db", MIGRATIONS)
    outbox = Outbox(database, Spool(folder / "spool", free_floor=0), SystemClock())
    outbox.open(forget_after=timedelta(days=1))
    took = []
    for data in (os.urandom(MEGABYTE) for _ in range(count)):
        txid = hashlib.sha256(data).hexdigest()
        began = time.perf_counter()
        await outbox.keep(txid, "LS-0001", 5, data)
        took.append((time.perf_counter() - began) * 1000)
    database.close()
    return took


def _receipts(folder: Path, count: int) -> list[float]:
    """ms from the core's commit of 1 MB to its own verification of the bureau's receipt; one at a time, at five a second."""
    site = Site(folder, straight=True, size=MEGABYTE, count=count + 5, ahead=1, pause=0.2, retry=30.0, images=True)
    try:
        for part in site.parts.values():
            part.keep()
        until(lambda: receipted(folder) >= count + 5)
    finally:
        site.stop()
    return [row["ms"] for row in core_rows(folder) if row["ms"] is not None and row["number"] > 5]
