"""A station and a bureau with real keys, and what the bureau may say: for tests of casework and of the bureau."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.events import EventKind
from agent.clock import SetClock
from agent.model.booking import Arrest, Booking, BookingId, Charge, Subject
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.nist.codec import parse
from agent.nist.records import Transaction
from agent.policy import Agreement, Jurisdiction, load_jurisdiction
from agent.signing.keys import BureauKeys, StationKeys, init_training
from agent.signing.seal import seal
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission import replies
from agent.submission.build import StationIdentity, build_car
from agent.submission.replies import ReplyHead

NOT_AGREED = load_jurisdiction()
POLICY: Jurisdiction = NOT_AGREED.model_copy(
    update={
        "agreement": Agreement(reference="MOA-1", signed_on=date(2026, 1, 1), signatories=("SHERIFF", "BUREAU")),
        "procedure": NOT_AGREED.procedure.model_copy(update={"message_routing": True}),
    }
)
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
STATION, BUREAU = "LS-0001", "SIB-TRAINING"
BOOKING = BookingId("20261124-7K3M9Q2X")
TCN = "LS-0001-01KAZ0000000000000000000AA"
FBI_NUMBER, STATE_ID = "123456AA7", "ST1234567"
TRAINING = Environment.TRAINING


def booking(id_: BookingId = BOOKING, *, known: bool = True, attention: str | None = None) -> Booking:
    subject = Subject(
        name="TESTER,TESS",
        place_of_birth="XX",
        date_of_birth="19900101",
        sex="F",
        race="U",
        height="506",
        weight="140",
        eyes="BRO",
        hair="BRO",
        fbi_numbers=(FBI_NUMBER,) if known else (),
        state_id=STATE_ID if known else None,
    )
    return Booking(id_, NOW, "officer-1", subject, Arrest(date(2026, 11, 24), (Charge("TRESPASS"),), attention=attention))


def car(tcn: str = TCN, id_: BookingId = BOOKING, *, known: bool = True, attention: str | None = None) -> bytes:
    """A CAR without images: its own bytes, quickly made."""
    identity = StationIdentity(ori="NY0010000", dai="NYSIB0000", cri=("NY0010000",))
    return build_car(booking(id_, known=known, attention=attention), tcn=tcn, made_at=NOW, station=identity, images={})


@dataclass(frozen=True)
class Keys:
    directory: Path
    station: StationKeys
    bureau: BureauKeys


@cache
def keys(directory: Path) -> Keys:
    """Made once for a directory."""
    init_training(directory, station=STATION, bureau=BUREAU, clock=SetClock(NOW))
    return Keys(directory, StationKeys.load(directory, environment=TRAINING), BureauKeys.load(directory, environment=TRAINING))


class Office:
    """What the bureau can say about one transaction of ours."""

    def __init__(self, keys: Keys, request: bytes) -> None:
        self.keys = keys
        self.request: Transaction = parse(request)

    def send(self, content: bytes, kind: MessageKind = MessageKind.REPLY, *, tcn: str | None = None, now: datetime = NOW) -> bytes:
        routing = Routing(kind, STATION, tcn or self.request.tcn, STATION, TRAINING)
        sealed: Envelope = seal(
            content, routing, signer=self.keys.bureau.signer, recipient=self.keys.station.openers[0].certificate, now=now
        )
        return sealed.data

    def receipt(self, content_sha256: str, **other: object) -> bytes:
        return self.send(json.dumps(self.receipt_body(content_sha256) | other).encode(), MessageKind.RECEIPT)

    def receipt_body(self, content_sha256: str) -> dict[str, Any]:
        return {
            "schema": "livescan-receipt/1",
            "stage": "committed",
            "station": STATION,
            "tcn": self.request.tcn,
            "content_sha256": content_sha256,
            "envelope_sha256": "e" * 64,
            "received_at": "2026-11-24T07:00:00.000000Z",
            "bureau": BUREAU,
            "duplicate": False,
        }

    def reply(self, build: Callable[..., bytes], tcn: str, **facts: Any) -> bytes:
        return build(self.request, ReplyHead(tcn, NOW), **facts)

    def sre(self, tcn: str = "SIB-0000000001", *, identified: bool = False, **facts: Any) -> bytes:
        return self.send(self.reply(replies.build_sre, tcn, identified=identified, **facts))

    def idr(self, tcn: str = "SIB-0000000002") -> bytes:
        return self.send(self.reply(replies.build_idr_no_match, tcn))


class Desk:
    """Casework over a fresh database and vault."""

    def __init__(self, directory: Path, keys: Keys) -> None:
        self.policy = POLICY
        self.database = Database(directory / "core.sqlite", MIGRATIONS)
        self.vault = Vault(directory / "vault", keys.station.storage_key)
        self.casework = Casework(self.database, self.vault, keys.station, SetClock(NOW), lambda: self.policy)

    async def sent(self, content_sha256: str, *, tcn: str = TCN, booking: BookingId = BOOKING, numbers: bool = True) -> None:
        """Everything up to the handover is recorded."""
        for kind in (EventKind.CAPTURED, EventKind.QUALITY_PASSED, EventKind.CHECKED):
            await self.casework.record(booking, kind, NOW)
        await self.casework.record(
            booking,
            EventKind.SEALED,
            NOW,
            tcn=tcn,
            content_sha256=content_sha256,
            envelope_sha256="e" * 64,
            fbi_numbers=(FBI_NUMBER,) if numbers else (),
            state_id=STATE_ID if numbers else None,
        )
