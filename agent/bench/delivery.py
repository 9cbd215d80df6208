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

from agent.bench.delivery_chaos import ChaosFailed, ChaosSettings, Part, Site, run
from agent.bench.delivery_parts import core_rows
from agent.bench.delivery_peer import drain
from agent.clock import SystemClock
from agent.delivery.outbox import Outbox
from agent.delivery.spool import Spool
from agent.delivery.tables import MIGRATIONS
from agent.handover.instants import write_instant
from agent.store.database import Database
from agent.store.files import make_folder

MEGABYTE = 1_000_000  # bytes
_WITHIN = 240.0  # s for each measurement
BACKLOG = 10_000  # envelopes

Say = Callable[[str], None]


def measure(settings: ChaosSettings, say: Say, *, each: int = 100) -> dict[str, Any]:
    """`each`: transactions of 1 MB for each latency figure. Raises ChaosFailed."""
    with tempfile.TemporaryDirectory(prefix="lsd-", dir="/tmp") as name:
        folder = Path(name)
        parts = {part: folder / part for part in ("accept", "receipt", "drain", "empty", "full", "chaos")}
        for path in parts.values():
            path.mkdir(mode=0o700)
        say("durable accept")
        accept = asyncio.run(_accept(parts["accept"], each))
        say("transaction to receipt")
        receipt = _receipts(parts["receipt"], each)
        say("drain, beside raw paho")
        ours, raw = _drain(parts["drain"], each // 2)
        say("start-up, empty and with a backlog")
        (ready_0, rss_0), (ready_n, rss_n) = _start_up(parts["empty"], 0), _start_up(parts["full"], BACKLOG)
        say("chaos")
        verdict = run(settings, parts["chaos"], say)
    return {
        **verdict.as_json(),
        "accept_ms_p50": _p(accept, 50),
        "accept_ms_p99": _p(accept, 99),
        "receipt_ms_p50": _p(receipt, 50),
        "receipt_ms_p99": _p(receipt, 99),
        "drain_mb_s": round(ours, 2),
        "raw_mb_s": round(raw, 2),
        "drain_ratio": round(ours / raw, 3) if raw else None,
        "ready_s_0": round(ready_0, 3),
        "ready_s_10000": round(ready_n, 3),
        "rss_mb": round(rss_n, 1),
        "rss_mb_empty": round(rss_0, 1),
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


def _start_up(folder: Path, backlog: int) -> tuple[float, float]:
    """Seconds from exec to ready of an uplink with so many queued envelopes and no broker to reach, and its MB of RSS then."""
    site = Site(folder, straight=True, size=4_000, count=0, ahead=1)
    try:
        site.broker.stop()
        _fill(folder / "uplink", backlog)
        uplink = site.parts["uplink"]
        began = time.monotonic()
        uplink.keep()
        _until((folder / "uplink-ready").exists)
        took = time.monotonic() - began
        time.sleep(1.0)
        return took, _rss(uplink.pid)
    finally:
        site.stop()


def _fill(state: Path, count: int) -> None:
    """A backlog as the outbox leaves it, without waiting for 10,000 commits."""
    make_folder(state / "spool")
    database = Database(state / "uplink.db", MIGRATIONS)
    now, rows = write_instant(SystemClock().now()), []
    for number in range(count):
        data = number.to_bytes(4, "big") * 1_000
        txid = hashlib.sha256(data).hexdigest()
        (state / "spool" / txid).write_bytes(data)
        rows.append((txid, "LS-0001", 5, len(data), now, now))
    sql = "INSERT INTO outbound (txid, station, priority, size, state, queued_at, changed_at) VALUES (?, ?, ?, ?, 'QUEUED', ?, ?)"
    database.write_now(lambda db: db.executemany(sql, rows))
    database.close()


def _rss(pid: int) -> float:
    """MB; of the process itself."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN
    while not true():
        if time.monotonic() > deadline:
            raise ChaosFailed(f"A measurement did not end within {_WITHIN:.0f} s.")
        time.sleep(0.005)
