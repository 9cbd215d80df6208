"""The facts and prints of a booking in the vault: encrypted under the booking's own key, durable when the call returns."""

from __future__ import annotations

import asyncio

from agent.booking.facts import Facts, facts_from_json, facts_to_json, impression_from_bytes, impression_to_bytes
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.store.vault import Vault

HAND_AGAIN = "hand-again"  # there when the hand was laid down once more


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

    async def keep_attempt(self, booking_id: BookingId, attempt: Impression, instead: int | None = None) -> None:
        """One of a position's attempts, for comparing; `instead`: the number of the one whose place it takes."""
        await asyncio.to_thread(self._keep_attempt, booking_id, attempt, instead)

    async def attempts(self, booking_id: BookingId, position: Position) -> list[Impression]:
        """The attempts that are kept of a position, the first one first."""
        return await asyncio.to_thread(self._attempts, booking_id, _attempt(position))

    async def all_attempts(self, booking_id: BookingId) -> list[Impression]:
        return await asyncio.to_thread(self._attempts, booking_id, _ATTEMPT)

    async def attempt(self, booking_id: BookingId, position: Position, number: int) -> Impression:
        """Raises NotInVault."""
        return impression_from_bytes(await asyncio.to_thread(self._vault.get, booking_id, _attempt(position, number)))

    async def has_file(self, booking_id: BookingId, name: str) -> bool:
        return name in await asyncio.to_thread(self._vault.names, booking_id)

    async def forget_attempts(self, booking_id: BookingId, position: Position) -> None:
        """The position is taken anew: what was tried before is no choice any more, and the hand is to be confirmed anew."""
        await asyncio.to_thread(self._forget_attempts, booking_id, position)

    async def keep_before(self, booking_id: BookingId, tcn: str, position: Position) -> None:
        """The impression that was sent under `tcn` and is to be taken again: it stays, to be seen beside the new one."""
        await asyncio.to_thread(self._keep_before, booking_id, tcn, position)

    async def before(self, booking_id: BookingId) -> list[tuple[str, Position, Impression]]:
        """Every impression that was taken again: the TCN it was sent under, its position, and itself."""
        return await asyncio.to_thread(self._all_before, booking_id)

    async def before_of(self, booking_id: BookingId, tcn: str, position: Position) -> Impression:
        """Raises NotInVault."""
        return impression_from_bytes(await asyncio.to_thread(self._vault.get, booking_id, _before(tcn, position)))

    def _keep_before(self, booking_id: BookingId, tcn: str, position: Position) -> None:
        name = _before(tcn, position)
        if name not in self._vault.names(booking_id):
            self._vault.put(booking_id, name, self._vault.get(booking_id, _name(position)))

    def _all_before(self, booking_id: BookingId) -> list[tuple[str, Position, Impression]]:
        names = [name for name in self._vault.names(booking_id) if name.startswith(_BEFORE)]
        places = [(name, *name.removeprefix(_BEFORE).rsplit("-", 1)) for name in names]
        return [(tcn, Position(int(fgp)), impression_from_bytes(self._vault.get(booking_id, name))) for name, tcn, fgp in places]

    def _keep_attempt(self, booking_id: BookingId, attempt: Impression, instead: int | None) -> None:
        self._vault.put(booking_id, _attempt(attempt.position, attempt.attempt), impression_to_bytes(attempt))
        if instead is not None:
            self._vault.remove(booking_id, _attempt(attempt.position, instead))

    def _attempts(self, booking_id: BookingId, begin: str) -> list[Impression]:
        names = [name for name in self._vault.names(booking_id) if name.startswith(begin)]
        return [impression_from_bytes(self._vault.get(booking_id, name)) for name in names]

    def _forget_attempts(self, booking_id: BookingId, position: Position) -> None:
        for name in self._vault.names(booking_id):
            if name.startswith(_attempt(position)):
                self._vault.remove(booking_id, name)
        self._vault.remove(booking_id, HAND_AGAIN)

    def _keep(self, booking_id: BookingId, impression: Impression) -> None:
        self._vault.put(booking_id, _name(impression.position), impression_to_bytes(impression))

    def _impression(self, booking_id: BookingId, position: Position) -> Impression:
        return impression_from_bytes(self._vault.get(booking_id, _name(position)))


def _name(position: Position) -> str:
    return f"fgp-{int(position):02d}"


_BEFORE = "before-"


def _before(tcn: str, position: Position) -> str:
    """`before-TCN-02`; the vault refuses a TCN that is no name."""
    return f"{_BEFORE}{tcn}-{int(position):02d}"


_ATTEMPT = "attempt-"


def _attempt(position: Position, number: int | None = None) -> str:
    """`attempt-02-0003`, or what the names of all attempts of a position begin with."""
    return f"{_ATTEMPT}{int(position):02d}-" + ("" if number is None else f"{number:04d}")


def _original(impression: Impression) -> str:
    """Named by the pixels: an impression that is taken again has no original."""
    return f"original-{int(impression.position):02d}-{impression.sha256[:32]}"
