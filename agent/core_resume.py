"""What a crash left is finished before the core opens its doors."""

from __future__ import annotations

import asyncio

from agent.booking.intake import is_arrival
from agent.casework.inbound_files import is_inbound
from agent.core_keeping import Keeping
from agent.core_taking import Taking


async def resume(of: Keeping, taking: Taking) -> None:
    """Half-opened bookings, messages between arrival and effect, payloads between receipt and release. May be cut short, and done again."""
    await taking.tcns.close_foreign(of.clock.now())
    await taking.casework.resume()
    await asyncio.to_thread(_forget_unopened, of, taking)
    for txid in await asyncio.to_thread(taking.ledger.receipted_in_the_thread):
        await taking.outbound.receipted(txid)


def _forget_unopened(of: Keeping, taking: Taking) -> None:
    """Facts that were written just before a crash, of a booking that nobody was told of: no row, and no print."""
    known = taking.ledger.ids()
    taking.intake.forget_unlisted()
    for name in of.vault.bookings():
        if not (is_inbound(name) or is_arrival(name)) and name not in known and of.vault.names(name) in ((), ("facts",)):
            of.vault.shred(name)
