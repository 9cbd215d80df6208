"""`livescan bench delivery`: durable accept, transaction to receipt, drain beside raw paho, start-up with a backlog, and the chaos run."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.bench.delivery_backlog import start_up
from agent.bench.delivery_chaos import ChaosFailed, ChaosSettings, Part, Site, run
from agent.bench.delivery_parts import core_rows
from agent.bench.delivery_peer import drain
from agent.clock import SystemClock
from agent.delivery.outbox import Outbox
from agent.delivery.spool import Spool
from agent.delivery.tables import MIGRATIONS
from agent.store.database import Database

MEGABYTE = 1_000_000  # bytes
_WITHIN = 240.0  # s for each measurement
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
        say(f"drain of {max(each // 2, 10)} x 1 MB, beside raw paho")
        ours, raw = _drain(parts["drain"], max(each // 2, 10))
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
        "drain_mb_s": round(ours, 2),
        "raw_mb_s": round(raw, 2),
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
        "drain_ratio": round(ours / raw, 3) if raw else None,
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
    site = Site(folder, straight=True, size=MEGABYTE, count=count + 5, ahead=1, pause=0.2, retry=30.0)
    try:
        for part in site.parts.values():
            part.keep()
        _until(lambda: _receipted(folder) >= count + 5)
    finally:
        site.stop()
    return [row["ms"] for row in core_rows(folder) if row["ms"] is not None and row["number"] > 5]


def _receipted(folder: Path) -> int:
    try:
        return sum(row["receipted"] for row in core_rows(folder))
    except sqlite3.OperationalError:  # the core has not made its tables yet
        return 0


def _drain(folder: Path, count: int) -> tuple[float, float]:
    """MB/s of the product from its first signed receipt to its last, and of raw paho, to durable commits, over the same broker."""
    site = Site(folder, straight=True, size=MEGABYTE, count=count, ahead=count, retry=30.0)
    try:
        _bureau_says_offline(site)
        site.parts["core"].keep()
        site.parts["uplink"].keep()
        _until(lambda: _queued(folder) >= count)
        size = sum(path.stat().st_size for path in (folder / "core" / "outbound").iterdir()) / count
        site.parts["bureau"].keep()
        _until(lambda: _receipted(folder) > 0)
        began, first = time.monotonic(), _receipted(folder)
        _until(lambda: _receipted(folder) >= count)
        ours = (count - first) * size / 1e6 / (time.monotonic() - began)
        for part in site.parts.values():
            part.stop()
        return ours, _raw(site, count)
    finally:
        site.stop()


def _raw(site: Site, count: int) -> float:
    messages = count * -(-MEGABYTE // 131_008)
    options = {"folder": str(site.folder), "keys": str(site.folder / "keys"), "port": site.broker.port, "messages": messages}
    sink = Part("sink", options, site.folder / "sink.log")
    sink.keep()
    try:
        _until((site.folder / "sink-ready").exists)
        return drain(options, [os.urandom(MEGABYTE) for _ in range(count)])
    finally:
        sink.stop()


def _bureau_says_offline(site: Site) -> None:
    """It comes and goes in order: then the uplink keeps what it is given until the bureau is back."""
    bureau = site.parts["bureau"]
    bureau.keep()
    _until((site.folder / "bureau" / "bureau.sqlite").exists)
    time.sleep(3.0)
    bureau.stop()


def _queued(folder: Path) -> int:
    """Envelopes that the uplink has."""
    try:
        return sum(1 for _ in (folder / "uplink" / "spool").iterdir())
    except OSError:
        return 0


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN
    while not true():
        if time.monotonic() > deadline:
            raise ChaosFailed(f"A measurement did not end within {_WITHIN:.0f} s.")
        time.sleep(0.005)
