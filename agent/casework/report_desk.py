"""Reports for oversight, counted from what was done here in a span of days; a reply is never counted (SOP 1.0, 2.2.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.casework.desk import Casework
from agent.casework.detainer_states import DetainerEvent
from agent.casework.detainers import Detainers
from agent.casework.drafts import DraftKind, Drafts
from agent.casework.errors import CaseworkError
from agent.casework.events import EventKind
from agent.casework.reports import Counted, public, rates
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.policy import Jurisdiction

# booking, opened at, booking officer, group as typed in
Opened = tuple[BookingId, datetime, str, str]


class ReportDesk:
    """opened: the bookings of this station that were opened from one moment up to another; blocks."""

    def __init__(
        self,
        *,
        casework: Casework,
        detainers: Detainers,
        drafts: Drafts,
        clock: Clock,
        policy: Callable[[], Jurisdiction],
        zone: ZoneInfo,
        opened: Callable[[datetime, datetime], Sequence[Opened]],
    ) -> None:
        self._casework = casework
        self._detainers = detainers
        self._drafts = drafts
        self._clock = clock
        self._policy = policy
        self._zone = zone
        self._opened = opened

    async def rates(self, first: date, last: date) -> Mapping[str, Any]:
        """By officer and group, for those who supervise. Raises CaseworkError."""
        rows = await asyncio.to_thread(self._counted, first, last)
        told = [
            {
                "officer": officer,
                "group": group,
                **asdict(rate),
                "shares": dict(zip(("submitted", "held", "queried"), rate.shares, strict=True)),
            }
            for (officer, group), rate in rates(rows).items()
        ]
        return {"from": first.isoformat(), "to": last.isoformat(), "rates": told}

    async def public(self, first: date, last: date) -> Mapping[str, Any]:
        """Numbers only; None is a count that is not told. Raises CaseworkError."""
        smallest = self._policy().report.smallest_cell
        rows = await asyncio.to_thread(self._counted, first, last)
        return {"from": first.isoformat(), "to": last.isoformat(), "smallest_cell": smallest, **asdict(public(rows, smallest))}

    def today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _counted(self, first: date, last: date) -> list[Counted]:
        if last < first:
            raise CaseworkError("The span ends before it begins.", means="Nothing was counted.", do="Give the first day, then the last.")
        begin = datetime(first.year, first.month, first.day, tzinfo=self._zone)
        end = datetime.combine(date.fromordinal(last.toordinal() + 1), begin.timetz())
        return [self._one(booking, officer, group) for booking, _, officer, group in self._opened(begin, end)]

    def _one(self, booking: BookingId, officer: str, group: str) -> Counted:
        submitted = any(event.kind is EventKind.SEALED for event in self._casework.events(booking))
        held = any(one.at(DetainerEvent.HOLD_STARTED) is not None for one in self._detainers.of_booking(booking))
        queried = any(one.kind is DraftKind.QUERY for one in self._drafts.of_booking(booking))
        return Counted(officer, group, submitted, held, queried)
