"""Sealed envelopes that wait for their receipt: what the uplink is given, as often as it asks.

The core keeps every envelope until it has itself verified the bureau's receipt; an uplink that lost its disk is given it again.
The file is on disk before its row says so; a file without a row is what a crash left behind, and is removed at the start.
What may still be undone (`leaving`) is not offered; that it leaves is on disk before its first byte is read.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from agent.booking.leaving import Leaving
from agent.booking.ledger import Ledger
from agent.booking.say import Say
from agent.errors import LivescanError
from agent.handover.core_end import HandoverItem
from agent.model.messages import Envelope
from agent.store.files import make_folder, sync_folder, write_durably

URGENT, NORMAL = 0, 5  # handover priority, 0 .. 9


class OutboundError(LivescanError):
    """A sealed envelope cannot be kept or read."""


class Outbound:
    """Implements the handover's `EnvelopeSource`."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        station: str,
        *,
        leaving: Leaving,
        say: Say,
    ) -> None:
        self._leaving = leaving
        self.later: Callable[[float], None] = lambda _seconds: None  # called from any thread: ask for `pending` again then
        self.lost: Callable[[str], None] = lambda _txid: None  # called from any thread: the file of that envelope is not usable
        self._say = say
        self._folder = folder
        self._ledger = ledger
        self._station = station
        make_folder(folder)
        self._sweep()

    async def keep(self, envelope: Envelope) -> None:
        """On the disk when this returns. Raises OutboundError when it cannot be written."""
        try:
            await asyncio.to_thread(write_durably, self._path(envelope.envelope_sha256), envelope.data)
        except OSError as error:
            raise OutboundError(
                f"The sealed envelope cannot be written: {error.strerror}.",
                means="The booking is not sent yet; its prints are safe.",
                do="Free disk space, then `livescan booking resume`.",
            ) from error

    def pending(self) -> Sequence[HandoverItem]:
        """What may leave now, urgent first. Reminds of what must wait."""
        items, soonest = self._leaving.ready(self._item)
        if soonest:
            self.later(soonest)
        return items

    def _item(self, txid: str, urgent: bool) -> HandoverItem:
        return HandoverItem(txid, self._station, URGENT if urgent else NORMAL)

    def load(self, txid: str) -> bytes:
        """The sealed bytes; it cannot be undone any more. Raises TooLate when it was, OutboundError when the file is gone or is not what
        was sealed: `lost` is told, and seals it anew.
        """
        self._leaving.left(txid)
        if not self._whole(txid):
            self.lost(txid)
            raise OutboundError("The file of a sealed envelope is gone or damaged.", means="The booking is sealed anew from its file.")
        return self._path(txid).read_bytes()

    def missing(self) -> Sequence[str]:
        """Envelopes that are to be sent and whose file is gone. What is damaged is found when it is read."""
        there = frozenset(entry.name for entry in os.scandir(self._folder))
        return [txid for txid in self._ledger.unreceipted() if f"{txid}.cms" not in there]

    def _whole(self, txid: str) -> bool:
        try:
            return hashlib.sha256(self._path(txid).read_bytes()).hexdigest() == txid
        except OSError:
            return False

    async def handed_over(self, txid: str, queued_at: datetime) -> None:
        await self._ledger.note(txid, "handed_over", queued_at)
        self._say({"event": "handed_over", "booking": self._ledger.booking_of(txid)})

    def released(self) -> Sequence[str]:
        return self._ledger.unacknowledged_releases()

    async def release_acknowledged(self, txid: str) -> None:
        await self._ledger.release_known(txid)

    async def receipted(self, txid: str) -> list[str]:
        """The receipt has been verified: the row first, then the file, which nobody needs any more. Which envelopes the uplink may let go:
        beside this one those of the same content, if it was sealed anew.
        """
        done = await self._ledger.receipted(txid)
        for name in done or [txid]:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)
        return done or [txid]

    def forget(self, txid: str) -> None:
        """The file of an envelope that was undone or sealed anew; what a crash leaves of it goes at the next start."""
        self._path(txid).unlink(missing_ok=True)

    def _path(self, txid: str) -> Path:
        if len(txid) != 64 or not set(txid) <= set("0123456789abcdef"):
            raise ValueError("a transfer id is 64 lower-case hexadecimal digits")
        return self._folder / f"{txid}.cms"

    def _sweep(self) -> None:
        wanted = set(self._ledger.not_receipted())
        for name in [entry.name for entry in os.scandir(self._folder)]:
            if name.removesuffix(".cms") not in wanted:
                (self._folder / name).unlink()
        sync_folder(self._folder)
