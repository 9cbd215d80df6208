"""Casework with years of bookings in it: thread, list of what is open, start, and a reply from its bytes to its place in the case.

Cases are written straight into the tables that casework reads, ten events each; the replies are real ones, signed and sealed by the
training bureau. From the broker to the core a message takes what `livescan bench delivery` says.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from agent.bench.figures import Figure
from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.events import EventKind
from agent.clock import SystemClock
from agent.handover.instants import write_instant
from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.messages import Environment, MessageKind, Routing
from agent.nist.codec import parse
from agent.policy import load_jurisdiction
from agent.signing.keys import BureauKeys, StationKeys, init_training
from agent.signing.seal import seal
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission.build import StationIdentity, build_car
from agent.submission.replies import ReplyHead, build_sre

STATION, BUREAU = "LS-0001", "SIB-TRAINING"
REPLIES, LOOKS = 100, 50
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = (
    EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED, EventKind.SEALED, EventKind.HANDED_OVER,
    EventKind.QUEUED, EventKind.SENT, EventKind.RECEIVED, EventKind.SRE_NON_IDENT, EventKind.IDR_NO_MATCH,
)  # fmt: skip
OPEN = 200  # cases that still wait for something


def measure(count: int, say: Callable[[str], None]) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="casework-") as name:
        folder = Path(name)
        init_training(folder / "keys", station=STATION, bureau=BUREAU, clock=SystemClock())
        empty = [_start(folder, "empty") for _ in range(3)]
        say(f"writing {count} cases of {len(LIFE)} events")
        _fill(folder / "full.sqlite", count)
        full = [_start(folder, "full") for _ in range(3)]
        say("looking at them")
        looks = _looks(folder, count)
        say(f"{REPLIES} replies")
        takes = asyncio.run(_replies(folder))
    return [
        Figure("thread of a booking", "ms", looks[0], 50.0),
        Figure("list of open items", "ms", looks[1], 200.0),
        Figure("a reply, from its bytes to its case", "ms", takes),
        Figure("the slowest of a hundred of them", "ms", (sorted(takes)[98],), 300.0),
        Figure("start without cases", "ms", tuple(empty)),
        Figure("start with them", "ms", tuple(full)),
    ]


def _desk(folder: Path, name: str) -> tuple[Casework, Database]:
    keys = StationKeys.load(folder / "keys", environment=Environment.TRAINING)
    database = Database(folder / f"{name}.sqlite", MIGRATIONS)
    policy = load_jurisdiction()
    return Casework(database, Vault(folder / "vault", keys.storage_key), keys, SystemClock(), lambda: policy), database


def _start(folder: Path, name: str) -> float:
    """Open, and finish what a crash could have left: ms."""
    began = time.perf_counter()
    casework, database = _desk(folder, name)
    asyncio.run(casework.resume())
    took = time.perf_counter() - began
    database.close()
    return 1000 * took


def _fill(path: Path, count: int) -> None:
    database = Database(path, MIGRATIONS)
    database.write_now(lambda db: _cases(db, count))
    database.close()


def _cases(db: sqlite3.Connection, count: int) -> None:
    for number in range(count):
        booking, tcn, at = _booking(number), _tcn(number), BEGAN + timedelta(minutes=number)
        life = LIFE if number >= OPEN else LIFE[:8]
        rows = [(booking, kind, write_instant(at), tcn if kind not in LIFE[:3] else None, f"{booking}/{kind}") for kind in life]
        db.execute("INSERT INTO case_submissions (tcn, booking, content_sha256) VALUES (?, ?, ?)", (tcn, booking, "0" * 64))
        db.executemany("INSERT INTO case_events (booking, kind, at, tcn, once) VALUES (?, ?, ?, ?, ?)", rows)
        if number < OPEN:
            db.execute("INSERT INTO case_open VALUES (?, ?, ?, ?)", (booking, tcn, write_instant(at), "answer"))


def _looks(folder: Path, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    casework, database = _desk(folder, "full")
    chosen = random.Random(1).choices(range(count), k=LOOKS)  # noqa: S311  # a choice of cases
    threads = tuple(_timed(partial(casework.thread, BookingId(_booking(n)))) for n in chosen)
    lists = tuple(_timed(casework.open_items) for _ in range(LOOKS))
    database.close()
    return threads, lists


async def _replies(folder: Path) -> tuple[float, ...]:
    casework, database = _desk(folder, "full")
    station = StationKeys.load(folder / "keys", environment=Environment.TRAINING)
    bureau = BureauKeys.load(folder / "keys", environment=Environment.TRAINING)
    took = []
    for number in range(REPLIES):
        content = _car(number)
        booking, tcn = BookingId(f"20261124-R{number:07d}"), parse(content).tcn
        now = datetime.now(UTC)
        for kind in (EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED):
            await casework.record(booking, kind, now)
        digest = hashlib.sha256(content).hexdigest()
        await casework.record(booking, EventKind.SEALED, now, tcn=tcn, content_sha256=digest, envelope_sha256=digest)
        routing = Routing(MessageKind.REPLY, STATION, tcn, STATION, Environment.TRAINING)
        sre = build_sre(parse(content), ReplyHead(f"SRE-{number:012d}", now), identified=False)
        data = seal(sre, routing, signer=bureau.signer, recipient=station.openers[0].certificate, now=now).data
        began = time.perf_counter()
        await casework.take(hashlib.sha256(data).hexdigest(), data)
        assert casework.thread(booking)[-2].at is not None
        took.append(1000 * (time.perf_counter() - began))
        await casework.at_rest()  # a reply comes by itself; what is put away after it is nobody's wait
    database.close()
    return tuple(took)


def _car(number: int) -> bytes:
    subject = Subject("TRAINING,PERSON", "XX", "19900101", "U", "U", "506", "140", "BRO", "BRO")
    one = Booking(BookingId(f"20261124-R{number:07d}"), BEGAN, "bench", subject, Arrest(date(2026, 1, 1), (Charge("TRAINING"),)))
    identity = StationIdentity(ori="ZZ0010000", dai="ZZSIB0000", cri=("ZZ0010000",))
    return build_car(one, tcn=f"LS-0001-BENCH{number:021d}", made_at=BEGAN, station=identity, images={})


def _booking(number: int) -> str:
    return f"20260101-{number:08d}"


def _tcn(number: int) -> str:
    return f"LS-0001-{number:026d}"


def _timed(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return 1000 * (time.perf_counter() - began)
