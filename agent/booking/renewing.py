"""What was sealed and can no longer arrive is sealed anew: lost on the disk, sealed to a certificate that the bureau has replaced, or
signed with one that has ended since. Same content under the same control number, in another envelope; the uplink lets the old one go.

Looked for at the start and whenever keys change, beside the work and one after the other, so that no start waits for a backlog.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Protocol

from agent.booking.ledger import Ledger
from agent.booking.outbound import Outbound
from agent.booking.sealing import Sealer
from agent.clock import Clock
from agent.errors import LivescanError
from agent.handover.core_end import CoreEnd
from agent.log_events import LogEvent, about
from agent.signing.certificates import out_of_date
from agent.signing.certificates import sha256 as certificate_sha256
from agent.signing.keys import StationKeys

log = logging.getLogger(__name__)

LOST = "it was gone or damaged on the disk; check the disk's health"
REKEYED = "the keys have changed since it was sealed"


class Keys(Protocol):
    """What `signing.ring.KeyRing` is."""

    @property
    def now(self) -> StationKeys: ...


class Renewing:
    """Made inside the loop. `lost` may be called from any thread."""

    def __init__(self, ledger: Ledger, outbound: Outbound, sealer: Sealer, *, handover: CoreEnd, keys: Keys, clock: Clock) -> None:
        self._ledger = ledger
        self._outbound = outbound
        self._sealer = sealer
        self._handover = handover
        self._keys = keys
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._due: asyncio.Queue[str] = asyncio.Queue()  # lost envelopes
        outbound.lost = self.lost

    def lost(self, txid: str) -> None:
        try:
            self._loop.call_soon_threadsafe(self._due.put_nowait, txid)
        except RuntimeError:  # the loop has ended
            log.info("the sealed envelope %s is lost; it is sealed anew at the next start", txid)

    async def run(self) -> None:
        """For ever. Begins with what was lost, or became useless, while the station was off."""
        for txid in await asyncio.to_thread(self._outbound.missing):
            await self._renew(txid, LOST)
        await self.look()
        while True:
            await self._renew(await self._due.get(), LOST)

    async def look(self) -> None:
        """After the keys have changed; also when a certificate has ended by itself."""
        now, keys = self._clock.now(), self._keys.now
        if out_of_date(keys.signer.certificate, now) is not None:
            return  # what is signed now would be no better
        for txid in await asyncio.to_thread(self._outdated, keys, now):
            await self._renew(txid, REKEYED)

    def _outdated(self, keys: StationKeys, now: datetime) -> list[str]:
        return self._ledger.outdated(certificate_sha256(keys.bureau).hex(), now)

    async def _renew(self, txid: str, why: str) -> None:
        try:
            if await self._sealer.renew(txid) is None:
                return
        except LivescanError as error:
            log.error("the sealed envelope %s cannot be sealed anew: %s", txid, error)
            return
        log.error("the sealed envelope %s was sealed anew: %s", txid, why, extra=about(LogEvent.ENVELOPE_RENEWED, envelope=txid))
        self._outbound.forget(txid)
        await self._handover.release(txid)  # the old one is no use to anybody any more
        self._handover.offer()
