"""The core process: builds its parts, joins them, and ends them in order. One of the two modules that know every part.

Devices, capture, bookings, sealing, casework, the page; no network at all (what the uplink does, it does on the other side of a socket).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sqlite3
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette

from agent import fips, service
from agent.access.breached import BreachedList
from agent.access.desk import AccessDesk
from agent.access.passwords import Kept
from agent.access.store import AccessStore
from agent.audit import due as audit_due
from agent.audit.book import AuditBook, AuditError
from agent.audit.desk import AuditDesk
from agent.audit.entries import Entry as AuditEntry
from agent.audit.entries import Event as AuditEvent
from agent.audit.feed import AuditFeed, AuditGate
from agent.booking import corrections, intake, leaving, tcns
from agent.booking import ledger as booking_ledger
from agent.booking.attending import Attending
from agent.booking.corrections import Corrections
from agent.booking.desk import Desk
from agent.booking.importing import Importer
from agent.booking.intake import Intake, is_arrival, sending_cleared
from agent.booking.leaving import Leaving
from agent.booking.ledger import Entry, KnownNumbers, Ledger
from agent.booking.outbound import Outbound
from agent.booking.photos import Photos
from agent.booking.prints import Prints
from agent.booking.records import Parts, Records
from agent.booking.renewing import Renewing
from agent.booking.sealing import Sealer
from agent.booking.sending import Sending
from agent.booking.states import BookingState
from agent.booking.tcns import TcnBook
from agent.capture.station import StationCapture
from agent.casework.desk import FIRST as CASEWORK_FIRST
from agent.casework.desk import LAST as CASEWORK_LAST
from agent.casework.desk import LATER as CASEWORK_LATER
from agent.casework.desk import Casework, is_inbound
from agent.casework.detainers import Detainers
from agent.casework.events import CaseEvent, EventKind
from agent.casework.task_desk import why_locked
from agent.casework_desks import CaseParts, casework_desks, reply_form
from agent.clock import Clock
from agent.core_watches import check_record, watch_holds, watch_keys, watch_room
from agent.counter import Joined, kiosk_of
from agent.errors import LivescanError
from agent.fleet import book as fleet_book
from agent.gallery.desk import GalleryDesk
from agent.gallery.desk import Parts as GalleryParts
from agent.gallery.policy import load_policy
from agent.handover.core_end import CoreEnd
from agent.jail import desk as jail_desk
from agent.jail_counter import CounterParts, counter_of, drop_of
from agent.kiosk.site import Kiosk
from agent.model.booking import BookingId
from agent.policy import PolicyFile
from agent.quality.thresholds import QualityThresholds
from agent.reloading import Reload
from agent.reporting import reporter_of
from agent.retention import rows as retention_rows
from agent.retention.desk import Parts as RetentionParts
from agent.retention.desk import RetentionDesk
from agent.sealed_to import check_for, precheck_for, require_same_station, sealed_to
from agent.settings import PathSettings, Settings, config_dir, read_toml
from agent.settings_watch import SettingsWatch
from agent.signing.certificates import sha256 as certificate_sha256
from agent.signing.enrol import Enrolling
from agent.signing.fips import missing_in_cryptography
from agent.signing.ring import KeyRing
from agent.sockets import by_door, handed
from agent.station_views import StationViews, ViewedParts
from agent.store.database import Database
from agent.store.room import Room, RoomSettings
from agent.store.vault import Vault
from agent.web.api import build_api
from agent.web.guard import Guard, Rules
from agent.web.live import Live
from agent.web.page_door import PageDoor
from agent.web.serve import listen_local, serve_on, serve_page
from agent.web.textfile import Textfile
from agent.workers import Workers

log = logging.getLogger(__name__)

_CAPTURE_ENDS_WITHIN = 10.0  # s: a roll that has begun is rolled to its end, judged and stored
_SERVING_ENDS_WITHIN = 3.0  # s: open event streams are given a moment

# in the order in which they were added; only ever appended to
MIGRATIONS = (
    booking_ledger.SCHEMA,
    *CASEWORK_FIRST,
    tcns.SCHEMA,
    corrections.SCHEMA,
    audit_due.SCHEMA,
    leaving.SCHEMA,
    audit_due.UNDO_SCHEMA,
    retention_rows.SCHEMA,
    *CASEWORK_LATER,
    intake.SCHEMA,
    *CASEWORK_LAST,
    audit_due.INBOX_SCHEMA,
    leaving.SEALED_WITH,
    jail_desk.SCHEMA,
    audit_due.VIEWS_SCHEMA,
    fleet_book.SCHEMA,
)


class Core:
    def __init__(self, settings: Settings, clock: Clock) -> None:  # noqa: PLR0915  a line for each part
        keys = self._keys = KeyRing(settings.paths.keys, settings.station.environment)
        require_same_station(settings, keys)
        fips.require(settings.trust.fips_required, fips.missing_in_python(), missing_in_cryptography())
        renew_before = timedelta(days=settings.trust.renew_before) if settings.trust.est else None
        self._enrolling = Enrolling(keys.directory, clock, renew_before)
        state = settings.paths.state / "core"
        self._settings, self._clock = settings, clock
        self._live = Live()
        self._database = Database(state / "core.sqlite", MIGRATIONS)
        audit = settings.paths.state / "audit"
        self._audit_book = AuditBook(audit, keys.station, keys.signer, clock)
        self._feed = AuditFeed(self._database, self._audit_book, say=self._live.say)
        self._audit = AuditDesk(self._audit_book, self._feed, audit, station=keys.station, ca=keys.ca)
        self._settings_watch = SettingsWatch(settings, self._audit_book, self._audit.note)
        self._room = Room(state, RoomSettings())
        self._room.look()
        self._access_store = AccessStore(settings.paths.state / "access", keys.storage_key)
        kept, origin = Kept.PBKDF2 if settings.trust.fips_required else Kept.ARGON2ID, settings.access.origin
        breached = BreachedList(Path(settings.access.breached) if settings.access.breached else None)
        self._access = AccessDesk(self._access_store, clock, note=self._audit_book.append, origin=origin, kept=kept, breached=breached)
        vault = self._vault = Vault(state / "bookings", keys.storage_key)
        vault.sweep()
        self._prints = Prints(vault)
        self._ledger = Ledger(self._database, self._journal)
        policy = PolicyFile(settings.paths.jurisdiction, state / "suspended")
        self._casework = Casework(self._database, vault, keys, clock, policy, form=reply_form(settings))
        leave = Leaving(self._database, self._journal, clock, timedelta(seconds=settings.delivery.undo))
        self._outbound = Outbound(
            state / "outbound",
            self._ledger,
            settings.station.id,
            leaving=leave,
            say=self._live.say,
        )
        self._workers = Workers(settings.capture.workers)
        self._capture = StationCapture(settings, self._workers, clock, say=self._live.say)
        self._tcns = TcnBook(self._database, settings.station.id)
        photos, corrected = Photos(vault), Corrections(self._database)
        to = sealed_to(settings, keys)
        self._sealer = Sealer(
            ledger=self._ledger,
            prints=self._prints,
            photos=photos,
            tcns=self._tcns,
            corrections=corrected,
            outbound=self._outbound,
            workers=self._workers,
            signer=keys.signer,
            to=to,
            revocations=keys.revocations,
            clock=clock,
            say=self._live.say,
        )
        check = check_for(to.identity, clock)
        source = AuditGate(self._outbound, self._feed)
        self._handover = CoreEnd(_meeting(settings.paths), source=source, sink=self, trust=self._enrolling)
        self._renewing = Renewing(self._ledger, self._outbound, self._sealer, handover=self._handover, keys=keys, clock=clock)
        self._sending = Sending(leave, self._outbound, self._handover, clock, say=self._live.say, stopped=lambda: bool(self._feed.trouble))
        self._desk = Desk(
            ledger=self._ledger,
            prints=self._prints,
            capture=self._capture,
            sealer=self._sealer,
            clock=clock,
            say=self._live.say,
            offer=self._handover.offer,
            precheck=precheck_for(check),
            cleared=partial(sending_cleared, self._database),
        )
        importer = Importer(
            self._ledger,
            self._prints,
            self._workers,
            QualityThresholds.from_toml(read_toml(config_dir() / "quality.toml"), settings.capture.state),
            clock,
        )
        parts = Parts(
            self._ledger, self._prints, photos, corrected, self._tcns, self._sealer, self._outbound, importer, self._workers, clock
        )
        self._records = Records(
            parts,
            camera=settings.camera.source,
            say=self._live.say,
            wake=self._desk.wake,
            offer=self._handover.offer,
            note=self._audit.note,
            locked=partial(why_locked, self._database),
        )
        self._attending = Attending(self._ledger, self._prints, self._capture, self._workers)
        self._detainers = Detainers(self._database, vault, clock, policy, ZoneInfo(settings.station.time_zone))
        self._desks = casework_desks(
            CaseParts(
                settings=settings,
                database=self._database,
                vault=vault,
                clock=clock,
                policy=policy,
                casework=self._casework,
                detainers=self._detainers,
                ledger=self._ledger,
                prints=self._prints,
                records=self._records,
                workers=self._workers,
                say=self._live.say,
            )
        )
        self._gallery = GalleryDesk(
            GalleryParts(self._ledger, self._prints, clock, self._live.say, self._live.listen, self._audit.note),
            state / "gallery",
            keys.storage_key,
            load_policy(settings.paths.gallery),
        )
        self._retention = RetentionDesk(self._kept(state, audit))
        self._intake = Intake(self._database, vault, ledger=self._ledger, prints=self._prints, desk=self._desk, clock=clock, check=check)
        viewed = ViewedParts(
            settings=settings,
            clock=clock,
            room=self._room,
            desk=self._desk,
            capture=self._capture,
            ledger=self._ledger,
            prints=self._prints,
            records=self._records,
            casework=self._casework,
            handover=self._handover,
            keys=keys,
            feed=self._feed,
            gallery=self._gallery,
            breached=breached,
        )
        self._views = StationViews(viewed)
        desks = self._desks
        self._v1 = counter_of(viewed, CounterParts(self._views, self._intake, self._database, self._live, desks.cases, desks.liaison))
        joined = Joined(self._intake, self._access, self._attending, desks, self._sending, self._audit.note, self._v1.desk, self._audit)
        self._kiosk = kiosk_of(viewed, self._views, joined)
        self._drop = drop_of(viewed, self._v1)
        self._reporter = reporter_of(viewed, self._v1.health, self._database)
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[Any]] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self._stop = asyncio.Event()

    async def start(self, reload: Reload | None = None) -> None:
        await self._audit_start()
        self._retention.shredder.register(self._gallery)
        await self._retention.resume()
        await self._reconcile()
        self._settings.paths.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._handover.start()
        paths, ports = by_door(handed("core"))
        api = Guard(self._application(), self._rules())
        self._serving.add(await self._begin(serve_on(self._settings.paths.core_socket, api, self._stop, given=paths)))
        await self._serve_page(ports)
        await self._begin(self._desk.work())
        await self._begin(watch_holds(self._detainers, self._live.say))
        await self._begin(self._workers.warm())
        await self._begin(self._renewing.run())
        offer, look = self._handover.offer, self._renewing.look
        await self._begin(watch_keys(self._enrolling, self._keys, offer=offer, rekeyed=self._rekeyed, look=look))
        await self._begin(watch_room(self._room))
        await self._begin(self._feed.run(self._handover.offer))
        await self._begin(check_record(self._audit, self._feed))
        await self._begin(self._gallery.work())
        await self._begin(self._retention.daily())
        if self._drop is not None:
            await self._begin(self._drop.run())
        if self._settings.watch.textfile:
            await self._begin(Textfile(Path(self._settings.watch.textfile), self._v1.health).run())
        await self._begin(self._reporter.run())
        await self._begin(self._settings_watch.run())
        await self._begin(service.watch({"database": self._database.ping, "audit record": self._audit_ping, "threads": _thread}))
        await self._begin(service.tell(self._in_words))
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, self._stop.set)
        if reload is not None:
            reload.listen(self._stop, self._busy)

    async def until_told(self) -> None:
        """Until a signal, or until a part fails: then it raises what that part raised."""
        waiting: asyncio.Task[Any] = asyncio.create_task(self._stop.wait())
        running = {waiting, *self._tasks}
        while not self._stop.is_set():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        waiting.cancel()

    async def close(self) -> None:
        await self._capture.settle(_CAPTURE_ENDS_WITHIN)
        self._stop.set()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_SERVING_ENDS_WITHIN)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._handover.close()
        await self._capture.close()
        self._workers.close()
        await asyncio.to_thread(self._gallery.close)
        await self._casework.at_rest()
        await asyncio.to_thread(self._audit_end)
        self._database.close()
        self._audit_book.close()
        self._access_store.close()

    async def _begin(self, part: Coroutine[Any, Any, None]) -> asyncio.Task[Any]:
        task = asyncio.create_task(part)
        self._tasks.append(task)
        await asyncio.sleep(0)
        return task

    def _busy(self) -> str:
        """Why other settings cannot be taken up now; "" when they can."""
        taking = self._ledger.bookings(BookingState.CAPTURING, BookingState.CAPTURED)
        return "A booking is being taken: reload again when it is finished." if taking else ""

    def _application(self, kiosk: Kiosk | None = None) -> Starlette:
        return build_api(
            self._views,
            self._live,
            files=self._records,
            capture=self._attending,
            audit=self._audit,
            cases=self._desks.cases,
            access=self._access,
            gallery=self._gallery,
            replies=self._desks.replies,
            tasks=self._desks.tasks,
            liaison=self._desks.liaison,
            reports=self._desks.reports,
            retaken=self._desks.retaken,
            suspension=self._desks.suspension,
            inbox=self._desks.inbox,
            retention=self._retention,
            sending=self._sending,
            arrivals=self._intake,
            v1=self._v1,
            pages=kiosk,
        )

    def _in_words(self) -> str:
        """For `systemctl status`."""
        waiting = len(self._ledger.unreceipted())
        uplink = "connected" if self._handover.connected else "not connected"
        return f"bookings open; scanner {self._capture.words}; uplink {uplink}; {waiting} without receipt; {self._room.words}"

    async def _audit_ping(self) -> None:
        await asyncio.to_thread(self._audit_book.last)

    def _rules(self) -> Rules:
        said = self._settings
        return Rules(self._access, self._audit.note, said.sign_in_required, said.access.origin, said.station.ori)

    async def _serve_page(self, given: Sequence[socket.socket]) -> None:
        """The kiosk, and the API beside it, for whoever is signed in there. `given`: by systemd; else the port is taken here."""
        if (port := self._settings.api.port) == 0:
            return
        rules = replace(self._rules(), pages=self._kiosk.pages, refusal=self._kiosk.refusal)
        door = PageDoor(Guard(self._application(self._kiosk), rules), self._settings.access.origin)
        self._serving.add(await self._begin(serve_page(given or listen_local(port), door, self._stop)))

    def _kept(self, state: Path, audit: Path) -> RetentionParts:
        return RetentionParts(
            database=self._database,
            vault=self._vault,
            clock=self._clock,
            zone=ZoneInfo(self._settings.station.time_zone),
            station=self._settings.station.id,
            core=state,
            audit=audit,
            policy=self._settings.paths.retention,
            signer=lambda: self._keys.signer,
            catch_up=self._feed.catch_up,
            let_go=self._audit_book.let_go,
            detainer_open=self._detainers.any_open,
        )

    async def _audit_start(self) -> None:
        with contextlib.suppress(AuditError):  # the gate stays shut, and says why
            await self._settings_watch.started()

    def _audit_end(self) -> None:
        if self._feed.ready():
            with contextlib.suppress(LivescanError):
                self._audit_book.append(AuditEntry(AuditEvent.STOPPED))
                self._audit_book.checkpoint()

    async def _reconcile(self) -> None:
        """Finish what a crash left: half-opened bookings, messages between arrival and effect, payloads between receipt and release."""
        await self._tcns.close_foreign(self._clock.now())
        await self._casework.resume()
        await asyncio.to_thread(self._forget_unopened)
        for txid in await asyncio.to_thread(self._ledger.receipted_in_the_thread):
            await self._outbound.receipted(txid)

    def _forget_unopened(self) -> None:
        """Facts that were written just before a crash, of a booking that nobody was told of: no row, and no print."""
        known = self._ledger.ids()
        self._intake.forget_unlisted()
        for name in self._vault.bookings():
            if not (is_inbound(name) or is_arrival(name)) and name not in known and self._vault.names(name) in ((), ("facts",)):
                self._vault.shred(name)

    async def _rekeyed(self) -> None:
        now = self._keys.now
        self._sealer.rekey(now.signer, now.bureau, now.revocations)
        self._audit_book.sign_with(now.signer)
        await self._audit.note(AuditEntry(AuditEvent.KEYS_CHANGED, facts={"certificate": certificate_sha256(now.signer.certificate).hex()}))
        log.info("keys: new certificates are in force")
        self._live.say({"event": "keys", "booking": None})

    def _journal(self, connection: sqlite3.Connection, booking_id: BookingId, entry: Entry) -> None:
        """The ledger's changes as events of the booking's thread, in the same transaction."""
        event = CaseEvent(EventKind(entry.kind), entry.at, entry.tcn, entry.content_sha256, entry.envelope_sha256)
        known = entry.known or KnownNumbers()
        self._casework.record_within(connection, booking_id, event, fbi_numbers=known.fbi, state_id=known.state_id)

    # What the uplink tells us: handover.core_end.InboundSink

    async def progress(self, txid: str, stage: str, at: datetime) -> None:
        if stage in (EventKind.QUEUED, EventKind.SENT):
            await self._ledger.note(txid, stage, at)
        self._live.say({"event": stage, "booking": self._ledger.booking_of(txid)})

    async def inbound(self, rid: str, data: bytes) -> None:
        taken = await self._casework.take(rid, data)
        if taken.release_txid is not None:
            for txid in await self._outbound.receipted(taken.release_txid):
                await self._handover.release(txid)
        elif taken.refused_txid is not None:
            await self._ledger.refused(taken.refused_txid)
            await self._handover.release(taken.refused_txid)
        self._live.say({"event": _WORD_OF.get(taken.kind, "manual"), "booking": taken.booking_id})
        await self._desks.tasks.tell(rid)


def _meeting(paths: PathSettings) -> Path | socket.socket:
    """Where the uplink is met: systemd's socket, or a path of our own."""
    return next(iter(handed("handover")), paths.handover_socket)


async def _thread() -> None:
    """Whether the pool of threads still takes work."""
    await asyncio.to_thread(int)


_WORD_OF = {
    "receipt": "received",
    "SRE": "sre",
    "ERRT": "errt",
    "IDR_NO_MATCH": "idr",
    "IDR_MATCH": "idr",
    "IDR_ERROR": "idr",
    "IAR": "iar",
}  # a message's kind to the event that listeners hear
