"""A booking office whose bookings go out, are signed for and answered, with the audit record and retention beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.audit.book import AuditBook
from agent.audit.feed import AuditFeed
from agent.booking.facts import Facts
from agent.casework.detainers import Detainers
from agent.clock import SetClock, SystemClock
from agent.core_schema import MIGRATIONS
from agent.delivery.outbox import Outbox
from agent.delivery.spool import Spool
from agent.delivery.tables import MIGRATIONS as UPLINK
from agent.model.booking import BookingId
from agent.model.messages import Environment, MessageKind, Routing
from agent.nist.codec import parse
from agent.retention.desk import Parts, RetentionDesk
from agent.signing.seal import seal
from agent.store.database import Database
from agent.store.room import Room, RoomSettings
from agent.store.vault import _decrypt, _label
from agent.submission import replies
from agent.submission.replies import ReplyHead
from tests.booking.office import FACTS, STATION, Office
from tests.casework.bench import POLICY

NAME = "QUILLFEATHER,ZEBEDIAH"
PERSON = replace(FACTS, subject=replace(FACTS.subject, name=NAME))
BALLAST = RoomSettings(floor=0, each=1, ballast=65_536, need=0)


class Station(Office):
    """`folder` holds the core's state as the core lays it out: core.sqlite, bookings, outbound, ballast; beside it uplink, audit, keys."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, migrations=MIGRATIONS)
        self.folder = folder
        Room(folder, BALLAST).look()
        self.clock = SetClock(datetime.now(UTC))
        self.book = AuditBook(folder / "audit", STATION, self.keys.signer, SystemClock())
        self.feed = AuditFeed(self.database, self.book, say=self._say)
        self.detainers = Detainers(self.database, self.vault, self.clock, lambda: POLICY, ZoneInfo("UTC"))
        self.uplink = Database(folder / "uplink" / "uplink.sqlite", UPLINK)
        self.outbox = Outbox(self.uplink, Spool(folder / "uplink" / "spool", free_floor=0), SystemClock())
        self.retention = self.desk_of_retention()
        self.number = 0

    def desk_of_retention(self, **changed: Any) -> RetentionDesk:
        parts = Parts(
            database=self.database,
            vault=self.vault,
            clock=self.clock,
            zone=ZoneInfo("America/Chicago"),
            station=STATION,
            core=self.folder,
            audit=self.folder / "audit",
            policy=None,
            signer=lambda: self.keys.signer,
            catch_up=self.feed.catch_up,
            let_go=self.book.let_go,
            detainer_open=self.detainers.any_open,
        )
        return RetentionDesk(replace(parts, **changed))

    def later(self, days: float) -> None:
        self.clock.advance(timedelta(days=days))

    def today(self) -> None:
        """The clock is right again."""
        self.clock.advance(datetime.now(UTC) - self.clock.now())

    def booked(self, facts: Facts = PERSON) -> BookingId:
        """Captured and sealed."""

        async def run() -> BookingId:
            booking = await self.desk.open(facts, "officer-01")
            await self.settled(booking)
            return booking

        return self.run(run())

    def sent(self, booking: BookingId) -> None:
        """The uplink has it."""
        (one,) = self.ledger.submissions(booking)
        assert one.envelope_sha256
        data = self.outbound.load(one.envelope_sha256)
        self.run(self.outbox.keep(one.envelope_sha256, STATION, 0, data))
        self.request = parse(self.opened(data))

    def receipted(self, booking: BookingId, *, released: bool = True) -> None:
        (one,) = self.ledger.submissions(booking)
        assert one.envelope_sha256
        body = {
            "schema": "livescan-receipt/1", "stage": "committed", "station": STATION, "tcn": one.tcn, "content_sha256": one.content_sha256,
            "envelope_sha256": one.envelope_sha256, "received_at": "2026-11-24T07:00:00.000000Z", "bureau": "SIB-TRAINING",
            "duplicate": False,
        }  # fmt: skip
        self._arrives(json.dumps(body).encode(), one.tcn, MessageKind.RECEIPT)
        self.run(self.outbound.receipted(one.envelope_sha256))
        if released:
            self.run(self.outbox.release(one.envelope_sha256))
            self.run(self.ledger.release_known(one.envelope_sha256))

    def answered(self, booking: BookingId, *, idr: bool = True) -> None:
        (one,) = self.ledger.submissions(booking)
        self._arrives(self._reply(replies.build_sre, identified=False), one.tcn)
        if idr:
            self._arrives(self._reply(replies.build_idr_no_match), one.tcn)

    def done(self) -> BookingId:
        """From the first finger to the last answer."""
        booking = self.booked()
        self.sent(booking)
        self.receipted(booking)
        self.answered(booking)
        return booking

    def _reply(self, build: Any, **facts: Any) -> bytes:
        self.number += 1
        return bytes(build(self.request, ReplyHead(f"SIB-{self.number:010d}", datetime.now(UTC)), **facts))

    def _arrives(self, content: bytes, tcn: str, kind: MessageKind = MessageKind.REPLY) -> None:
        routing = Routing(kind, STATION, tcn, STATION, Environment.TRAINING)
        to = self.keys.openers[0].certificate
        data = seal(content, routing, signer=self.bureau.signer, recipient=to, now=datetime.now(UTC)).data
        self.run(self.casework.take(hashlib.sha256(data).hexdigest(), data))
        self.run(self.casework.at_rest())

    def close(self) -> None:
        self.uplink.close()
        self.book.close()
        super().close()


def raw(folder: Path, *, without: tuple[str, ...] = ("keys", "audit")) -> dict[str, bytes]:
    """Every file as it lies on the disk: databases, their logs, vault, spool, outbound, ballast."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in without]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def readable(folder: Path, storage_key: bytes, wrapped: Mapping[str, bytes]) -> bytes:
    """What somebody reads who has the whole disk and the storage key. wrapped: keys of bookings that they kept from before."""
    found = []
    for directory in (folder / "bookings").iterdir():
        name = directory.name
        key_file = directory / ".key"
        sealed = key_file.read_bytes() if key_file.exists() else wrapped.get(name)
        if sealed is None:
            continue
        key = AESGCM(_decrypt(AESGCM(storage_key), sealed, _label(name), name, "key"))
        files = [path for path in directory.iterdir() if path.name != ".key"]
        found += [_decrypt(key, path.read_bytes()[4:], _label(name, path.name), name, path.name) for path in files]
    return b"".join(found) + b"".join(raw(folder).values())
