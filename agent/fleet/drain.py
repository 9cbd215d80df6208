"""No booking is opened for some minutes, since an administrator said so. What is open goes on; sending goes on; time ends it by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.clock import Clock
from agent.errors import LivescanError
from agent.fleet import book
from agent.fleet.command import DRAIN_MOST
from agent.store.database import Database


class Drained(LivescanError):
    """No booking is opened for the moment."""


class Drain:
    """heeded: whether the settings still name an administrator; where they do not, nobody drains this station."""

    def __init__(self, database: Database, clock: Clock, *, heeded: bool) -> None:
        self._database = database
        self._clock = clock
        self._heeded = heeded

    async def until(self) -> datetime | None:
        """UTC; None when bookings are opened. A clock that was set back prolongs nothing beyond the longest drain."""
        until, now = await self._database.read(book.draining_until), self._clock.now()
        holds = self._heeded and until is not None and now < until <= now + timedelta(minutes=DRAIN_MOST)
        return until if holds else None

    async def begin(self, minutes: int) -> datetime | None:
        """0 minutes: bookings are opened again."""
        until = self._clock.now() + timedelta(minutes=minutes) if minutes else None
        await self._database.write(lambda db: book.drain(db, until))
        return until

    async def require(self) -> None:
        """Before a booking is opened. Raises Drained."""
        if (until := await self.until()) is not None:
            raise Drained(
                f"No booking is opened here until {until:%H:%M} UTC: an administrator drains this station.",
                means="Nothing was opened. What is open can be finished and is sent.",
                do="Use another station, or have it ended: `livescan fleet send`; here by fleet.administrators = [] and `livescan reload`.",
            )
