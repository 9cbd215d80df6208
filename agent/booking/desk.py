"""The booking desk: takes bookings one after the other from open to sealed, and resumes what a crash or a power cut left open.

There is one scanner, so one booking is captured at a time; the others wait their turn in the order in which they were opened. What is on
disk decides where a booking goes on: nothing is kept in memory alone.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol

from agent.booking.facts import Facts
from agent.booking.ids import new_booking_id
from agent.booking.keeping import BookingKeeper
from agent.booking.ledger import BookingRow, Ledger
from agent.booking.prints import Prints
from agent.booking.say import Say
from agent.booking.sealing import Sealer
from agent.booking.states import BookingState
from agent.capture.keeping import Keeper
from agent.capture.plan import Step, plan
from agent.clock import Clock
from agent.errors import LivescanError
from agent.log_events import LogEvent, about
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from drivers.errors import DeviceError

log = logging.getLogger(__name__)

_AGAIN_AFTER = 5.0  # s, when even the hold cannot be written: a full disk


Within = Callable[[sqlite3.Connection, BookingId], None]


class Capture(Protocol):
    """What the desk needs of the capture room: take these steps, hand each impression over, return when all are taken."""

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None: ...


class Desk:
    def __init__(
        self,
        *,
        ledger: Ledger,
        prints: Prints,
        capture: Capture,
        sealer: Sealer,
        clock: Clock,
        say: Say,
        offer: Callable[[], None],
        precheck: Callable[[Facts], None],
        cleared: Callable[[BookingId], bool] = lambda _: True,
        may_open: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`may_open`: raises LivescanError while no booking is opened. `precheck`: raises LivescanError for facts that no print can make
        good. `cleared`: whether an officer has yet to say send.
        """
        self._cleared = cleared
        self._may_open = may_open
        self._precheck = precheck
        self._ledger = ledger
        self._prints = prints
        self._capture = capture
        self._sealer = sealer
        self._clock = clock
        self._say = say
        self._offer = offer
        self._wake = asyncio.Event()

    async def open(self, facts: Facts, officer: str, *, early: Within | None = None) -> BookingId:
        """A new booking, on disk when this returns; its capture begins as soon as the scanner is free.

        `early`: opened before all is typed in; what else is written in the transaction that opens it.
        """
        if self._may_open is not None:
            await self._may_open()
        if early is None:
            self._precheck(facts)
        now = self._clock.now()
        booking_id = new_booking_id(now)
        await self._prints.keep_facts(booking_id, facts)
        await self._ledger.open_booking(booking_id, officer, now, early)
        self._say({"event": "opened", "booking": booking_id})
        self._wake.set()
        return booking_id

    async def resume(self, booking_id: BookingId) -> None:
        """Go on with a held booking. Raises LivescanError when there is none of that number or it is not held."""
        row = self._ledger.booking(booking_id)
        if row is None or row.state not in (BookingState.HELD, BookingState.UNDONE):
            raise LivescanError("That booking is neither held nor undone.", do="`livescan booking list` shows where each stands.")
        await self._ledger.resume(booking_id)
        self._wake.set()

    def wake(self) -> None:
        """Something was put on disk for it to go on with."""
        self._wake.set()

    async def work(self) -> None:
        """For ever: the oldest booking that is not sealed and not held. Cancel it to stop."""
        while True:
            self._wake.clear()
            open_bookings = [row for row in self._ledger.bookings(BookingState.CAPTURING, BookingState.CAPTURED) if self._is_due(row)]
            if not open_bookings:
                await self._wake.wait()
            for row in open_bookings:
                await self._go_on(row)

    def _is_due(self, row: BookingRow) -> bool:
        """One whose prints are all there waits for the officer's word, where one is to be given."""
        return row.state is BookingState.CAPTURING or self._cleared(row.id)

    async def _go_on(self, row: BookingRow) -> None:
        try:
            if row.state is BookingState.CAPTURING:
                await self._take_prints(row.id)
            if self._cleared(row.id):
                await self._seal(row.id)
        except (LivescanError, DeviceError) as error:
            await self._hold(row.id, str(error))
        except Exception as error:
            log.exception("booking %s: a fault in the program", row.id)
            await self._hold(row.id, f"A fault in the program ({type(error).__name__}) stopped this booking; its prints are safe.")

    async def _hold(self, booking_id: BookingId, why: str) -> None:
        """One booking waits for a person; the others go on."""
        log.error("booking %s is held: %s", booking_id, why, extra=about(LogEvent.BOOKING_HELD, booking=booking_id))
        try:
            await self._ledger.hold(booking_id, why)
        except LivescanError as error:
            log.error("booking %s: that it is held cannot be written: %s", booking_id, error)
            await asyncio.sleep(_AGAIN_AFTER)
        self._say({"event": "held", "booking": booking_id, "why": why})

    async def _take_prints(self, booking_id: BookingId) -> None:
        """A finger may be marked up to the last moment: the capture goes on until the hand it took is the hand that is marked."""
        before: tuple[Step, ...] = ()
        while (steps := await self._steps(booking_id)) != before or self._lacks(booking_id, steps):
            keeper = BookingKeeper(booking_id, self._prints, self._ledger, partial(self._told, booking_id, len(steps)))
            await self._capture.run(booking_id, steps, self._ledger.taken(booking_id), keeper)
            before = steps
        await self._ledger.captured(booking_id, self._clock.now(), overridden=await self._any_overridden(booking_id))
        self._say({"event": "captured", "booking": booking_id})

    async def _steps(self, booking_id: BookingId) -> tuple[Step, ...]:
        return plan((await self._prints.facts(booking_id)).missing)

    def _lacks(self, booking_id: BookingId, steps: Sequence[Step]) -> bool:
        return not {step.position for step in steps} <= self._ledger.taken(booking_id)

    def _told(self, booking_id: BookingId, of: int, impression: Impression) -> None:
        counted = {"number": len(self._ledger.taken(booking_id)), "of": of}
        self._say({"event": "impression", "booking": booking_id, **counted, **describe(impression)})

    async def _any_overridden(self, booking_id: BookingId) -> bool:
        for position in self._ledger.taken(booking_id):
            if (await self._prints.impression(booking_id, position)).override is not None:
                return True
        return False

    async def _seal(self, booking_id: BookingId) -> None:
        txid = await self._sealer.seal(booking_id)
        self._say({"event": "sealed", "booking": booking_id, "envelope_sha256": txid})
        self._offer()


def describe(impression: Impression) -> dict[str, Any]:
    """An impression in JSON values: position, size and quality, no pixels."""
    quality = impression.quality
    return {
        "fgp": int(impression.position),
        "words": impression.position.words,
        "kind": impression.kind.value,
        "width": impression.width,
        "height": impression.height,
        "ppi": impression.ppi,
        "attempt": impression.attempt,
        "trigger": impression.trigger.value,
        "nfiq2": {} if quality is None else {str(int(f)): q.nfiq2 for f, q in sorted(quality.fingers.items()) if q.nfiq2 is not None},
        "roll": None if impression.roll is None else asdict(impression.roll),
        "override": None if impression.override is None else impression.override.reason,
    }
