"""Carries between outbox, inbox and broker. One task; everything reaches it as a value in one queue.

A PUBACK only says that the broker has a message. An envelope stays owed until the core releases it, and is published again, same bytes,
when its receipt does not come in time, on every new connection, and when the bureau comes back. The bureau takes duplicates for what they
are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from agent.clock import Clock
from agent.delivery import topics
from agent.delivery.chunks import DATA_LIMIT, HEADER_LENGTH, Chunk, parse, split
from agent.delivery.errors import ChunkError, LinkDied, NotConnected, SpoolError
from agent.delivery.flights import Answer, Flights
from agent.delivery.inbox import Inbox
from agent.delivery.mqtt import WINDOW, Arrived, Connected, Died, Disconnected, LinkEvent, MqttLink, MqttSettings, Published, Subscribed
from agent.delivery.outbox import PAYLOAD_MISSING, Outbox, Outgoing
from agent.delivery.pacing import Retry, Window
from agent.delivery.status import parse_status
from agent.errors import LivescanError

log = logging.getLogger(__name__)

TICK = 5.0  # s; the longest sleep between two looks at what is due
TOPIC_ROOM = 256  # bytes of an MQTT packet that are not the payload
NO_SUBSCRIBER = 0x10  # MQTT 5 section 3.4.2.1: the broker took it, and it is gone
# Refusals that pass: unspecified, implementation specific, packet identifier in use, quota exceeded (MQTT 5 section 3.4.2.1).
PASSING = frozenset({0x80, 0x83, 0x91, 0x97})


@dataclass(frozen=True)
class CourierSettings:
    in_flight: int = 4  # envelopes without receipt that the broker may hold
    retry: Retry = field(default_factory=Retry)
    chunk: int = DATA_LIMIT  # data bytes per message
    held_retry: float = 900.0  # s; how often what the broker refused is tried again
    stalled_after: float = 600.0  # s without an answer of the broker to a message: dial again
    status_grace: float = 0.3  # s to wait for the bureau's retained status after subscribing
    refused_pause: float = 30.0  # s without a connection when what arrives cannot be stored


@dataclass(frozen=True)
class Kept:
    txid: str


@dataclass(frozen=True)
class Released:
    txid: str


CourierEvent: TypeAlias = LinkEvent | Kept | Released


class Courier:
    """`wake_core`: there is news for the core. `want`: ask the core for the bytes of a txid again."""

    def __init__(
        self,
        station: str,
        mqtt: MqttSettings,
        settings: CourierSettings,
        *,
        outbox: Outbox,
        inbox: Inbox,
        clock: Clock,
        wake_core: Callable[[], None],
        want: Callable[[str], None],
    ) -> None:
        self._station = station
        self._settings = settings
        self._outbox = outbox
        self._inbox = inbox
        self._clock = clock
        self._wake_core = wake_core
        self._want = want
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[CourierEvent] = asyncio.Queue()
        self._link = MqttLink(mqtt, self._post)
        self._flights = Flights(settings.in_flight, settings.retry)
        self._window = Window(WINDOW, mqtt.keepalive / 6)
        self._connection: Connected | None = None
        self._may_publish_at = 0.0  # monotonic s
        self._bureau_offline = False
        self._look = True  # the outbox may hold something that is not in flight
        self._try_held_at = clock.monotonic() + settings.held_retry

    def post(self, event: Kept | Released) -> None:
        """From the loop's own thread."""
        self._events.put_nowait(event)

    def _post(self, event: LinkEvent) -> None:
        """From the link's thread; after the loop has ended nobody is left to hear it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def run(self) -> None:
        """Until cancelled; then the bureau is told that this station is offline. Raises LinkDied, DatabaseError."""
        self._link.start()
        try:
            while True:
                await self._pump()
                event = await self._next_event()
                if event is not None:
                    await self._handle(event)
                elif not self._link.alive:
                    raise _died("without a word")
        finally:
            await asyncio.shield(asyncio.to_thread(self._link.stop))

    async def _next_event(self) -> CourierEvent | None:
        if not self._events.empty():
            return self._events.get_nowait()
        try:
            async with asyncio.timeout(self._sleep()):
                return await self._events.get()
        except TimeoutError:
            return None

    def _sleep(self) -> float:
        now = self._clock.monotonic()
        dues = [due for due in (self._flights.next_due(), self._may_publish_at) if due is not None and due > now]
        return min([TICK, *(due - now for due in dues)])

    async def _handle(self, event: CourierEvent) -> None:
        match event:
            case Connected():
                self._connected(event)
            case Disconnected(_, reason):
                self._connection = None
                log.warning("mqtt: no connection to the broker: %s", reason)
            case Subscribed(_, refused):
                self._subscribed(refused)
            case Published(epoch, mid, code) if self._is_present(epoch):
                await self._published(mid, code)
            case Arrived() if self._is_present(event.epoch):
                await self._arrived(event)
            case Kept():
                self._look = True
            case Released(txid):
                self._flights.released(txid)
                self._look = True
            case Died(reason):
                raise _died(reason)

    def _is_present(self, epoch: int) -> bool:
        return self._connection is not None and self._connection.epoch == epoch

    def _connected(self, event: Connected) -> None:
        log.info("mqtt: connected to the broker")
        self._connection = event
        self._bureau_offline = False  # until its retained status says so: the broker may have lost that, and us a change
        self._flights.start_over()
        self._window = Window(event.window, self._window.late)
        self._look = True
        self._may_publish_at = self._clock.monotonic() + TICK

    def _subscribed(self, refused: tuple[str, ...]) -> None:
        if refused:
            log.error("mqtt: the broker refuses the subscriptions %s: no receipt can come in; check its permissions", ", ".join(refused))
        self._may_publish_at = self._clock.monotonic() + self._settings.status_grace

    async def _pump(self) -> None:
        """Begin what there is room for, and hand the connection as many messages as may be in flight."""
        now = self._clock.monotonic()
        if self._connection is None or self._bureau_offline or now < self._may_publish_at:
            return
        await self._look_after(now)
        if self._look:
            self._look = await self._begin_flights()
        while self._flights.in_air < self._window.open and (following := self._flights.next_message()):
            flight, index = following
            topic = topics.tx(flight.item.station, flight.item.txid, index, len(flight.messages))
            try:
                mid = self._link.publish(topic, flight.messages[index])
            except NotConnected:
                return  # Disconnected is in the queue
            self._flights.published(flight, index, mid, now)

    async def _look_after(self, now: float) -> None:
        for txid in self._flights.give_up_overdue(now):
            log.warning("courier: no receipt for %s in time; it is sent again", txid)
            self._look = True
        if now >= self._try_held_at:
            self._try_held_at = now + self._settings.held_retry
            await self._outbox.try_again()
            self._look = True
        oldest = self._flights.oldest
        if oldest is not None and now - oldest > self._settings.stalled_after:
            log.warning("mqtt: the broker answers nothing; dialling again")
            self._link.bounce()

    async def _begin_flights(self) -> bool:
        """Whether there may be more to begin when a place becomes free."""
        while self._flights.free:
            item = self._flights.choose(await self._outbox.owed())
            if item is None:
                return False
            await self._begin(item)
        return True

    async def _begin(self, item: Outgoing) -> None:
        try:
            messages = split(await self._outbox.payload(item.txid), size=self._settings.chunk)
        except SpoolError:
            await self._outbox.hold(item.txid, PAYLOAD_MISSING)
            self._want(item.txid)
            self._wake_core()
            return
        largest = self._connection.max_packet if self._connection else None
        if largest is not None and max(map(len, messages)) + TOPIC_ROOM > largest:
            await self._hold(item.txid, f"the broker takes no message of {self._settings.chunk + HEADER_LENGTH} bytes")
            return
        self._flights.begin(item, messages)

    async def _hold(self, txid: str, reason: str) -> None:
        self._flights.drop(txid)
        await self._outbox.hold(txid, reason)
        self._wake_core()

    async def _published(self, mid: int, code: int) -> None:
        taken = code < 0x80 and code != NO_SUBSCRIBER
        answer = self._flights.answer(mid, self._clock.monotonic(), taken=taken, spread=random.random())  # noqa: S311  spreads retries
        if answer is None:
            return
        self._window.answered(answer.seconds)
        if code >= 0x80 and code not in PASSING:
            await self._hold(answer.flight.item.txid, f"the broker refused it with reason code 0x{code:02x}")
            self._look = True
        elif answer.complete:
            await self._complete(answer)

    async def _complete(self, answer: Answer) -> None:
        txid = answer.flight.item.txid
        if not answer.flight.taken:
            log.warning("courier: the broker took %s but had nobody to give it to; it is sent again", txid)
            return
        log.info("courier: the broker has all of %s; waiting for the bureau's receipt", txid)
        await self._outbox.broker_took_all(txid)
        self._wake_core()

    async def _arrived(self, message: Arrived) -> None:
        transfer = topics.parse_transfer(message.topic)
        if message.topic == topics.BUREAU_STATUS:
            self._bureau_said(message.payload)
        elif transfer is not None and (transfer.direction, transfer.station) == ("rx", self._station):
            try:
                await self._take(_chunk(transfer, message.payload))
            except ChunkError as error:  # acknowledged all the same: the same bytes would come again for ever
                log.warning("inbox: %s", error)
            except NotConnected:
                return
            except LivescanError as error:
                log.error("inbox: what the bureau sent cannot be stored: %s", error)
                self._link.bounce(self._settings.refused_pause)
                return
        else:
            log.warning("mqtt: a message on a topic that is not ours was dropped")
        self._link.acknowledge(message)

    async def _take(self, chunk: Chunk) -> None:
        if await self._inbox.take(chunk):
            log.info("inbox: %s is stored", chunk.digest)
            self._wake_core()
            self._link.publish(topics.ack(self._station, chunk.digest), b"")

    def _bureau_said(self, payload: bytes) -> None:
        status = parse_status(payload)
        if status is None:
            log.warning("mqtt: the bureau's status cannot be read; it is left out")
            return
        if status.online and self._bureau_offline:
            self._flights.start_over()
            self._look = True
        if status.online == self._bureau_offline:
            log.info("courier: the bureau is %s", "online" if status.online else "offline; envelopes wait")
        self._bureau_offline = not status.online
        self._may_publish_at = 0.0


def _chunk(transfer: topics.Transfer, payload: bytes) -> Chunk:
    """Raises ChunkError."""
    chunk = parse(payload)
    if (chunk.digest, chunk.index, chunk.total) != (transfer.digest, transfer.index, transfer.total):
        raise ChunkError("A chunk was refused: its topic and its header differ.", do="Ask the bureau which software publishes there.")
    return chunk


def _died(reason: str) -> LinkDied:
    return LinkDied(
        f"The MQTT thread has ended: {reason}.",
        means="Nothing is lost; nothing is sent until the uplink runs again.",
        do="Restart the uplink.",
    )
