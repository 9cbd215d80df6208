"""A gallery at a booking office without devices: real ledger, vault, audit form and files; templates are given, not read from prints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.audit.entries import Entry
from agent.booking.states import BookingState
from agent.calm import Calm
from agent.gallery.desk import GalleryDesk, Parts
from agent.gallery.policy import GalleryPolicy
from agent.gallery.store import GalleryUnreadable
from agent.match.template import Template
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import GrayImage, Impression, ImpressionKind
from tests.booking.office import DEVICE, FACTS, Office
from tests.gallery.people import POLICY


class Station:
    def __init__(self, folder: Path, policy: GalleryPolicy = POLICY) -> None:
        self.office = Office(folder)
        self.said: list[Mapping[str, Any]] = []
        self.noted: list[Entry] = []
        self.read: dict[str, dict[Position, Template]] = {}  # what is read of each booking's prints
        self.clock = self
        self._folder = folder
        self._events: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.start(policy)

    def start(self, policy: GalleryPolicy = POLICY, key: bytes | None = None, *, reads: bool = False) -> None:
        """As after a restart of the core. `reads`: templates are made of the stored prints, by the background's process."""
        of, say = self.office, self.said.append
        parts = Parts(of.ledger, of.prints, of.decoder, self, say, self._listen, self._note, Calm(0, 0))
        self.desk = GalleryDesk(parts, self._folder / "gallery", key or self.office.keys.storage_key, policy)
        if not reads:
            self.desk._taking.templates = self._read  # type: ignore[method-assign]

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return 0.0

    def book(self, number: int, templates: dict[Position, Template], name: str = "TRAINING,SAM", ago: timedelta = timedelta(0)) -> str:
        """A booking whose prints are complete."""
        booking_id = BookingId(f"20261124-{number:08d}")
        facts = replace(FACTS, subject=replace(FACTS.subject, name=name))
        self.read[booking_id] = templates
        self.office.run(self.office.prints.keep_facts(booking_id, facts))
        self.office.run(self.office.ledger.open_booking(booking_id, "o.1", self.moment - ago))
        self.office.run(self.office.ledger.captured(booking_id, self.moment, overridden=False))
        self._events.put_nowait({"event": "captured", "booking": booking_id})
        return booking_id

    def take(self, booking_id: BookingId, prints: Mapping[int, GrayImage]) -> None:
        """Impressions by FGP code, as they would have been accepted."""
        for fgp, pixels in prints.items():
            position = Position(fgp)
            kind = ImpressionKind.ROLLED if position <= Position.LEFT_LITTLE else ImpressionKind.PLAIN
            impression = Impression(position, kind, pixels, 500, 1, DEVICE, self.moment)
            self.office.run(self.office.prints.keep(booking_id, impression))
            self.office.run(self.office.ledger.accept(booking_id, impression))

    def work(self, within: float = 90) -> None:
        """Until everything that was said has been done."""

        async def run() -> None:
            working = asyncio.create_task(self.desk.work())
            try:
                async with asyncio.timeout(within):
                    while not working.done() and not (self._events.empty() and await self._all_done()):
                        await asyncio.sleep(0.02)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

        self.office.run(run())

    def hints(self, booking_id: str, *, names: bool = False) -> list[dict[str, Any]]:
        return self.office.run(self.desk.hints(booking_id, names=names))

    def close(self) -> None:
        self.desk.close()
        self.office.close()

    async def _all_done(self) -> bool:
        if self.desk.trouble:
            return True
        rows = self.office.ledger.bookings(BookingState.CAPTURED)
        try:
            done = await asyncio.to_thread(lambda: self.desk._gallery().done_with([row.id for row in rows]))
        except GalleryUnreadable:  # which the desk is about to find too
            return False
        return len(done) == len(rows)

    async def _listen(self) -> AsyncIterator[Mapping[str, Any]]:
        while True:
            yield await self._events.get()

    async def _note(self, entry: Entry) -> None:
        self.noted.append(entry)

    async def _read(self, booking_id: BookingId) -> dict[Position, Template]:
        return self.read[booking_id]
