"""How fast a backlog goes out, beside raw paho: the same broker, TLS, chunks and window, and a sink that commits each message durably.

Both rates are counted alike, from the moment at which the first megabyte is where it belongs to that of the last: of the product's, a
receipt that the core has verified; of raw paho's, eight messages that the sink has committed. What came with the first is not counted.
Each part writes its own times (one monotonic clock for all processes), so that nobody has to ask them while they work. Rounds of both in
turn, for on a machine that is not alone a rate means something only beside the other's of the same moment.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.bench.delivery_chaos import ChaosFailed, Part, Site
from agent.bench.delivery_parts import core_rows, receipted
from agent.bench.delivery_peer import drain
from agent.delivery.chunks import DATA_LIMIT

MEGABYTE = 1_000_000  # bytes
BATCH = 0.01  # s; what is received within this after the first came with it
_WITHIN = 240.0  # s for each measurement


@dataclass(frozen=True)
class Drain:
    ours: tuple[float, ...]  # MB/s, of each round
    raw: tuple[float, ...]

    @property
    def ratio(self) -> float | None:
        """The median of the rounds."""
        ratios = [ours / raw for ours, raw in zip(self.ours, self.raw, strict=True) if raw]
        return round(statistics.median(ratios), 3) if ratios else None

    def as_json(self) -> dict[str, float | list[float]]:
        return {
            "drain_mb_s": round(statistics.median(self.ours), 2),
            "raw_mb_s": round(statistics.median(self.raw), 2),
            "drain_ratios": [round(ours / raw, 3) for ours, raw in zip(self.ours, self.raw, strict=True) if raw],
        }


def measure_drain(folder: Path, count: int, *, rounds: int = 3, images: bool = True) -> Drain:
    """images: the files are made as a ten-print's are; else each is one long text. Raises ChaosFailed."""
    both = []
    for number in range(rounds):
        (folder / str(number)).mkdir(mode=0o700)
        both.append(_round(folder / str(number), count, images))
    return Drain(tuple(ours for ours, _ in both), tuple(raw for _, raw in both))


def _round(folder: Path, count: int, images: bool) -> tuple[float, float]:
    site = Site(folder, straight=True, size=MEGABYTE, count=count, ahead=count, retry=30.0, images=images)
    try:
        _bureau_says_offline(site)
        site.parts["core"].keep()
        site.parts["uplink"].keep()
        until(lambda: _queued(folder) >= count)
        size = sum(path.stat().st_size for path in (folder / "core" / "outbound").iterdir()) / count
        site.parts["bureau"].keep()
        until(lambda: receipted(folder) >= count)
        ours = _rate([row["at"] for row in core_rows(folder)], size)
        for part in site.parts.values():
            part.stop()
        return ours, _raw(site, count)
    finally:
        site.stop()


def _rate(times: list[float], size: float) -> float:
    """MB/s of what came after the first and those with it. times: monotonic s of each; size: bytes of each."""
    first, last = min(times), max(times)
    return sum(at > first + BATCH for at in times) * size / 1e6 / (last - first)


def _raw(site: Site, count: int) -> float:
    each = -(-MEGABYTE // DATA_LIMIT)
    options = {
        "folder": str(site.folder),
        "keys": str(site.folder / "keys"),
        "port": site.broker.port,
        "messages": count * each,
        "each": each,
    }
    sink = Part("sink", options, site.folder / "sink.log")
    sink.keep()
    try:
        until((site.folder / "sink-ready").exists)
        times = drain(options, [os.urandom(MEGABYTE) for _ in range(count)])
        return _rate(times, MEGABYTE) if times else 0.0
    finally:
        sink.stop()


def _bureau_says_offline(site: Site) -> None:
    """It comes and goes in order: then the uplink keeps what it is given until the bureau is back."""
    bureau = site.parts["bureau"]
    bureau.keep()
    until((site.folder / "bureau" / "bureau.sqlite").exists)
    time.sleep(3.0)
    bureau.stop()


def _queued(folder: Path) -> int:
    """Envelopes that the uplink has."""
    try:
        return sum(1 for _ in (folder / "uplink" / "spool").iterdir())
    except OSError:
        return 0


def until(true: Callable[[], bool]) -> None:
    """Looks twenty times a second. Raises ChaosFailed."""
    deadline = time.monotonic() + _WITHIN
    while not true():
        if time.monotonic() > deadline:
            raise ChaosFailed(f"A measurement did not end within {_WITHIN:.0f} s.")
        time.sleep(0.05)
