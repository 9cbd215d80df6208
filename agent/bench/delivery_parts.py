"""The processes of the delivery bench: `python -m agent.bench.delivery_parts core|uplink|bureau JSON`.

Uplink and bureau are the product's own. The core is one without devices: it seals small transactions with the station's real keys, keeps
them as the product does (file, then row), hands them over by the product's `CoreEnd`, and believes only receipts that the product's own
`open_envelope` and `judge` believe. Their clock can be made to jump: it adds what stands in a file to the system's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.bench.delivery_files import STATION, small_car, tcn_of, ten_print_car
from agent.casework.errors import CaseworkError
from agent.casework.events import Submission
from agent.casework.receipts import judge, read_receipt
from agent.clock import SystemClock
from agent.delivery.courier import CourierSettings
from agent.delivery.mqtt import MqttSettings
from agent.delivery.pacing import Retry
from agent.handover.core_end import CoreEnd, HandoverItem
from agent.handover.frames import Stage
from agent.model.booking import BookingId
from agent.model.messages import Environment, MessageKind, Routing
from agent.service import ready
from agent.signing.certificates import Role, common_name
from agent.signing.keys import StationKeys
from agent.signing.seal import seal
from agent.signing.verify import open_envelope
from agent.store.database import Database
from agent.store.files import make_folder, sync_folder, write_durably
from agent.training.bureau_link import BureauSettings, run_bureau
from agent.training.scenario import Scenario
from agent.uplink import UplinkSettings, run_uplink

BUREAU = "SIB-TRAINING"
CORE_DATABASE = "core.sqlite"
TABLES = (
    """
    CREATE TABLE sent (number INTEGER PRIMARY KEY, tcn TEXT NOT NULL, content TEXT NOT NULL, txid TEXT NOT NULL UNIQUE,
                       receipted INTEGER NOT NULL DEFAULT 0, release_known INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE INDEX sent_open ON sent (number) WHERE receipted = 0 OR release_known = 0;
    CREATE TABLE inbound (rid TEXT PRIMARY KEY, size INTEGER NOT NULL, trouble TEXT) STRICT;
    """,
    "ALTER TABLE sent ADD COLUMN ms REAL;  -- from committed to receipted, when one process saw both",
    "ALTER TABLE sent ADD COLUMN at REAL;  -- when it was receipted, monotonic s",
)


class JumpingClock(SystemClock):
    """Wall time plus the seconds that stand in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        try:
            offset = float(self._file.read_text())
        except (OSError, ValueError):
            offset = 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)


class BenchCore:
    """Implements the handover's EnvelopeSource and InboundSink."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._folder = Path(options["folder"]) / "core"
        self._clock = JumpingClock(Path(options["folder"]) / "clock")
        self._size, self._count, self._ahead = options["size"], options["count"], options["ahead"]
        self._make = ten_print_car if options.get("images") else small_car
        self._keys = StationKeys.load(Path(options["keys"]), environment=Environment.TRAINING)
        make_folder(self._folder / "outbound")
        self._database = Database(self._folder / CORE_DATABASE, TABLES)
        self._wake = asyncio.Event()
        self._pause = options.get("pause", 0.0)  # s before each, for a paced run
        self._committed: dict[str, float] = {}  # txid to monotonic s
        self.end = CoreEnd(Path(options["folder"]) / "handover.sock", source=self, sink=self)

    async def make(self) -> None:
        """Seal one after the other, as far ahead of the receipts as is allowed."""
        while True:
            self._wake.clear()
            made, open_ = await self._database.read(
                lambda db: db.execute(
                    "SELECT (SELECT coalesce(max(number), 0) FROM sent), (SELECT count(*) FROM sent WHERE receipted = 0)"
                ).fetchall()[0]
            )
            if made < self._count and open_ < self._ahead:
                await asyncio.sleep(self._pause)
                await self._one(made + 1)
            else:
                await self._wake.wait()

    async def _one(self, number: int) -> None:
        content = self._make(number, self._size)
        routing = Routing(MessageKind.TRANSACTION, STATION, tcn_of(number), BUREAU, Environment.TRAINING)
        made = seal(content, routing, signer=self._keys.signer, recipient=self._keys.bureau, now=self._clock.now())
        await asyncio.to_thread(write_durably, self._file(made.envelope_sha256), made.data)
        row = (number, routing.tcn, made.content_sha256, made.envelope_sha256)
        await self._database.write(lambda db: db.execute("INSERT INTO sent (number, tcn, content, txid) VALUES (?, ?, ?, ?)", row))
        self._committed[made.envelope_sha256] = self._clock.monotonic()
        self.end.offer()

    def pending(self) -> Sequence[HandoverItem]:
        return [HandoverItem(txid, STATION) for txid in self._txids("receipted = 0")]

    def load(self, txid: str) -> bytes:
        return self._file(txid).read_bytes()

    async def handed_over(self, txid: str, queued_at: datetime) -> None:
        """Nothing depends on it here."""

    def released(self) -> Sequence[str]:
        return self._txids("receipted = 1 AND release_known = 0")

    async def release_acknowledged(self, txid: str) -> None:
        await self._database.write(lambda db: db.execute("UPDATE sent SET release_known = 1 WHERE txid = ?", (txid,)))

    async def progress(self, txid: str, stage: Stage, at: datetime) -> None:
        """Nothing depends on it here."""

    async def inbound(self, rid: str, data: bytes) -> None:
        """Stored before it is read; read once."""
        new = await self._database.write(
            lambda db: db.execute("INSERT OR IGNORE INTO inbound (rid, size) VALUES (?, ?)", (rid, len(data))).rowcount
        )
        txid, trouble = self._believed(data)
        if trouble is not None and new:
            await self._database.write(lambda db: db.execute("UPDATE inbound SET trouble = ? WHERE rid = ?", (trouble, rid)))
        if txid is not None:
            began = self._committed.pop(txid, None)
            now = self._clock.monotonic()
            row = (None if began is None else (now - began) * 1000, now, txid)
            await self._database.write(lambda db: db.execute("UPDATE sent SET receipted = 1, ms = ?, at = ? WHERE txid = ?", row))
            self._file(txid).unlink(missing_ok=True)
            self._wake.set()
            await self.end.release(txid)

    def _believed(self, data: bytes) -> tuple[str | None, str | None]:
        """The txid that a receipt is for, or why it is for none."""
        opened = open_envelope(
            data,
            openers=self._keys.openers,
            trust=self._keys.ca,
            expect=Environment.TRAINING,
            expect_role=Role.BUREAU,
            now=self._clock.now(),
        )
        if not opened.facts.ok or opened.routing.kind is not MessageKind.RECEIPT:
            return None, "; ".join(opened.facts.reasons) or "no receipt"
        try:
            staged = read_receipt(opened.content)
        except CaseworkError as error:
            return None, error.what
        found = self._database.read_now(
            lambda db: db.execute("SELECT tcn, content, txid FROM sent WHERE tcn = ?", (staged.receipt.tcn,)).fetchone()
        )
        sent = None if found is None else Submission(BookingId("BENCH"), found["tcn"], found["content"], frozenset((found["txid"],)))
        trouble = judge(staged, opened.routing, common_name(opened.signer), sent)
        return (found["txid"], None) if trouble is None else (None, trouble)

    def _txids(self, condition: str) -> list[str]:
        query = f"SELECT txid FROM sent WHERE {condition} ORDER BY number"  # noqa: S608  ours
        return [row[0] for row in self._database.read_now(lambda db: db.execute(query).fetchall())]

    def _file(self, txid: str) -> Path:
        return self._folder / "outbound" / txid

    def sweep(self) -> None:
        """Files that a crash left without a row."""
        wanted = set(self._txids("receipted = 0"))
        for path in (self._folder / "outbound").iterdir():
            if path.name not in wanted:
                path.unlink()
        sync_folder(self._folder / "outbound")


async def _core(options: dict[str, Any]) -> None:
    core = BenchCore(options)
    core.sweep()
    await core.end.start()
    ready("core")
    await core.make()


async def _uplink(options: dict[str, Any]) -> None:
    keys, folder = Path(options["keys"]), Path(options["folder"])
    own = keys / "station"
    mqtt = MqttSettings("127.0.0.1", options["port"], STATION, keys / "ca" / "ca.crt", own / "tls.crt", own / "tls.key")
    made = UplinkSettings(
        station=STATION,
        state=folder / "uplink",
        handover=folder / "handover.sock",
        mqtt=replace(mqtt, retry_first=0.2, retry_max=2.0, keepalive=options.get("keepalive", 10), connect_timeout=3.0),
        courier=CourierSettings(retry=Retry(options.get("retry", 5.0), 30.0), refused_pause=1.0, held_retry=5.0),
        free_floor=options.get("free_floor", 256 * 1024),
    )
    await run_uplink(made, ready=(folder / "uplink-ready").touch, clock=JumpingClock(folder / "clock"))


async def _bureau(options: dict[str, Any]) -> None:
    folder = Path(options["folder"])
    settings = BureauSettings(
        folder / "bureau",
        Path(options["keys"]),
        options["port"],
        scenario=Scenario(()),
        resend=3.0,
        clock=JumpingClock(folder / "clock"),
    )
    await run_bureau(settings, ready=lambda: ready("bureau"))


def core_rows(folder: Path) -> list[sqlite3.Row]:
    """What the core of a bench folder has accepted, beside a core that runs."""
    database = sqlite3.connect(f"file:{folder / 'core' / CORE_DATABASE}?mode=ro", uri=True, timeout=5)
    database.row_factory = sqlite3.Row
    try:
        return database.execute("SELECT number, tcn, content, txid, receipted, release_known, ms, at FROM sent").fetchall()
    finally:
        database.close()


def receipted(folder: Path) -> int:
    """How many of a bench folder's core; 0 while it has not made its tables."""
    try:
        database = sqlite3.connect(f"file:{folder / 'core' / CORE_DATABASE}?mode=ro", uri=True, timeout=5)
        with contextlib.closing(database):
            return int(database.execute("SELECT count(*) FROM sent WHERE receipted = 1").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


async def _sink(options: dict[str, Any]) -> None:
    """The peer's receiving end: raw paho, one durable commit a message, then its acknowledgement."""
    from agent.bench.delivery_peer import receive  # noqa: PLC0415  paho is loaded by this part alone

    await asyncio.to_thread(receive, options, lambda: ready("sink"))


def main() -> None:
    part, options = sys.argv[1], json.loads(sys.argv[2])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run({"core": _core, "uplink": _uplink, "bureau": _bureau, "sink": _sink}[part](options))


if __name__ == "__main__":
    main()
