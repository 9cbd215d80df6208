"""Where the capture of one booking keeps its impressions: pixels and reports in the vault, then the row that says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from agent.booking.ledger import Ledger
from agent.booking.prints import HAND_AGAIN, Prints
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression


class BookingKeeper:
    """`agent.capture.keeping.Keeper` of one booking. `told`: called after each accepted impression."""

    def __init__(self, booking_id: BookingId, prints: Prints, ledger: Ledger, told: Callable[[Impression], None]) -> None:
        self._id = booking_id
        self._prints = prints
        self._ledger = ledger
        self._told = told

    async def accept(self, impression: Impression) -> None:
        await self._prints.keep(self._id, impression)
        await self._ledger.accept(self._id, impression)
        self._told(impression)

    async def keep_attempt(self, attempt: Impression, instead: int | None) -> None:
        await self._prints.keep_attempt(self._id, attempt, instead)

    async def attempts(self, position: Position) -> Sequence[Impression]:
        return await self._prints.attempts(self._id, position)

    async def stored(self) -> Sequence[Impression]:
        return [await self._prints.impression(self._id, position) for position in sorted(self._ledger.taken(self._id))]

    async def confirmed(self) -> bool:
        return await self._prints.has_file(self._id, HAND_AGAIN)

    async def confirm(self) -> None:
        await self._prints.keep_file(self._id, HAND_AGAIN, b"")

    async def exchange(self, gone: Collection[Position], impressions: Sequence[Impression]) -> None:
        await self._ledger.forget(self._id, gone)
        for impression in impressions:
            await self.accept(impression)
