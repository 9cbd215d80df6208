"""What an officer may ask of a booking on its way out: how it stands, take it back, let it overtake, set it aside, try again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from agent.booking.leaving import Leaving, TooLate
from agent.booking.outbound import Outbound
from agent.booking.queue_view import Moment, view
from agent.booking.say import Say
from agent.clock import Clock
from agent.errors import LivescanError
from agent.handover.core_end import CoreEnd

log = logging.getLogger(__name__)


class NotOwed(LivescanError):
    """There is no such submission that waits for the bureau."""


class Sending:
    """Made inside the loop."""

    def __init__(
        self, leaving: Leaving, outbound: Outbound, handover: CoreEnd, clock: Clock, *, say: Say, stopped: Callable[[], bool]
    ) -> None:
        """`stopped`: nothing is handed over now."""
        self._clock = clock
        self._stopped = stopped
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

    async def queue(self) -> Mapping[str, Any]:
        """Everything that the bureau has not answered, in the order of sending, and what only a person can end."""
        facts = await self._handover.queue()
        owed = await asyncio.to_thread(self._leaving.owed)
        waits = {one.envelope_sha256: self._leaving.waits(one) for one in owed if not one.left}
        return view(owed, Moment(self._clock.now(), waits, facts, stopped=self._stopped()))

    async def retry(self, tcn: str, officer: str) -> Mapping[str, Any]:
        """Sent again at once, whatever stood against it. Raises NotOwed."""
        txid = _owed(await self._leaving.again(tcn))
        log.info("%s: sent again by %s", tcn, officer)
        self._handover.offer()
        self._handover.try_again(txid)
        return {"tcn": tcn, "envelope_sha256": txid}

    async def set_aside(self, tcn: str, officer: str) -> Mapping[str, Any]:
        """Kept and not sent until a person tries again. Raises NotOwed."""
        txid = _owed(await self._leaving.aside(tcn, officer))
        log.warning("%s: set aside by %s; it is kept and not sent", tcn, officer)
        await self._handover.release(txid)
        return {"tcn": tcn, "envelope_sha256": txid}

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


def _owed(txid: str | None) -> str:
    if txid is None:
        raise NotOwed("Nothing of that number waits for the bureau.", means="Nothing was done.", do="`livescan queue` shows all.")
    return txid
