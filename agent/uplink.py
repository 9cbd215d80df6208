"""The uplink process: outbox, inbox, MQTT. It has no devices and no keys to read or sign; taken over, it can delay, neither read nor
forge.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent import fips, service
from agent.clock import Clock, SystemClock
from agent.delivery import topics
from agent.delivery.client_id import client_id
from agent.delivery.courier import Courier, CourierSettings, Handed, Kept, Released
from agent.delivery.enrolment import Enrolment, EnrolmentSettings
from agent.delivery.inbox import Inbox, InboxLimits
from agent.delivery.mqtt import MqttSettings
from agent.delivery.outbox import Outbox
from agent.delivery.spool import Spool
from agent.delivery.tables import MIGRATIONS
from agent.errors import ConfigError, LivescanError
from agent.handover.queue_facts import QueueFacts
from agent.handover.uplink_end import UplinkEnd
from agent.store.alone import alone_in
from agent.store.database import Database

log = logging.getLogger(__name__)

Listen = Callable[[asyncio.Event], None]  # is given the event that ends the uplink, for whoever has another reason to

TIDY_EVERY = 24 * 3600.0  # s
STOP_DEADLINE = 8.0  # s; then the process ends without goodbye, which loses nothing


@dataclass(frozen=True)
class UplinkSettings:
    station: str  # [A-Za-z0-9-]{1,13}
    state: Path  # directory of uplink.db, spool/ and inbox/
    handover: Path  # the core's UNIX socket
    mqtt: MqttSettings  # subscriptions and status topic are filled in here
    courier: CourierSettings = field(default_factory=CourierSettings)
    inbox: InboxLimits = field(default_factory=InboxLimits)
    enrolment: EnrolmentSettings | None = None
    fips_required: bool = False
    free_floor: int = 64 * 1024 * 1024  # bytes of the disk that stay free
    forget_after: timedelta = timedelta(days=30)  # how long a received envelope's row is kept

    @property
    def endpoints(self) -> tuple[tuple[str, int], ...]:
        """Everywhere that it may connect to, beside UNIX sockets."""
        doors = self.enrolment.doors if self.enrolment else ()
        return ((self.mqtt.host, self.mqtt.port), *((door.host, door.port) for door in doors))


async def run_uplink(
    settings: UplinkSettings,
    *,
    ready: Callable[[], None],
    clock: Clock | None = None,
    listen: Listen | None = None,
) -> None:
    """Run until SIGTERM, SIGINT or cancellation, then stop in order.

    `ready` is called once the outbox is open and the core is being dialled; it does not wait for core or broker.
    Raises ConfigError, DatabaseError, LinkDied: each means that the process must end and be started again.
    """
    if not topics.STATION.fullmatch(settings.station):
        raise ConfigError(f"'{settings.station}' is no station id.", do="Use 1 to 13 letters, digits or '-'.")
    fips.require(settings.fips_required, fips.missing_in_python())
    clock = clock or SystemClock()
    with alone_in(settings.state, "uplink"):
        await _run_alone(settings, clock, ready, listen)


async def _run_alone(settings: UplinkSettings, clock: Clock, ready: Callable[[], None], listen: Listen | None) -> None:
    database = Database(settings.state / "uplink.db", MIGRATIONS)
    try:
        outbox = Outbox(database, Spool(settings.state / "spool", free_floor=settings.free_floor), clock)
        inbox = Inbox(database, Spool(settings.state / "inbox", free_floor=settings.free_floor), clock, settings.inbox)
        outbox.open(forget_after=settings.forget_after)
        inbox.open()
        tidying = asyncio.create_task(_tidy(database, outbox, inbox, settings.forget_after))
        try:
            await _run_until_stopped(settings, outbox, inbox, ready=ready, listen=listen, clock=clock)
        finally:
            tidying.cancel()
    finally:
        database.close()


async def _tidy(database: Database, outbox: Outbox, inbox: Inbox, forget_after: timedelta) -> None:
    """For ever: what is past its time goes; what was deleted stands neither in the file nor in its log: sealed replies came through."""
    while True:
        try:
            await asyncio.to_thread(database.settle)
        except LivescanError as error:
            log.warning("uplink: the log of the database is not emptied yet: %s", error)
        await asyncio.sleep(TIDY_EVERY)
        with contextlib.suppress(LivescanError):
            await outbox.forget_old(forget_after)
            await inbox.forget_old()


async def _run_until_stopped(
    settings: UplinkSettings, outbox: Outbox, inbox: Inbox, *, clock: Clock, ready: Callable[[], None], listen: Listen | None
) -> None:
    stop = _on_signals()
    if listen is not None:
        listen(stop)
    mqtt = _completed(settings)

    def wake_core() -> None:
        handover.wake()

    enrolment = Enrolment(settings.enrolment, mqtt, clock, wake=wake_core) if settings.enrolment else None
    handover = UplinkEnd(
        settings.handover,
        outbound=outbox,
        inbound=inbox,
        on_kept=lambda txid: courier.post(Kept(txid)),
        on_released=lambda txid: courier.post(Released(txid)),
        on_handed=lambda rid: courier.post(Handed(rid)),
        authority=enrolment,
        queue=_Queue(lambda: courier),
        afar=_Afar(lambda: courier),
    )
    courier = Courier(
        settings.station,
        mqtt,
        settings.courier,
        outbox=outbox,
        inbox=inbox,
        clock=clock,
        wake_core=handover.wake,
        want=handover.want,
        commanded=handover.command,
    )

    def in_words() -> str:
        return f"broker {_there(courier.connected)}; core {_there(handover.connected)}"

    log.info("uplink: station %s is up", settings.station)
    own = (service.watch({"courier": courier.ping, "outbox": lambda: outbox.owed(1), "inbox": inbox.waiting}), service.tell(in_words))
    parts = (courier.run(), handover.run(), _told(stop), *own, *([enrolment.run()] if enrolment else []))
    await _first_of(*parts, ready=ready)
    log.info("uplink: station %s has stopped", settings.station)


class _Queue:
    """What the handover asks of the courier, which is made after it."""

    def __init__(self, courier: Callable[[], Courier]) -> None:
        self._courier = courier

    async def queue(self) -> QueueFacts:
        return await self._courier().queue()

    def sooner(self, txid: str) -> None:
        self._courier().sooner(txid)


class _Afar:
    """What the core tells whoever administers the station, on to the courier."""

    def __init__(self, courier: Callable[[], Courier]) -> None:
        self._courier = courier

    def report(self, signed: bytes) -> None:
        self._courier().report(signed)

    def answer(self, command: str, signed: bytes) -> None:
        self._courier().answer(command, signed)

    def reload(self) -> None:
        """As at SIGHUP, where somebody listens for it."""
        if signal.getsignal(signal.SIGHUP) not in (signal.SIG_DFL, signal.SIG_IGN, None):
            os.kill(os.getpid(), signal.SIGHUP)


def _completed(settings: UplinkSettings) -> MqttSettings:
    return replace(
        settings.mqtt,
        client_id=client_id(settings.state, settings.mqtt.client_id),
        subscriptions=(topics.BUREAU_STATUS, topics.inbound(settings.station)),
        status_topic=topics.status(settings.station),
    )


def _on_signals() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; in a thread that may not have signals, only cancellation stops us."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _there(connected: bool) -> str:
    return "connected" if connected else "not connected"


async def _told(stop: asyncio.Event) -> None:
    await stop.wait()


async def _first_of(*parts: Coroutine[Any, Any, None], ready: Callable[[], None]) -> None:
    """All at once until one ends; then the others are cancelled, and what the first one raised is raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    await asyncio.sleep(0)
    ready()
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_DEADLINE)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()
