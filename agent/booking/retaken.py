"""Impressions that were taken again after a rejection, the old image beside the new one, as an officer looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.booking.desk import describe
from agent.booking.ledger import Ledger
from agent.booking.prints import Prints
from agent.errors import LivescanError
from agent.imaging.photo import beside_png
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression
from agent.store.vault import NotInVault
from agent.workers import Workers

LONGEST = 600  # pixels of one image, the longer side


class Retaken:
    def __init__(self, ledger: Ledger, prints: Prints, workers: Workers) -> None:
        self._ledger = ledger
        self._prints = prints
        self._workers = workers

    async def listed(self, booking_id: str) -> Sequence[dict[str, Any]]:
        """Each old impression with the submission it was sent in, and the one that counts now; None while it is to be taken."""
        booking = self._known(booking_id)
        found = await self._prints.before(booking)
        now = {position: await self._now(booking, position) for _, position, _ in found}
        return [{"tcn": tcn, "fgp": int(at), "words": at.words, "old": describe(old), "new": _told(now[at])} for tcn, at, old in found]

    async def picture(self, booking_id: str, tcn: str, position: Position) -> bytes:
        """One PNG: the old image left, the new one right; the old one alone while there is no new one. Raises LivescanError."""
        booking = self._known(booking_id)
        try:
            old = await self._prints.before_of(booking, tcn, position)
        except NotInVault:
            raise LivescanError("That impression was not taken again.", means="Nothing was shown.") from None
        new = await self._now(booking, position)
        pictures = [one.pixels for one in (old, new) if one is not None]
        return await self._workers.run(beside_png, pictures, LONGEST)

    async def _now(self, booking: BookingId, position: Position) -> Impression | None:
        """The row says which counts: its file may be the old one until the new one is there."""
        return await self._prints.impression(booking, position) if position in self._ledger.taken(booking) else None

    def _known(self, booking_id: str) -> BookingId:
        row = self._ledger.booking(booking_id)
        if row is None:
            raise LivescanError("There is no such booking on this station.", do="`livescan booking list` shows them.")
        return row.id


def _told(impression: Impression | None) -> dict[str, Any] | None:
    return None if impression is None else describe(impression)
