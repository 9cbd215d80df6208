"""What an officer may ask of a booking on its way out: take it back, let it overtake, do not wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from agent.booking.leaving import Leaving, TooLate
from agent.booking.outbound import Outbound
from agent.booking.say import Say
from agent.handover.core_end import CoreEnd

log = logging.getLogger(__name__)


class Sending:
    """Made inside the loop."""

    def __init__(self, leaving: Leaving, outbound: Outbound, handover: CoreEnd, *, say: Say) -> None:
        self._leaving = leaving
        self._outbound = outbound
        self._handover = handover
        self._say = say
        self._loop = asyncio.get_running_loop()
        outbound.later = self.later
        self._alarm: asyncio.TimerHandle | None = None

    def later(self, seconds: float) -> None:
        """From any thread: offer again then."""
        self._loop.call_soon_threadsafe(self._remind, seconds)

    def _remind(self, seconds: float) -> None:
        """One alarm, the earliest: what waits longer is found when it rings."""
        at = self._loop.time() + seconds
        if self._alarm is not None and not self._alarm.cancelled() and self._loop.time() < self._alarm.when() <= at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(at, self._handover.offer)

    async def undo(self, booking_id: str, officer: str) -> Mapping[str, Any]:
        """Nothing of it is sent; its control number is void. Raises TooLate when its first byte has left."""
        tcn, txid = await self._leaving.undo(booking_id, officer)
        await asyncio.to_thread(self._outbound.forget, txid)
        log.info("booking %s: undone by %s before anything was sent; %s is void", booking_id, officer, tcn)
        self._say({"event": "undone", "booking": booking_id, "tcn": tcn})
        return {"booking": booking_id, "void": tcn}

    async def send_now(self, booking_id: str) -> None:
        await self._leaving.now(booking_id)
        self._handover.offer()

    async def mark_urgent(self, booking_id: str, urgent: bool) -> None:
        """Raises TooLate when there is no such booking."""
        if not await self._leaving.urgent(booking_id, urgent):
            raise TooLate("There is no such booking on this station.", do="`livescan booking list` shows them.")
        self._handover.offer()
