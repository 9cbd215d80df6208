"""The core process: its parts in order begun, at work, and ended. One of the two modules that know every part.

Devices, capture, bookings, sealing, casework, the page; no network at all (what the uplink does, it does on the other side of a socket).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from agent import service
from agent.audit.book import AuditError
from agent.audit.entries import Entry as AuditEntry
from agent.audit.entries import Event as AuditEvent
from agent.booking.states import BookingState
from agent.clock import Clock
from agent.core_asking import asking_of
from agent.core_following import following_of
from agent.core_keeping import keeping_of
from agent.core_resume import resume
from agent.core_taking import taking_of
from agent.core_watches import check_record, watch_holds, watch_keys, watch_room
from agent.errors import LivescanError
from agent.reloading import BUSY, Reload
from agent.settings import Settings
from agent.signing.certificates import sha256 as certificate_sha256
from agent.sockets import by_door, handed
from agent.web.serve import listen_local, serve_on, serve_page
from agent.web.textfile import Textfile

log = logging.getLogger(__name__)

_CAPTURE_ENDS_WITHIN = 10.0  # s: a roll that has begun is rolled to its end, judged and stored
_SERVING_ENDS_WITHIN = 3.0  # s: open event streams are given a moment


class Core:
    def __init__(self, settings: Settings, clock: Clock, reload: Reload) -> None:
        """In a running loop. Raises ConfigError and StoreError where a part cannot be built."""
        self._keeping = keeping_of(settings, clock)
        self._taking = taking_of(self._keeping)
        self._following = following_of(self._keeping, self._taking)
        self._asking = asking_of(self._keeping, self._taking, self._following, reload)
        self._reload = reload
        self._tasks: list[asyncio.Task[Any]] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self._stop = asyncio.Event()

    async def start(self) -> None:
        of, taking, following = self._keeping, self._taking, self._following
        with contextlib.suppress(AuditError):  # the gate stays shut, and says why
            await of.settings_watch.started()
        following.retention.shredder.register(following.gallery)
        await following.retention.resume()
        await resume(of, taking)
        of.settings.paths.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        await taking.handover.start()
        await self._open_doors()
        for part in (taking.desk.work(), taking.renewing.run(), *self._watches()):
            await self._begin(part)
        for part in (following.gallery.work(), following.retention.daily(), *self._asked_for(), of.settings_watch.run()):
            await self._begin(part)
        await self._begin(service.watch({"database": of.database.ping, "audit record": self._audit_ping, "threads": _thread}))
        await self._begin(service.tell(self._in_words))
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, self._stop.set)
        self._reload.listen(self._stop, self._busy)

    async def _open_doors(self) -> None:
        """The socket for this machine's programs, and the page's port: by systemd, or taken here."""
        paths, ports = by_door(handed("core"))
        settings, doors = self._keeping.settings, self._asking
        self._serving.add(await self._begin(serve_on(settings.paths.core_socket, doors.api, self._stop, given=paths)))
        if doors.page is not None:
            self._serving.add(await self._begin(serve_page(ports or listen_local(settings.api.port), doors.page, self._stop)))

    def _watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        of, taking = self._keeping, self._taking
        offer = taking.handover.offer
        yield watch_holds(self._following.detainers, of.live.say)
        yield watch_keys(of.enrolling, of.keys, offer=offer, rekeyed=self._rekeyed, look=taking.renewing.look)
        yield watch_room(of.room)
        yield of.feed.run(offer)
        yield check_record(of.audit, of.feed)

    def _asked_for(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What only runs where the settings say so."""
        yield self._asking.reporter.run()
        if self._asking.commands is not None:
            yield self._asking.commands.run()
        if self._asking.drop is not None:
            yield self._asking.drop.run()
        if self._keeping.settings.watch.textfile:
            yield Textfile(Path(self._keeping.settings.watch.textfile), self._asking.v1.health).run()

    async def until_told(self) -> None:
        """Until a signal, or until a part fails: then it raises what that part raised."""
        await self._begin(self._taking.workers.warm())  # after the station is open: nobody waits for it
        waiting: asyncio.Task[Any] = asyncio.create_task(self._stop.wait())
        running = {waiting, *self._tasks}
        while not self._stop.is_set():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        waiting.cancel()

    async def close(self) -> None:
        await self._taking.capture.settle(_CAPTURE_ENDS_WITHIN)
        self._stop.set()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_SERVING_ENDS_WITHIN)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._taking.handover.close()
        await self._taking.capture.close()
        self._taking.workers.close()
        await asyncio.to_thread(self._following.gallery.close)
        await self._taking.casework.at_rest()
        await asyncio.to_thread(self._audit_end)
        self._keeping.close()

    async def _begin(self, part: Coroutine[Any, Any, None]) -> asyncio.Task[Any]:
        task = asyncio.create_task(part)
        self._tasks.append(task)
        await asyncio.sleep(0)
        return task

    def _busy(self) -> str:
        """Why other settings cannot be taken up now; "" when they can."""
        taking = self._taking.ledger.bookings(BookingState.CAPTURING, BookingState.CAPTURED)
        return BUSY if taking else ""

    def _in_words(self) -> str:
        """For `systemctl status`."""
        waiting = len(self._taking.ledger.unreceipted())
        uplink = "connected" if self._taking.handover.connected else "not connected"
        asked = f"; {self._asking.commands.words}" if self._asking.commands is not None and self._asking.commands.words else ""
        room = self._keeping.room.words
        return f"bookings open; scanner {self._taking.capture.words}; uplink {uplink}; {waiting} without receipt; {room}{asked}"

    async def _audit_ping(self) -> None:
        await asyncio.to_thread(self._keeping.audit_book.last)

    def _audit_end(self) -> None:
        if self._keeping.feed.ready():
            with contextlib.suppress(LivescanError):
                self._keeping.audit_book.append(AuditEntry(AuditEvent.STOPPED))
                self._keeping.audit_book.checkpoint()

    async def _rekeyed(self) -> None:
        now = self._keeping.keys.now
        self._taking.sealer.rekey(now.signer, now.bureau, now.revocations)
        self._keeping.audit_book.sign_with(now.signer)
        await self._keeping.audit.note(
            AuditEntry(AuditEvent.KEYS_CHANGED, facts={"certificate": certificate_sha256(now.signer.certificate).hex()})
        )
        log.info("keys: new certificates are in force")
        self._keeping.live.say({"event": "keys", "booking": None})


async def _thread() -> None:
    """Whether the pool of threads still takes work."""
    await asyncio.to_thread(int)
