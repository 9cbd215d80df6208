"""Sealed envelopes that wait for their receipt: what the uplink is given, as often as it asks.

The core keeps every envelope until it has itself verified the bureau's receipt; an uplink that lost its disk is given it again.
The file is on disk before its row says so; a file without a row is what a crash left behind, and is removed at the start.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from agent.booking.ledger import Ledger
from agent.booking.say import Say
from agent.errors import LivescanError
from agent.handover.core_end import HandoverItem
from agent.model.messages import Envelope
from agent.store.files import make_folder, sync_folder, write_durably


class OutboundError(LivescanError):
    """A sealed envelope cannot be kept or read."""


class Outbound:
    """Implements the handover's `EnvelopeSource`."""

    def __init__(self, folder: Path, ledger: Ledger, station: str, *, say: Say, lost: Callable[[str], None]) -> None:
        """`lost`: called from any thread with the id of an envelope whose file is not usable."""
        self._lost = lost
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
        return [HandoverItem(txid=digest, station=self._station, priority=0) for digest in self._ledger.unreceipted()]

    def load(self, txid: str) -> bytes:
        """The sealed bytes. Raises OutboundError when the file is gone or is not what was sealed; `lost` is told, and seals it anew."""
        if not self._whole(txid):
            self._lost(txid)
            raise OutboundError("The file of a sealed envelope is gone or damaged.", means="The booking is sealed anew from its file.")
        return self._path(txid).read_bytes()

    def damaged(self) -> Sequence[str]:
        """Envelopes that wait for a receipt and whose file is gone or is not what was sealed."""
        return [txid for txid in self._ledger.unreceipted() if not self._whole(txid)]

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

    async def receipted(self, txid: str) -> None:
        """The receipt has been verified: the row first, then the file, which nobody needs any more."""
        await self._ledger.receipted(txid)
        await asyncio.to_thread(self._path(txid).unlink, missing_ok=True)

    def _path(self, txid: str) -> Path:
        if len(txid) != 64 or not set(txid) <= set("0123456789abcdef"):
            raise ValueError("a transfer id is 64 lower-case hexadecimal digits")
        return self._folder / f"{txid}.cms"

    def _sweep(self) -> None:
        wanted = {f"{digest}.cms" for digest in self._ledger.not_receipted()}
        for path in self._folder.iterdir():
            if path.name not in wanted:
                path.unlink()
        sync_folder(self._folder)
