"""What the core looks at now and then, beside its work: running holds, room on the disk, keys, and once the audit record of the past."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from agent.audit.desk import AuditDesk
from agent.audit.entries import Entry, Event
from agent.audit.feed import AuditFeed
from agent.booking.say import Say
from agent.casework.detainers import Detainers
from agent.errors import LivescanError
from agent.log_events import LogEvent, about
from agent.signing.enrol import Enrolling
from agent.signing.ring import LOOK_EVERY, KeyRing
from agent.store.room import Room

log = logging.getLogger(__name__)

_HOLDS_EVERY = 30.0  # s between two looks at running holds
_ROOM_EVERY = 2.0  # s between two looks at the disk


async def watch_holds(detainers: Detainers, say: Say) -> None:
    """The limit of a detainer's hold is on record when it comes, and said: release unless another lawful basis."""
    while True:
        for detainer in await _limits_reached(detainers):
            log.warning(
                "detainer %s: the limit has been reached: release unless another lawful basis",
                detainer[:12],
                extra=about(LogEvent.HOLD_LIMIT, detainer=detainer[:12]),
            )
            say({"event": "hold_limit", "detainer": detainer})
        await asyncio.sleep(_HOLDS_EVERY)


async def _limits_reached(detainers: Detainers) -> Sequence[str]:
    """A booking that is destroyed meanwhile, or a file that cannot be read, stops neither the look at the others nor the station."""
    try:
        return await detainers.watch()
    except LivescanError as error:
        log.error("detainers: running holds could not be looked at: %s", error)
        return ()


async def watch_room(room: Room) -> None:
    """The ballast is given up while there is need, so that receipts are kept and payloads go; then reserved again."""
    there = True
    while True:
        before, there = there, await asyncio.to_thread(room.look)
        if before and not there:
            log.error(
                "room: the disk is all but full, or has no room for the ballast; no booking is opened below the floor",
                extra=about(LogEvent.ROOM_LOW),
            )
        await asyncio.sleep(_ROOM_EVERY)


async def watch_keys(
    enrolling: Enrolling,
    keys: KeyRing,
    *,
    offer: Callable[[], None],
    rekeyed: Callable[[], Awaitable[None]],
    look: Callable[[], Awaitable[None]],
) -> None:
    """A renewed certificate, the bureau's next one, a revocation list: in force within seconds, without a restart.

    rekeyed: when something is new. look: each time, at what waits for it.
    """
    while True:
        await asyncio.to_thread(enrolling.ask_for_due)
        if await asyncio.to_thread(enrolling.requests):
            offer()
        await asyncio.sleep(LOOK_EVERY)
        if await asyncio.to_thread(keys.look):
            await rekeyed()
        await look()


async def check_record(audit: AuditDesk, feed: AuditFeed) -> None:
    """Beside the work, since a year's record is long. One that is broken is said so, and goes on."""
    verdict = await audit.verdict()
    if verdict.fault is not None:
        log.error(
            "audit: %s Keep the file, and tell whoever audits this station", verdict.fault.sentence, extra=about(LogEvent.AUDIT_BROKEN)
        )
        feed.broken = verdict.fault.sentence
        await audit.note(Entry(Event.AUDIT_BROKEN, facts={"count": verdict.fault.n}))
