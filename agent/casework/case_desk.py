"""Casework as pages and the command line ask for it: plain values, nothing of a person but what a viewer with the role reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from agent.casework.answer_states import IdentState
from agent.casework.clocks import clocks
from agent.casework.desk import Casework
from agent.casework.error_actions import asked_by
from agent.casework.events import CaseState, EventKind, latest_tcn
from agent.casework.roster import OurBooking, page, read_roster, reconcile
from agent.casework.submission_states import SubmissionState
from agent.casework.viewing import Viewer
from agent.clock import Clock
from agent.handover.instants import write_instant
from agent.model.booking import BookingId
from agent.model.messages import ReplyKind
from agent.policy import Jurisdiction


class Released(Protocol):
    async def __call__(self, booking: BookingId, by: str, *, at: datetime | None = None) -> datetime: ...


_PRINTED = frozenset(SubmissionState) - {SubmissionState.DRAFT}


class CaseDesk:
    """bookings: ids of all on this station. numbers: the jail's number of those that it gave one; others go by their own id.
    released: records that a person has left.
    """

    def __init__(
        self,
        casework: Casework,
        policy: Callable[[], Jurisdiction],
        clock: Clock,
        *,
        station: str,
        bookings: Callable[[], Sequence[BookingId]],
        zone: ZoneInfo,
        released: Released,
        numbers: Callable[[], Mapping[BookingId, str]] = dict,
    ) -> None:
        self._casework = casework
        self._policy = policy
        self._clock = clock
        self._station = station
        self._bookings = bookings
        self._zone = zone
        self._released = released
        self._numbers = numbers

    async def open_items(self) -> Sequence[Mapping[str, Any]]:
        found = await asyncio.to_thread(self._casework.open_items)
        return [{"booking": one.booking, "tcn": one.tcn, "since": write_instant(one.since), "waits_for": one.waits_for} for one in found]

    async def owed(self, booking_id: str) -> Mapping[str, Any]:
        """Clocks of the submission that counts, each with its basis; and why no immigration response is expected, where none is."""
        events = await asyncio.to_thread(self._casework.events, BookingId(booking_id))
        tcn, policy, now = latest_tcn(events), self._policy(), self._clock.now()
        running = clocks(events, tcn, now, policy.clocks, policy.state) if tcn else ()
        off = any(event.kind is EventKind.IMMIGRATION_OFF and event.tcn == tcn for event in events)
        sealed_under = await asyncio.to_thread(self._casework.policy_of, tcn) if tcn else None
        return {
            "tcn": tcn,
            "clocks": [
                {
                    "name": one.name,
                    "basis": one.basis,
                    "started": write_instant(one.started),
                    "due": write_instant(one.due),
                    "mark": one.mark,
                    "words": one.words,
                }
                for one in running
            ],
            "immigration_off": (policy.why_off or "No immigration response was expected when it was sealed.") if off else "",
            "procedure": sealed_under[0] if sealed_under else None,
        }

    async def rejection(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
        """What every message of an ERRT asks for, the bureau's words as sent. Raises ViewRefused."""
        arrived = await asyncio.to_thread(self._casework.inbound, BookingId(booking_id))
        errors = [one.rid for one in arrived if one.taken and one.taken.kind == ReplyKind.ERRT]
        read = [await self._casework.read(rid, viewer) for rid in errors]
        asked = [asked_by(line) for one in read if one is not None for line in one.text.splitlines() if line.strip()]
        return [
            {
                "code": one.code,
                "action": one.action,
                "sentence": one.sentence,
                "fingers": sorted(int(f) for f in one.fingers),
                "text": one.text,
            }
            for one in asked
        ]

    async def reconciled(self, roster: bytes, by: str = "roster") -> Mapping[str, Any]:
        """The jail's list against this station's bookings, by booking number; who has left by it is on record. Raises RosterError."""
        inmates, unreadable = read_roster(roster)
        numbers = await asyncio.to_thread(self._numbers)
        ids = {numbers.get(one, one): one for one in await asyncio.to_thread(self._bookings)}
        ours = await asyncio.to_thread(lambda: [self._ours(number, one) for number, one in ids.items()])
        gone = [(ids[one.booking_number], one) for one in inmates if one.released_at and one.booking_number in ids]
        for booking, one in gone:
            await self._released(booking, by, at=self._as_local(one.released_at))
        found = reconcile(inmates, ours, unreadable)
        now: datetime = self._clock.now()
        lines = [
            {
                "booking_number": one.booking_number,
                "standing": one.standing,
                "arrived_at": one.arrived_at.isoformat() if one.arrived_at else None,
            }
            for one in found.lines
        ]
        released = [one.booking_number for _, one in gone]
        return {
            "lines": lines,
            "unreadable": list(found.unreadable),
            "released": released,
            "page": page(found, station=self._station, printed_at=now),
        }

    def _as_local(self, at: datetime | None) -> datetime | None:
        """A jail that writes no time zone writes its own."""
        return at.replace(tzinfo=self._zone) if at is not None and at.tzinfo is None else at

    def _ours(self, number: str, booking_id: BookingId) -> OurBooking:
        state: CaseState = self._casework.state(booking_id)
        received = state.submission in (SubmissionState.ACKNOWLEDGED, SubmissionState.REJECTED)
        answered = state.ident not in (IdentState.NOT_STARTED, IdentState.AWAITED)
        return OurBooking(number, state.submission in _PRINTED, received, answered)
