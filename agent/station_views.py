"""What pages and the command line ask of the core: web.api.Station, answered in JSON values, nothing of the person in them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from agent.access.breached import BreachedList
from agent.audit.feed import AuditFeed
from agent.booking.desk import Desk, describe
from agent.booking.facts import Facts
from agent.booking.ledger import BookingRow, Ledger
from agent.booking.prints import Prints
from agent.booking.records import Records
from agent.booking.states import BookingState
from agent.capture.station import StationCapture
from agent.casework.desk import Casework
from agent.casework.taken import Inbound
from agent.clock import Clock
from agent.gallery.desk import GalleryDesk
from agent.handover.core_end import CoreEnd
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.settings import Settings
from agent.signing.inventory import inventory, warnings
from agent.signing.ring import KeyRing
from agent.store.room import Room
from agent.web.bodies import Decision
from agent.web.capturing import answer_to
from agent.web.vouching import require_vouched


@dataclass(frozen=True)
class ViewedParts:
    """The parts of the core that are looked at."""

    settings: Settings
    clock: Clock
    room: Room
    desk: Desk
    capture: StationCapture
    ledger: Ledger
    prints: Prints
    records: Records
    casework: Casework
    handover: CoreEnd
    keys: KeyRing
    feed: AuditFeed
    gallery: GalleryDesk
    breached: BreachedList


_MOST_KNOWN = 700  # descriptions: fifty bookings


class StationViews:
    def __init__(self, parts: ViewedParts) -> None:
        self._of = parts
        self._known: dict[tuple[BookingId, Position, str, int], dict[str, Any]] = {}

    async def open_booking(self, facts: Facts, officer: str) -> BookingId:
        await asyncio.to_thread(self._of.room.require)
        return await self._of.desk.open(facts, officer)

    async def resume(self, booking_id: BookingId) -> None:
        await self._of.desk.resume(booking_id)

    async def decide(self, booking_id: str, said: Decision) -> None:
        """The officer's answer to the capture's question."""
        require_vouched(said, self.asked_now(booking_id), booking_id)
        self._of.capture.answer(booking_id, answer_to(said, self._of.clock.now()))

    def asked_now(self, booking_id: str) -> Mapping[str, Any] | None:
        """The question of the capture that waits for an answer."""
        return self._of.capture.asked_now(booking_id)

    async def status(self) -> Mapping[str, Any]:
        of = self._of
        return {
            "station": of.settings.station.id,
            "environment": of.settings.station.environment,
            "scanner": of.capture.status(),
            "uplink": of.handover.connected,
            "room": await asyncio.to_thread(lambda: of.room.words),
            "open": len(of.ledger.bookings(BookingState.CAPTURING, BookingState.CAPTURED)),
            "unreceipted": len(of.ledger.unreceipted()),
            "manual": len(of.casework.manual_queue()),
            "keys": await asyncio.to_thread(self._key_warnings),
            "kept_in": {"signing": of.keys.signer.kept, "opening": of.keys.openers[0].kept},
            "audit": of.feed.trouble or of.feed.broken,
            "passwords": await asyncio.to_thread(of.breached.complaint, of.clock.now()),
        }

    async def bookings(self) -> Sequence[Mapping[str, Any]]:
        return await asyncio.to_thread(lambda: [self._summary(row) for row in self._of.ledger.bookings()])

    async def booking(self, booking_id: str) -> Mapping[str, Any] | None:
        row = self._of.ledger.booking(booking_id)
        if row is None:
            return None
        impressions = [await self._described(row.id, *one) for one in sorted(self._of.ledger.stored(row.id).items())]
        hints = await self._of.gallery.hints(row.id)
        return await asyncio.to_thread(lambda: {**self._summary(row), **self._course(row.id), "impressions": impressions, "hints": hints})

    async def _described(self, booking_id: BookingId, position: Position, sha256: str) -> dict[str, Any]:
        """Asked again and again while prints are taken, of megabytes that do not change: kept, without their pixels.

        The same pixels may be stored once more with an officer's reason, so what is being captured is read anew after each acceptance.
        """
        key = (booking_id, position, sha256, self._of.capture.view.now.accepted)
        if key not in self._known:
            found = describe(await self._of.prints.impression(booking_id, position))
            self._known = dict([*self._known.items()][-_MOST_KNOWN:]) | {key: found}
        return self._known[key]

    def _course(self, booking_id: BookingId) -> dict[str, Any]:
        """What has become of a booking, step by step."""
        casework = self._of.casework
        return {
            "thread": [{"name": step.name, "at": _instant(step.at), "words": step.words} for step in casework.thread(booking_id)],
            "question": self.asked_now(booking_id),
            "submissions": self._submissions(booking_id),
            "events": [{"kind": event.kind, "at": _instant(event.at), "tcn": event.tcn} for event in casework.events(booking_id)],
            "inbound": [_inbound(one) for one in casework.inbound(booking_id)],
        }

    def _submissions(self, booking_id: BookingId) -> list[dict[str, Any]]:
        corrects = self._of.records.corrected_by(booking_id)
        rows = self._of.ledger.submissions(booking_id)
        return [asdict(one) | {"made_at": _instant(one.made_at), "tcr": corrects.get(one.tcn)} for one in rows]

    def _summary(self, row: BookingRow) -> dict[str, Any]:
        steps = reversed(self._of.casework.thread(row.id))
        return {
            "booking": row.id,
            "station": self._of.settings.station.id,
            "opened_at": _instant(row.opened_at),
            "state": row.state,
            "held_why": row.held_why,
            "kinds": sorted({event.kind for event in self._of.casework.events(row.id)}),
            "stands_at": next((step.words for step in steps if step.at is not None), "Opened."),
        }

    def taken(self, booking_id: str) -> frozenset[int]:
        """Positions that are stored."""
        return frozenset(int(one) for one in self._of.ledger.taken(BookingId(booking_id)))

    def _key_warnings(self) -> list[str]:
        """What a person must do about certificates, until it is done."""
        keys = self._of.keys
        found = list(warnings(inventory(keys.directory, self._of.clock.now())))
        return [*found, keys.complaint] if keys.complaint else found


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")


def _inbound(one: Inbound) -> dict[str, Any]:
    taken = one.taken
    return {
        "rid": one.rid,
        "arrived_at": _instant(one.arrived_at),
        "kind": None if taken is None else taken.kind,
        "tied_by": None if taken is None else taken.tied_by,
        "verified": taken is not None and taken.verified,
        "answers_sha256": None if taken is None else taken.answers_sha256,
        "manual": None if taken is None else taken.manual,
    }
