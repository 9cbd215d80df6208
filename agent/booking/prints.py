"""The facts and prints of a booking in the vault: encrypted under the booking's own key, durable when the call returns."""

from __future__ import annotations

import asyncio

from agent.booking.facts import Facts, facts_from_json, facts_to_json, impression_from_bytes, impression_to_bytes
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.store.vault import Vault


class Prints:
    """Blocking writes (fsync) and megabytes of pixels: everything runs on a thread, never on the loop."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def keep_facts(self, booking_id: BookingId, facts: Facts) -> None:
        await asyncio.to_thread(self._vault.put, booking_id, "facts", facts_to_json(facts))

    async def facts(self, booking_id: BookingId) -> Facts:
        return facts_from_json(await asyncio.to_thread(self._vault.get, booking_id, "facts"))

    async def keep(self, booking_id: BookingId, impression: Impression) -> None:
        await asyncio.to_thread(self._keep, booking_id, impression)

    async def impression(self, booking_id: BookingId, position: Position) -> Impression:
        return await asyncio.to_thread(self._impression, booking_id, position)

    async def keep_file(self, booking_id: BookingId, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._vault.put, booking_id, name, data)

    async def keep_original(self, booking_id: BookingId, impression: Impression, data: bytes) -> None:
        """The compressed image that an impression from a file was decoded from: it is sent as it is, not compressed a second time."""
        await self.keep_file(booking_id, _original(impression), data)

    async def original(self, booking_id: BookingId, impression: Impression) -> bytes | None:
        """Those bytes, or None where there are none for these very pixels."""
        name = _original(impression)
        names = await asyncio.to_thread(self._vault.names, booking_id)
        return await self.file(booking_id, name) if name in names else None

    async def file(self, booking_id: BookingId, name: str) -> bytes:
        return await asyncio.to_thread(self._vault.get, booking_id, name)

    def _keep(self, booking_id: BookingId, impression: Impression) -> None:
        self._vault.put(booking_id, _name(impression.position), impression_to_bytes(impression))

    def _impression(self, booking_id: BookingId, position: Position) -> Impression:
        return impression_from_bytes(self._vault.get(booking_id, _name(position)))


def _name(position: Position) -> str:
    return f"fgp-{int(position):02d}"


def _original(impression: Impression) -> str:
    """Named by the pixels: an impression that is taken again has no original."""
    return f"original-{int(impression.position):02d}-{impression.sha256[:32]}"
