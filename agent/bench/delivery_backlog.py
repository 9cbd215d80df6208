"""A station with a backlog: how long its two processes take to be ready, and how much memory they have then.

The backlog is put on the disk as the station itself would have left it after so many bookings without a receipt: rows, events, control
numbers, a folder of encrypted files for each booking, and an envelope for each in core and uplink (of 4 kB: none is read at the start).
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.bench.process_tree import cpu_seconds
from agent.children import Child
from agent.delivery.tables import MIGRATIONS
from agent.handover.instants import write_instant
from agent.store.database import Database
from agent.store.files import make_folder
from agent.training.site import STATION, TrainingSite

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = ("captured", "quality_passed", "checked", "sealed", "handed_over", "queued")
FILES = ("facts", *(f"print-{number}" for number in range(1, 15)), "car", "remarks")  # beside the key, encrypted
_WITHIN = 60.0  # s to be ready
_SETTLED_AFTER = 3.0  # s after ready, until workers are warm and offers have gone out


@dataclass(frozen=True)
class StartUp:
    core_s: float  # from exec to ready
    core_cpu_s: float  # processor time that the core itself had used when it was ready
    uplink_s: float
    core_mb: float  # RSS of the process itself, without its pool workers
    uplink_mb: float

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


def start_up(folder: Path, backlog: int) -> StartUp:
    """Both processes started together, with so many bookings queued and no broker to reach. Raises ChildFailed."""
    with TrainingSite(folder) as site:
        site.make_keys()
        site.port = 9  # nobody answers there
        site.write_settings()
        if backlog:
            _warm(site)
            _fill_core(folder / "state" / "core", backlog)
            _fill_uplink(folder / "state" / "uplink", backlog)
        return _measured(site)


def _measured(site: TrainingSite) -> StartUp:
    began = time.monotonic()
    core, uplink = site.start_station_part("core"), site.start_station_part("uplink")
    took = {name: (seconds, cpu) for name, seconds, cpu in _ready(began, {"core": core, "uplink": uplink})}
    time.sleep(_SETTLED_AFTER)
    return StartUp(*took["core"], took["uplink"][0], rss_mb(core.pid), rss_mb(uplink.pid))


def _ready(began: float, parts: dict[str, Child]) -> Iterator[tuple[str, float, float]]:
    """Each when it says so: seconds since, and of processor time."""
    waiting = dict(parts)
    while waiting:
        for name, part in tuple(waiting.items()):
            part.listen(0.005)
            if part.is_ready:
                del waiting[name]
                yield name, time.monotonic() - began, cpu_seconds((part.pid,))
            elif part.returncode is not None or time.monotonic() - began > _WITHIN:
                part.wait_ready(0.0)


def _warm(site: TrainingSite) -> None:
    """The core makes its own tables, folders and ballast."""
    core = site.start_station_part("core")
    core.wait_ready(_WITHIN)
    core.stop()


def rss_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _envelope(number: int) -> tuple[str, bytes]:
    data = number.to_bytes(4, "big") * 1_000
    return hashlib.sha256(data).hexdigest(), data


def _booking(number: int) -> str:
    return f"20261101-{number:08d}"


def _fill_core(state: Path, count: int) -> None:
    for number in range(count):
        booking = state / "bookings" / _booking(number)
        booking.mkdir(mode=0o700)
        for name in ("key", *FILES):
            (booking / (".key" if name == "key" else name)).write_bytes(b"LSV1" + bytes(60))
        txid, data = _envelope(number)
        (state / "outbound" / f"{txid}.cms").write_bytes(data)
    with closing(sqlite3.connect(state / "core.sqlite")) as db, db:
        for number in range(count):
            _rows(db, number)
        db.execute("DELETE FROM audit_due")  # all of it is on record long since


def _rows(db: sqlite3.Connection, number: int) -> None:
    booking, tcn, (txid, _) = _booking(number), f"{STATION}-{number:026d}", _envelope(number)
    content, at = hashlib.sha256(txid.encode()).hexdigest(), (BEGAN + timedelta(minutes=number)).isoformat()
    db.execute("INSERT INTO booking (id, opened_at, officer, state) VALUES (?, ?, 'officer-01', 'sealed')", (booking, at))
    prints = [(booking, fgp, 1, content, at) for fgp in range(1, 15)]
    db.executemany("INSERT INTO impression (booking_id, fgp, attempt, sha256, captured_at) VALUES (?, ?, ?, ?, ?)", prints)
    db.execute("INSERT INTO tcn (tcn, reserved_at, booking_id, given_at) VALUES (?, ?, ?, ?)", (tcn, at, booking, at))
    db.execute(
        "INSERT INTO submission (tcn, booking_id, made_at, content_sha256, envelope_sha256, car_bytes, sealed_at, left_at)"
        " VALUES (?, ?, ?, ?, ?, 700000, ?, ?)",
        (tcn, booking, at, content, txid, at, at),
    )
    db.execute("INSERT INTO case_submissions (tcn, booking, content_sha256) VALUES (?, ?, ?)", (tcn, booking, content))
    instant = write_instant(BEGAN + timedelta(minutes=number))
    db.execute("INSERT INTO case_open (booking, tcn, since, waits_for) VALUES (?, ?, ?, 'receipt')", (booking, tcn, instant))
    for kind in EVENTS:
        of = tcn if kind not in EVENTS[:3] else None
        sealed = txid if of else None
        once = "/".join((booking, of or "", kind, txid if kind == "sealed" else ""))
        db.execute(
            "INSERT INTO case_events (booking, kind, at, tcn, content_sha256, envelope_sha256, once) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (booking, kind, instant, of, content if of else None, sealed, once),
        )


def _fill_uplink(state: Path, count: int) -> None:
    make_folder(state / "spool")
    database = Database(state / "uplink.db", MIGRATIONS)
    rows = []
    for number in range(count):
        txid, data = _envelope(number)
        (state / "spool" / txid).write_bytes(data)
        at = write_instant(BEGAN + timedelta(minutes=number))
        rows.append((txid, STATION, 5, len(data), at, at))
    sql = "INSERT INTO outbound (txid, station, priority, size, state, queued_at, changed_at) VALUES (?, ?, ?, ?, 'QUEUED', ?, ?)"
    database.write_now(lambda db: db.executemany(sql, rows))
    database.close()
    os.sync()
