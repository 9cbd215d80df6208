"""The gallery at the station: bookings in as soon as their prints are complete, hints out, and what people may do with it.

    captured ─▶ templates (a process of its own, low priority) ─▶ search ─▶ hints kept and told ─▶ enrolled

Nothing here holds a booking up or changes it: what goes wrong is logged, told in `show`, and the booking goes on. Killed at any point it
does the booking once more at the next start, with the same hints.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.audit.entries import Entry, Event
from agent.booking.ledger import BookingRow, Ledger
from agent.booking.prints import Prints
from agent.booking.say import Say
from agent.booking.states import BookingState
from agent.calm import Calm
from agent.clock import Clock
from agent.decoding.desk import Decoder
from agent.errors import LivescanError
from agent.gallery.gallery import FILE, Gallery
from agent.gallery.hints import Hint, Said, judge, of_officers
from agent.gallery.policy import GalleryPolicy
from agent.gallery.store import GalleryStore, GalleryUnreadable
from agent.gallery.taking import Taking, Templates
from agent.gallery.telling import told
from agent.match.extract import has_accurate
from agent.model.booking import BookingId
from agent.model.fingers import Position

log = logging.getLogger(__name__)

PURGE_EVERY = 3600.0  # s
_COMPLETE = frozenset(("captured", "imported"))  # events after which a booking's prints are all there


@dataclass(frozen=True)
class Parts:
    """What the gallery stands on."""

    ledger: Ledger
    prints: Prints
    decoder: Decoder
    clock: Clock
    say: Say
    listen: Callable[[], AsyncIterator[Mapping[str, Any]]]
    note: Callable[[Entry], Awaitable[None]]  # to the audit record; raises AuditError, then nothing is destroyed
    calm: Calm


class GalleryDesk:
    def __init__(self, parts: Parts, folder: Path, storage_key: bytes, policy: GalleryPolicy) -> None:
        self._parts = parts
        self._folder = folder
        self._storage_key = storage_key
        self._policy = policy
        self._taking = Taking(parts.ledger, parts.prints, parts.decoder, parts.calm)
        self._opening = threading.Lock()
        self._opened: Gallery | None = None
        self.trouble = ""  # why prints are not compared, in a sentence

    async def work(self) -> None:
        """For ever: what is complete is looked for and enrolled, what is too old goes. Cancel it to stop."""
        heard: asyncio.Queue[BookingId] = asyncio.Queue()
        listening = asyncio.create_task(self._hear(heard))
        try:
            await self._guarded(self.purge())
            for booking_id in await self._guarded(self._left_over()) or []:
                heard.put_nowait(booking_id)
            while True:
                await self._next(heard)
        finally:
            listening.cancel()

    def forget(self, bookings: Collection[str]) -> None:
        """Nothing of these bookings is left in it, in memory or on disk, when this returns. From any thread. Raises LivescanError."""
        try:
            self._gallery().forget(bookings)
        except GalleryUnreadable:  # what cannot be read can be destroyed
            store = GalleryStore(self._folder / FILE, self._storage_key)
            store.delete(bookings)
            store.close()

    async def hints(self, booking_id: str, *, names: bool = False) -> list[dict[str, Any]]:
        """What was found for a booking, in JSON values, the likeliest first; `names`: with the other booking's name from its own record."""
        row = self._parts.ledger.booking(booking_id)
        try:
            given = await asyncio.to_thread(lambda: self._gallery().hints.of(booking_id))
        except LivescanError:  # told in `show`; a booking is shown all the same
            return []
        return [] if row is None else [await told(row, one, self._parts.prints, names=names) for one in given]

    async def say_why(self, booking_id: str, other: str, said: str, officer: str) -> None:
        """The officer's word on a hint. Raises LivescanError."""
        if said not in list(Said):
            raise LivescanError("That is no word for a hint.", means="Nothing was noted.", do=f"Give one of: {', '.join(Said)}.")
        now = self._parts.clock.now()
        await asyncio.to_thread(lambda: self._gallery().hints.say(booking_id, other, Said(said), officer, now))

    async def show(self) -> dict[str, Any]:
        """How many, since when, how large, by which rules. Nobody's prints."""
        return await asyncio.to_thread(self._show)

    async def purge(self, who: str = "station") -> list[str]:
        """What the policy lets go, now. The bookings whose templates went."""
        gone = await asyncio.to_thread(lambda: self._gallery().purge(self._parts.clock.now()))
        if gone:
            log.info("gallery: templates of %d bookings were let go", len(gone))
            await self._parts.note(Entry(Event.PURGED, who, facts={"count": len(gone), "why": "gallery"}))
        return gone

    async def expunge(self, booking_id: str, who: str) -> dict[str, Any]:
        """Take one booking's templates out for good, and look for them; the booking itself stays."""
        row = self._parts.ledger.booking(booking_id)
        known = None if row is None else str(row.id)
        await self._parts.note(Entry(Event.EXPUNGED, who, known, facts={"why": "gallery"}))
        proof = await asyncio.to_thread(lambda: self._gallery().expunge(booking_id))
        log.info("gallery: booking %s was expunged, %d traces are left", booking_id if known else "unknown", proof.found)
        return asdict(proof)

    async def keep_officer(self, officer: str, fingers: Mapping[Position, bytes], ppi: int) -> list[int]:
        """An officer leaves templates of own fingers, from picture files. The fingers that were kept. Raises LivescanError."""
        if not self._policy.officers:
            raise LivescanError("This station keeps no officer's fingers.", means="Nothing was kept.", do="Set 'officers' in gallery.toml.")
        made = await self._taking.of_files(fingers, ppi)
        if not made:
            raise LivescanError(
                "None of the pictures shows a finger.", means="Nothing was kept.", do="Give pictures of one fingertip each."
            )
        await asyncio.to_thread(lambda: self._gallery().keep_officer(officer, self._parts.clock.now(), made))
        return [int(finger) for finger in made]

    async def forget_officer(self, officer: str) -> bool:
        return await asyncio.to_thread(lambda: self._gallery().forget_officer(officer))

    def close(self) -> None:
        self._taking.close()
        with self._opening:
            if self._opened is not None:
                self._opened.close()

    def _gallery(self) -> Gallery:
        """Opened at its first use. Blocking. Raises LivescanError."""
        with self._opening:
            if self._opened is None:
                self._opened = Gallery(self._folder, self._storage_key, self._policy)
            return self._opened

    async def _hear(self, heard: asyncio.Queue[BookingId]) -> None:
        async for event in self._parts.listen():
            if event.get("event") in _COMPLETE:
                self._parts.calm.stir()  # the officer goes to the next page now
                heard.put_nowait(BookingId(str(event["booking"])))

    async def _next(self, heard: asyncio.Queue[BookingId]) -> None:
        try:
            async with asyncio.timeout(PURGE_EVERY):
                booking_id = await heard.get()
        except TimeoutError:
            await self._guarded(self.purge())
            return
        await self._guarded(self._take(booking_id))
        if heard.empty():
            self._taking.rest()

    async def _guarded(self, doing: Awaitable[Any]) -> Any:
        """What goes wrong here never reaches a booking."""
        try:
            done = await doing
        except LivescanError as error:
            self.trouble = str(error)
            log.error("gallery: %s", error)
            return None
        except Exception as error:
            self.trouble = f"A fault in the program ({type(error).__name__}): prints are not compared with earlier bookings."
            log.exception("gallery: a fault in the program")
            return None
        self.trouble = ""
        return done

    async def _left_over(self) -> list[BookingId]:
        """Bookings of the time that is kept whose prints were never looked at: a crash, or a station that had no gallery."""
        if not self._policy.enabled:
            return []
        since = self._parts.clock.now() - self._policy.kept
        rows = await asyncio.to_thread(lambda: self._parts.ledger.bookings(BookingState.CAPTURED, BookingState.SEALED))
        recent = [row.id for row in rows if row.opened_at >= since][-self._policy.subjects :]
        done = set(await asyncio.to_thread(lambda: self._gallery().done_with(recent)))
        return [one for one in recent if one not in done]

    async def _take(self, booking_id: BookingId) -> None:
        row = self._parts.ledger.booking(booking_id)
        if row is None or not self._policy.enabled:
            return
        gallery = await asyncio.to_thread(self._gallery)
        templates = await self._taking.templates(row.id)
        hints = [*await self._like(gallery, row, templates), *await self._officers(gallery, templates)]
        now = self._parts.clock.now()
        new = await asyncio.to_thread(lambda: gallery.hints.give(row.id, hints, now))
        await asyncio.to_thread(lambda: gallery.enrol(row.id, row.opened_at, templates))
        if self._parts.ledger.booking(row.id) is None:  # destroyed meanwhile
            await asyncio.to_thread(lambda: gallery.forget([row.id]))
            return
        log.info("gallery: booking %s: %d fingers, %d hints", row.id, len(templates), len(hints))
        self._tell(row.id, new)
        await self.purge()

    async def _like(self, gallery: Gallery, row: BookingRow, templates: Templates) -> list[Hint]:
        async def near(small: Any) -> Any:
            return await asyncio.to_thread(lambda: gallery.near(small, without=[row.id]))

        return list(judge(await self._taking.candidates(gallery, templates, near), row.opened_at, self._policy))

    async def _officers(self, gallery: Gallery, templates: Templates) -> list[Hint]:
        officers = await asyncio.to_thread(gallery.officers) if self._policy.officers else {}
        return list(of_officers(await self._taking.officers(templates, officers)))

    def _tell(self, booking_id: str, new: Collection[Hint]) -> None:
        for hint in new:
            self._parts.say({"event": "hint", "booking": booking_id, "kind": hint.kind, "other": hint.other})

    def _show(self) -> dict[str, Any]:
        if self.trouble and self._opened is None:
            return {"trouble": self.trouble, "policy": self._policy.model_dump()}
        gallery = self._gallery()
        every = gallery.subjects()
        return {
            "subjects": len(every),
            "searchable": gallery.searchable,
            "officers": len(gallery.officers()),
            "oldest": every[0].at.isoformat(timespec="seconds") if every else None,
            "bytes": gallery.size(),
            "extractor": "leader" if has_accurate() else "mindtct",
            "policy": self._policy.model_dump(),
            "trouble": self.trouble,
        }
