"""A station's casework with a clock and a policy that a test may move, and what the bureau says to it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.casework.clocks import CaseClock, ClockName, clocks
from agent.casework.desk import MIGRATIONS, Casework
from agent.casework.detainer_record import Lodged
from agent.casework.detainers import Detainers
from agent.casework.events import CaseState, EventKind
from agent.casework.taken import Taken
from agent.casework.viewing import LIAISON, Viewer
from agent.clock import SetClock
from agent.model.booking import BookingId
from agent.policy import DetainerPolicy, Jurisdiction
from agent.store.database import Database
from agent.store.vault import Vault
from agent.submission import replies
from agent.submission.replies import Encounter
from tests.casework.bench import BOOKING, NOW, POLICY, TCN, Keys, Office, car

ZONE = ZoneInfo("America/New_York")
LIAISON_LOOKS = Viewer("officer-9", (LIAISON,), "reply of the bureau to booking")
OFFICER_LOOKS = Viewer("officer-1", ("booking_officer",), "reply of the bureau to booking")
FORM = b"%PDF-1.4 a detainer form of a training exercise"
E = EventKind


class Case:
    """One station. Every method runs to its end."""

    def __init__(self, folder: Path, keys: Keys, policy: Jurisdiction = POLICY) -> None:
        self.policy = policy
        self.clock = SetClock(NOW)
        self.database = Database(folder / "core.sqlite", MIGRATIONS)
        self.vault = Vault(folder / "vault", keys.station.storage_key)
        self.casework = Casework(self.database, self.vault, keys.station, self.clock, lambda: self.policy)
        self.detainers = Detainers(self.database, self.vault, self.clock, lambda: self.policy, ZONE)
        self.keys = keys

    def seal(self, tcn: str = TCN, booking: BookingId = BOOKING, *, known: bool = True) -> Office:
        """Everything up to the handover; the bureau that may answer it."""
        content = car(tcn, booking, known=known)
        digests = {"content_sha256": hashlib.sha256(content).hexdigest(), "envelope_sha256": hashlib.sha256(tcn.encode()).hexdigest()}
        for kind in (E.CAPTURED, E.QUALITY_PASSED, E.CHECKED):
            self.record(kind, booking)
        numbers: dict[str, Any] = {"fbi_numbers": ("123456AA7",), "state_id": "ST1234567"} if known else {}
        asyncio.run(self.casework.record(booking, E.SEALED, self.clock.now(), tcn=tcn, **digests, **numbers))
        return Office(self.keys, content)

    def sent_and_received(self, tcn: str = TCN, booking: BookingId = BOOKING) -> None:
        for kind in (E.QUEUED, E.SENT, E.RECEIVED):
            self.record(kind, booking, tcn)

    def record(self, kind: EventKind, booking: BookingId = BOOKING, tcn: str | None = None) -> None:
        asyncio.run(self.casework.record(booking, kind, self.clock.now(), tcn=tcn))

    def take(self, data: bytes) -> Taken:
        return asyncio.run(self.casework.take(hashlib.sha256(data).hexdigest(), data))

    def state(self, booking: BookingId = BOOKING) -> CaseState:
        return self.casework.state(booking)

    def words(self, name: str, booking: BookingId = BOOKING) -> str:
        return next(step.words for step in self.casework.thread(booking) if step.name == name)

    def after(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def clocks(self, tcn: str = TCN, booking: BookingId = BOOKING) -> dict[ClockName, CaseClock]:
        found = clocks(self.casework.events(booking), tcn, self.clock.now(), self.policy.clocks, self.policy.state)
        return {clock.name: clock for clock in found}

    def read(self, taken: bytes, viewer: Viewer = LIAISON_LOOKS) -> Any:
        return asyncio.run(self.casework.read(hashlib.sha256(taken).hexdigest(), viewer))

    def lodge(self, form: str = "I-247A", document: bytes = FORM, booking: BookingId = BOOKING, **more: Any) -> str:
        lodged = Lodged(form, "ICE office of a training exercise", "ICE officer 7", self.clock.now(), **more)
        return asyncio.run(self.detainers.lodge(booking, document, lodged, "officer-9")).id

    def close(self) -> None:
        self.database.close()


def no_match(office: Office, **more: Any) -> bytes:
    return office.send(office.reply(replies.build_idr_no_match, "SIB-IDR-000001", **more))


def match(office: Office, count: int = 1, **more: Any) -> bytes:
    found = [Encounter(f"TRAINING,{n}", "19700101", "XX", "U", f"FIN {n}") for n in range(count)]
    return office.send(office.reply(replies.build_idr_match, "SIB-IDR-000002", encounters=found, **more))


def iar(office: Office, text: str) -> bytes:
    return office.send(office.reply(replies.build_iar, "SIB-IAR-000001", text=text))


def with_detainer_policy(policy: DetainerPolicy) -> Jurisdiction:
    return POLICY.model_copy(update={"detainer": POLICY.detainer.model_copy(update={"policy": policy})})
