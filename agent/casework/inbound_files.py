"""Where an inbound message lies: in a place of its own until its booking is known, then with its booking, under the booking's key.

It is moved while nobody waits. A crash before, between or after leaves the bytes in one of the two places or in both, and `Casework.resume`
goes on from there.
"""

from __future__ import annotations

import asyncio
import logging

from agent.casework import inbox
from agent.casework.taken import Inbound
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.store.database import Database
from agent.store.vault import NotInVault, Vault

log = logging.getLogger(__name__)

INBOX = "inbox-"
MOST_MOVING = 4  # messages on the way to their bookings
_ENVELOPE = "envelope"


def is_inbound(name: str) -> bool:
    """Whether a place in the vault holds an inbound message, not a booking."""
    return name.startswith(INBOX)


def place_of(rid: str) -> str:
    """Where in the vault a message lies until it has a booking; with a data key of its own."""
    return f"{INBOX}{rid}"


class InboundFiles:
    """One per casework. `move_soon` and `at_rest` belong to the core's loop; everything else blocks."""

    def __init__(self, vault: Vault, database: Database) -> None:
        self._vault = vault
        self._database = database
        self._moving: set[asyncio.Task[None]] = set()

    def keep(self, rid: str, data: bytes) -> None:
        """Raises VaultError."""
        self._vault.put(place_of(rid), _ENVELOPE, data)

    def forget(self, rid: str) -> None:
        """What lies in the message's own place; what lies with its booking stays."""
        self._vault.shred(place_of(rid))

    def stored(self, one: Inbound) -> bytes:
        """Raises NotInVault."""
        try:
            return self.waiting(one.rid)
        except NotInVault:
            if one.taken is None or one.taken.booking_id is None:
                raise
            return self._vault.get(one.taken.booking_id, _name(one.rid))

    def waiting(self, rid: str) -> bytes:
        """Of the message's own place. Raises NotInVault."""
        return self._vault.get(place_of(rid), _ENVELOPE)

    def has_bytes(self, rid: str) -> bool:
        """Whether the message's own place holds it: a crash may have left the place and no more."""
        return _ENVELOPE in self._vault.names(place_of(rid))

    def rids(self) -> tuple[str, ...]:
        """Of every place of a message."""
        return tuple(name.removeprefix(INBOX) for name in self._vault.bookings() if is_inbound(name))

    async def move_soon(self, rid: str, data: bytes, booking: BookingId) -> None:
        """Beside what comes next; a few at most, since each holds a message."""
        while len(self._moving) >= MOST_MOVING:
            await asyncio.wait(self._moving, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._move(rid, data, booking))
        self._moving.add(task)
        task.add_done_callback(self._moving.discard)

    async def at_rest(self) -> None:
        while self._moving:
            await asyncio.wait(self._moving)

    async def _move(self, rid: str, data: bytes, booking: BookingId) -> None:
        """What fails is done at the next start: the bytes stay where they are until then."""
        try:
            await asyncio.to_thread(self._put, rid, data, booking)
            if await self._database.write(lambda db: inbox.moved(db, rid)):
                await asyncio.to_thread(self.forget, rid)
            else:
                for place in (booking, place_of(rid)):
                    await asyncio.to_thread(self._vault.shred, place)
        except LivescanError as error:
            log.error("casework: a message stays in the inbox until the next start: %s", error)

    def _put(self, rid: str, data: bytes, booking: BookingId) -> None:
        if _name(rid) not in self._vault.names(booking):
            self._vault.put(booking, _name(rid), data)


def _name(rid: str) -> str:
    """What it is called among the files of its booking."""
    return f"rx-{rid}"
