"""What the uplink tells the core: how far an envelope is, and each message of the bureau, once, on its way to its case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from agent.booking.ledger import Ledger
from agent.booking.outbound import Outbound
from agent.booking.say import Say
from agent.casework.desk import Casework
from agent.casework.events import EventKind

_WORD_OF = {
    "receipt": "received",
    "SRE": "sre",
    "ERRT": "errt",
    "IDR_NO_MATCH": "idr",
    "IDR_MATCH": "idr",
    "IDR_ERROR": "idr",
    "IAR": "iar",
}  # a message's kind to the event that listeners hear


class Inbound:
    """`handover.core_end.InboundSink`."""

    release: Callable[
        [str], Awaitable[None]
    ]  # tells the uplink that an envelope may go; set by who joins the parts, before anything arrives
    tell: Callable[[str], Awaitable[None]]  # the tasks that a message raised

    def __init__(self, ledger: Ledger, casework: Casework, outbound: Outbound, say: Say) -> None:
        self._ledger, self._casework, self._outbound, self._say = ledger, casework, outbound, say

    async def progress(self, txid: str, stage: str, at: datetime) -> None:
        if stage in (EventKind.QUEUED, EventKind.SENT):
            await self._ledger.note(txid, stage, at)
        self._say({"event": stage, "booking": self._ledger.booking_of(txid)})

    async def inbound(self, rid: str, data: bytes) -> None:
        taken = await self._casework.take(rid, data)
        if taken.release_txid is not None:
            for txid in await self._outbound.receipted(taken.release_txid):
                await self.release(txid)
        elif taken.refused_txid is not None:
            await self._ledger.refused(taken.refused_txid)
            await self.release(taken.refused_txid)
        self._say({"event": _WORD_OF.get(taken.kind, "manual"), "booking": taken.booking_id})
        await self.tell(rid)
