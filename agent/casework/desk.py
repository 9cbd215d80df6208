"""Casework of one station: takes what the bureau sends, keeps the record of each booking, shows it.

The order of things for every message: the bytes are in the vault, only then is anything parsed; its row, its effect and its events are one
transaction, and then the message is taken. Its bytes move to their booking's place in the vault after that, while nobody waits. A crash
between any two of these is made good by the message coming again, or by `resume`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from agent.casework import cases, detainers, drafts, inbox, settling, tasks, unread, viewing
from agent.casework.cases import OpenItem
from agent.casework.errors import InboxFull
from agent.casework.events import CaseEvent, CaseState, EventKind
from agent.casework.inbound_files import InboundFiles, place_of
from agent.casework.letters import Unusable, read_letter
from agent.casework.reading import ReadReply
from agent.casework.reading import read as read_reply_for_person
from agent.casework.settling import Decision, NotSettled
from agent.casework.taken import Inbound, Taken
from agent.casework.thread import ThreadStep, state_of, thread_of
from agent.casework.viewing import View, Viewer, ViewRefused, What, what_is
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.policy import Jurisdiction
from agent.signing.keys import ReadingKeys
from agent.store.database import Database
from agent.store.vault import NotInVault, Vault
from agent.submission.reply_forms.answer import ReplyForm
from agent.submission.reply_forms.choose import PROFILE_1

log = logging.getLogger(__name__)

# for the core's database: its first tables, and those that came after the other parts'
FIRST = (cases.CASES_SCHEMA + inbox.INBOX_SCHEMA + detainers.SCHEMA + viewing.SCHEMA,)
LATER = (tasks.SCHEMA + drafts.SCHEMA,)
LAST = (settling.SCHEMA,)
MIGRATIONS = (*FIRST, *LATER, *LAST)  # where there is nothing but casework

LARGEST = 16 * 1024 * 1024  # bytes of an inbound envelope: docs/bureau-contract.md
MOST_UNUSABLE = 500  # inbound messages that prove nothing, whose bytes are kept for a person


class Casework:
    """One per core. Its coroutines belong to the core's loop; `thread`, `state` and `manual_queue` also serve a command line."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        keys: ReadingKeys,
        clock: Clock,
        policy: Callable[[], Jurisdiction],
        *,
        form: ReplyForm = PROFILE_1,
    ) -> None:
        """policy: asked at each use, so that a suspension holds at once; form: how this state's bureau writes its answers."""
        self._form = form
        self._database = database
        self._vault = vault
        self._keys = keys
        self._clock = clock
        self._policy = policy
        self._numbers_key = hmac.new(keys.storage_key, b"livescan-case-numbers/1", hashlib.sha256).digest()
        self._one_at_a_time = asyncio.Lock()
        self._files = InboundFiles(vault, database)

    async def take(self, rid: str, data: bytes) -> Taken:
        """Store one inbound envelope, then judge it; committed when this returns. Any number of times, always with the same answer.

        rid: what the uplink calls it; the digest of the bytes is what counts, so a wrong one is only noted.
        Raises VaultError or DatabaseError when it cannot be stored: then the uplink must keep it.
        """
        digest = hashlib.sha256(data).hexdigest()
        if rid != digest:
            log.warning("casework: the uplink handed over %s under another digest", digest)
        async with self._one_at_a_time:
            known = await self._database.read(lambda db: inbox.find(db, digest))
            if known is None:
                await asyncio.to_thread(self._files.keep, digest, data)
                await self._require_place(digest, data)
            return await self._finish(digest, data, known)

    async def resume(self) -> int:
        """At start-up: finish what a crash left between arrival and effect. How many messages that were."""
        async with self._one_at_a_time:
            left = await self._database.read(inbox.unfinished)
            for one in left:
                await self._finish(one.rid, await asyncio.to_thread(self._files.stored, one), one)
        await self.at_rest()
        await self._tidy()
        await self.at_rest()
        return len(left)

    async def at_rest(self) -> None:
        """Once every message that was taken lies with its booking: before the vault's owner goes, and in tests."""
        await self._files.at_rest()

    async def _tidy(self) -> None:
        """Bytes that were stored and not yet noted are taken now; copies of what lies with its booking go."""
        for rid in self._files.rids():
            one = await self._database.read(partial(inbox.find, rid=rid))
            if not self._files.has_bytes(rid) or (one is not None and one.in_booking):
                await asyncio.to_thread(self._files.forget, rid)  # a key without bytes: the uplink still has them and brings them again
            elif one is None:
                await self.take(rid, await asyncio.to_thread(self._files.waiting, rid))

    async def _require_place(self, rid: str, data: bytes) -> None:
        """A guard of the disk, for whoever has taken over the uplink: of what proves nothing only so much waits here. Raises InboxFull.

        What is more is not taken, and so not acknowledged: the uplink keeps it, and the bureau owes it, until a person has made place.
        """
        full = await self._database.read(inbox.unusable) >= MOST_UNUSABLE
        if len(data) > LARGEST or (
            full and isinstance(await asyncio.to_thread(read_letter, data, self._keys, self._clock.now(), self._form), Unusable)
        ):
            await asyncio.to_thread(self._files.forget, rid)
            raise InboxFull(
                "A message that proves nothing was not taken: too many of them wait for a person, or it is too large.",
                means="The uplink keeps it; receipts and replies are taken as ever.",
                do="Settle what waits: `livescan inbox`.",
            )

    async def decided(self, rid: str, decision: Decision) -> Taken:
        """Carry out what a person decided about a message that waits; committed when this returns. Raises NotSettled, VaultError.

        The officer's words are in the vault first, then row and effect in one transaction, then the bytes move: killed between any two
        of these, it was not decided, or `resume` goes on.
        """
        async with self._one_at_a_time:
            found = await self._database.read(partial(inbox.find, rid=rid))
            if found is None:
                raise NotSettled("There is no such message.", means="Nothing was changed.", do="`livescan inbox` lists what waits.")
            data = await asyncio.to_thread(self._bytes_of, found)
            letter = None if data is None else await asyncio.to_thread(read_letter, data, self._keys, found.arrived_at, self._form)
            await self._database.read(lambda db: settling.require(db, found, letter, decision))
            place = (found.taken.booking_id if found.taken else None) or decision.booking or place_of(rid)
            await asyncio.to_thread(self._vault.put, place, f"why-{rid}", decision.words.encode())
            now = self._clock.now()
            taken = await self._database.write(lambda db: settling.settle(db, found, letter, decision, now))
            if data is not None:
                await self._finish(rid, data, replace(found, taken=taken))
                await self.at_rest()
            return taken

    def _bytes_of(self, one: Inbound) -> bytes | None:
        try:
            return self._files.stored(one)
        except NotInVault:
            return None

    async def record(
        self,
        booking_id: BookingId,
        event_kind: EventKind,
        at: datetime,
        *,
        tcn: str | None = None,
        content_sha256: str | None = None,
        envelope_sha256: str | None = None,
        fbi_numbers: Iterable[str] = (),
        state_id: str | None = None,
    ) -> bool:
        """Add one event of our own to a booking; False when it is recorded already. SEALED needs TCN and both digests; the numbers with it
        (kept as keyed digests) let a reply without TCR and OCA find its booking. Raises NoSuchMove or CaseworkError.
        """
        event = CaseEvent(event_kind, at, tcn, content_sha256, envelope_sha256)
        return await self._database.write(lambda db: self.record_within(db, booking_id, event, fbi_numbers=fbi_numbers, state_id=state_id))

    def record_within(
        self,
        db: sqlite3.Connection,
        booking_id: BookingId,
        event: CaseEvent,
        *,
        fbi_numbers: Iterable[str] = (),
        state_id: str | None = None,
    ) -> bool:
        """`record` as part of somebody's own transaction, so that a change and its event are one."""
        digests = [cases.number_digest(self._numbers_key, "FBI", number) for number in fbi_numbers]
        digests += [cases.number_digest(self._numbers_key, "SID", state_id)] if state_id else []
        if event.kind is not EventKind.SEALED:
            return cases.add(db, booking_id, event)
        return self._sealed_within(db, booking_id, event, digests)

    def _sealed_within(self, db: sqlite3.Connection, booking_id: BookingId, event: CaseEvent, digests: list[str]) -> bool:
        """With the policy of that moment; for a submission that is sealed again, what was said the first time stays."""
        policy = self._policy()
        first = event.tcn is not None and cases.submission(db, event.tcn) is None
        if first and policy.why_off:
            cases.add(db, booking_id, CaseEvent(EventKind.IMMIGRATION_OFF, event.at, event.tcn))
        added = cases.add(db, booking_id, event, once=event.envelope_sha256 or "", numbers=digests)
        tasks.superseded(db, booking_id, event.tcn or "", event.at)
        if first and event.tcn is not None:
            agreement = policy.agreement.reference if policy.agreement.on_file else ""
            cases.note_policy(db, event.tcn, policy.procedure.edition, agreement)
        return added

    def thread(self, booking_id: BookingId) -> tuple[ThreadStep, ...]:
        """Blocks for a read."""
        return self._database.read_now(lambda db: thread_of(cases.events_of(db, booking_id), inbox.of_booking(db, booking_id)))

    def state(self, booking_id: BookingId) -> CaseState:
        """Blocks for a read."""
        return self._database.read_now(lambda db: state_of(cases.events_of(db, booking_id)))

    def events(self, booking_id: BookingId) -> tuple[CaseEvent, ...]:
        """Blocks for a read."""
        return self._database.read_now(lambda db: cases.events_of(db, booking_id))

    def inbound(self, booking_id: BookingId) -> tuple[Inbound, ...]:
        """Every receipt and reply of a booking, in order of arrival. Blocks for a read."""
        return self._database.read_now(lambda db: inbox.of_booking(db, booking_id))

    def manual_queue(self) -> tuple[Inbound, ...]:
        """What waits for a person, oldest first. Blocks for a read."""
        return self._database.read_now(inbox.manual)

    def original(self, rid: str) -> bytes:
        """The bytes of an inbound message as they came. Blocks; raises NotInVault."""
        found = self._database.read_now(lambda db: inbox.find(db, rid))
        return self._files.stored(found or Inbound(rid, self._clock.now(), None))

    async def read(self, rid: str, viewer: Viewer) -> ReadReply | None:
        """A reply for a person with the role and a reason: the view is on record before anything is shown. None for what proves nothing.

        Raises ViewRefused, NotInVault.
        """
        found = await self._database.read(partial(inbox.find, rid=rid))
        taken = found.taken if found else None
        if found is None or taken is None or not taken.verified:
            return None
        what = what_is(taken.kind)
        viewing.allow(viewer, what)
        self._not_while_suspended(what)
        await self.note_view(viewer, what, rid, taken.booking_id)
        letter = await asyncio.to_thread(read_letter, self._files.stored(found), self._keys, found.arrived_at, self._form)
        return read_reply_for_person(letter, found.arrived_at, taken.tied_by)

    def _not_while_suspended(self, what: What) -> None:
        suspended = self._policy().procedure.suspended
        if suspended and what is What.IMMIGRATION:
            raise ViewRefused(
                f"The immigration features are suspended: {suspended}",
                means="The reply is kept as it came and is not shown.",
                do="Ask whoever suspended them.",
            )

    def views(self, booking_id: BookingId | None) -> tuple[View, ...]:
        """Who has looked at what of a booking, when and why. Blocks for a read."""
        opened = partial(self._vault.open_words, viewing.LABEL)
        return self._database.read_now(lambda db: viewing.views_of(db, booking_id, opened))

    async def note_view(self, viewer: Viewer, what: What, of: str, booking: BookingId | None) -> None:
        """On record when this returns: nothing is shown before."""
        now, seal = self._clock.now(), partial(self._vault.seal_words, viewing.LABEL)
        await self._database.write(partial(viewing.note, viewer=viewer, what=what, of=of, booking=booking, at=now, seal=seal))

    def unread(self) -> tuple[unread.Unread, ...]:
        """Replies that nobody has opened, newest first. Blocks for a read."""
        return self._database.read_now(unread.unread)

    def awaited(self) -> tuple[BookingId, ...]:
        """Bookings of which an immigration response is still expected, oldest first. Blocks for a read."""
        return self._database.read_now(unread.awaited)

    def policy_of(self, tcn: str) -> tuple[str, str] | None:
        """(edition of the procedure, agreement) that held when a submission was sealed. Blocks for a read."""
        return self._database.read_now(lambda db: cases.policy_of(db, tcn))

    def open_items(self, limit: int = 500) -> tuple[OpenItem, ...]:
        """Bookings that wait for the bureau, oldest first. Blocks for a read."""
        return self._database.read_now(lambda db: cases.open_items(db, limit))

    async def _finish(self, rid: str, data: bytes, known: Inbound | None) -> Taken:
        taken = known.taken if known and known.taken else await self._settle(rid, data, known)
        if taken.booking_id is not None and not (known and known.in_booking):
            await self._files.move_soon(rid, data, taken.booking_id)
        return taken

    async def _settle(self, rid: str, data: bytes, known: Inbound | None) -> Taken:
        at = known.arrived_at if known else self._clock.now()
        letter = await asyncio.to_thread(read_letter, data, self._keys, at, self._form)

        def settle(db: sqlite3.Connection) -> Taken:
            inbox.arrive(db, rid, at)
            return inbox.settle(db, rid, letter, at, self._numbers_key)

        return await self._database.write(settle)
