"""Carries between outbox, inbox and broker. One task; everything reaches it as a value in one queue. What goes out is `sender`'s affair."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from agent.clock import Clock
from agent.delivery import topics
from agent.delivery.chunks import Chunk, parse, read_bitmap
from agent.delivery.errors import ChunkError, LinkDied, NotConnected
from agent.delivery.inbox import Arrival, Inbox
from agent.delivery.link_causes import LinkCause, Said, said
from agent.delivery.mqtt import Arrived, Connected, Died, Disconnected, LinkEvent, MqttLink, MqttSettings, Published, Subscribed
from agent.delivery.outbox import Outbox
from agent.delivery.sender import Sender, SenderSettings
from agent.delivery.status import parse_status
from agent.errors import LivescanError
from agent.handover.queue_facts import QueueFacts, plain
from agent.log_events import LogEvent, about

log = logging.getLogger(__name__)

COMMAND_LIMIT = 16 * 1024  # bytes, signed
BUREAU_OFFLINE = Said("The bureau says that it is offline.", "")
TICK = 5.0  # s; the longest sleep between two looks at what is due


@dataclass(frozen=True)
class CourierSettings(SenderSettings):
    status_grace: float = 0.3  # s to wait for the bureau's retained status after subscribing
    refused_pause: float = 30.0  # s without a connection when what arrives cannot be stored


@dataclass(frozen=True)
class Kept:
    txid: str


@dataclass(frozen=True)
class Released:
    txid: str


@dataclass(frozen=True)
class Handed:
    rid: str


@dataclass(frozen=True)
class Sooner:
    """It is urgent now, or to be tried at once: a person says so."""

    txid: str


@dataclass(frozen=True)
class Reported:
    """How this station is, signed by the core."""

    signed: bytes = field(repr=False)


@dataclass(frozen=True)
class Answered:
    """What the core answers to a command."""

    command: str
    signed: bytes = field(repr=False)


@dataclass(frozen=True)
class Pinged:
    """Somebody asks whether events are still taken."""

    answer: asyncio.Event


CourierEvent: TypeAlias = LinkEvent | Kept | Released | Handed | Sooner | Reported | Answered | Pinged


class Courier:
    """`wake_core`: there is news for the core. `want`: ask the core for the bytes of a txid again. `commanded`: an administrator asks
    something; whether it is one, the core judges. Made inside the loop.
    """

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
        commanded: Callable[[str, bytes], None] = lambda _number, _body: None,
    ) -> None:
        self._commanded = commanded
        self._report = b""  # the newest
        self._station = station
        self._settings = settings
        self._inbox = inbox
        self._clock = clock
        self._wake_core = wake_core
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[CourierEvent] = asyncio.Queue()
        self._link = MqttLink(mqtt, self._post, clock)
        self._sender = Sender(settings, self._link, outbox=outbox, clock=clock, wake_core=wake_core, want=want)
        self._connection: Connected | None = None
        self._may_publish_at = 0.0  # monotonic s
        self._bureau_offline = False
        self._bureau_word = "unknown"  # queue_facts.BUREAU_STATES
        self._broker = (mqtt.host, mqtt.port)
        self._lost = Disconnected(0, "not dialled yet", LinkCause.NOT_DIALLED)  # how the last connection ended
        self._away_since = clock.monotonic()

    async def queue(self) -> QueueFacts:
        """How everything stands that is owed."""
        total, silent, items = await self._sender.standing()
        connected, dial = self._connection is not None, self._link.next_dial
        next_try = None if connected or dial is None else max(dial - self._clock.monotonic(), 0.0)
        why, away = self._why(), None if connected else self._clock.monotonic() - self._away_since
        detail = "" if connected else plain(self._lost.reason)
        return QueueFacts(connected, self._bureau_word, plain(why.what), next_try, silent, total, items, why.do, detail, away)

    def sooner(self, txid: str) -> None:
        self.post(Sooner(txid))

    def report(self, signed: bytes) -> None:
        """handover.uplink_end.AfarKeeper"""
        self._events.put_nowait(Reported(signed))

    def answer(self, command: str, signed: bytes) -> None:
        self._events.put_nowait(Answered(command, signed))

    def _why(self) -> Said:
        if self._connection is None:
            return said(self._lost.cause, *self._broker)
        return BUREAU_OFFLINE if self._bureau_offline else Said("", "")

    def post(self, event: Kept | Released | Handed | Sooner) -> None:
        """From the loop's own thread."""
        self._events.put_nowait(event)

    @property
    def connected(self) -> bool:
        """To the broker."""
        return self._connection is not None

    async def ping(self) -> None:
        """Everything that was posted before has been handled."""
        answer = asyncio.Event()
        self._events.put_nowait(Pinged(answer))
        await answer.wait()

    def _post(self, event: LinkEvent) -> None:
        """From the link's thread; after the loop has ended nobody is left to hear it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def run(self) -> None:
        """Until cancelled; then the bureau is told that this station is offline. Raises LinkDied, DatabaseError."""
        self._link.start()
        try:
            while True:
                if self._may_publish():
                    await self._sender.pump()
                await self._sender.record()
                event = await self._next_event()
                if event is not None:
                    await self._handle(event)
                elif not self._link.alive:
                    raise _died("without a word")
        finally:
            await asyncio.shield(asyncio.to_thread(self._link.stop))

    def _may_publish(self) -> bool:
        return self._connection is not None and not self._bureau_offline and self._clock.monotonic() >= self._may_publish_at

    async def _next_event(self) -> CourierEvent | None:
        """Not by `wait_for`, which in Python 3.11 can lose a cancellation."""
        if not self._events.empty():
            return self._events.get_nowait()
        try:
            async with asyncio.timeout(self._sleep()):
                return await self._events.get()
        except TimeoutError:
            return None

    def _sleep(self) -> float:
        now = self._clock.monotonic()
        dues = [due for due in (self._sender.next_due(), self._may_publish_at) if due is not None and due > now]
        return min([TICK, *(due - now for due in dues)])

    async def _handle(self, event: CourierEvent) -> None:
        match event:
            case Connected():
                self._connected(event)
            case Disconnected():
                self._disconnected(event)
            case Subscribed(_, refused):
                self._subscribed(refused)
            case Published(epoch, mid, code) if self._is_present(epoch):
                await self._sender.answered(mid, code)
            case Arrived() if self._is_present(event.epoch):
                await self._arrived(event)
            case Kept():
                self._sender.kept()
            case Released(txid):
                self._sender.released(txid)
            case Sooner(txid):
                self._sender.sooner(txid)
            case Handed(rid):
                self._tell_bureau(rid)
            case Reported() | Answered():
                self._tell_afar(event)
            case Pinged(answer):
                answer.set()
            case Died(reason):
                raise _died(reason)

    def _is_present(self, epoch: int) -> bool:
        return self._connection is not None and self._connection.epoch == epoch

    def _connected(self, event: Connected) -> None:
        log.info("mqtt: connected to the broker")
        self._connection = event
        self._bureau_word = "unknown"
        self._bureau_offline = False  # until its retained status says so: the broker may have lost that, and us a change
        self._sender.connected(event.window, event.max_packet)
        self._may_publish_at = self._clock.monotonic() + TICK

    def _disconnected(self, event: Disconnected) -> None:
        if self._connection is not None:
            self._away_since = self._clock.monotonic()
        self._connection, self._lost = None, event
        log.warning("mqtt: no connection to the broker: %s", event.reason, extra=about(LogEvent.BROKER_AWAY))

    def _subscribed(self, refused: tuple[str, ...]) -> None:
        if refused:
            log.error(
                "mqtt: the broker refuses the subscriptions %s: no receipt can come in; check its permissions",
                ", ".join(refused),
                extra=about(LogEvent.BROKER_REFUSES),
            )
        self._may_publish_at = self._clock.monotonic() + self._settings.status_grace
        self._say_how_it_is()

    async def _arrived(self, message: Arrived) -> None:
        transfer, there = topics.parse_transfer(message.topic), topics.parse_have(message.topic)
        command = topics.parse_command(message.topic)
        if message.topic == topics.BUREAU_STATUS:
            self._bureau_said(message.payload)
        elif there is not None and there[0] == self._station:
            self._bureau_has(there[1], there[2], message.payload)
        elif command is not None and command[0] == self._station:
            self._asked(command[1], message)
        elif transfer is not None and (transfer.direction, transfer.station) == ("rx", self._station):
            if not await self._stored(transfer, message.payload):
                return
        else:
            log.warning("mqtt: a message on a topic that is not ours was dropped")
        self._link.acknowledge(message)

    def _asked(self, number: str, message: Arrived) -> None:
        """A command is at most once from here on: who asks repeats it, and the core does the same one only once. Retained ones are none."""
        if message.retained or not 0 < len(message.payload) <= COMMAND_LIMIT:
            log.warning("courier: a command that is retained or too long was dropped")
            return
        self._commanded(number, message.payload)

    def _bureau_has(self, txid: str, total: int, bits: bytes) -> None:
        try:
            self._sender.bureau_has(txid, total, read_bitmap(bits, total))
        except ChunkError as error:
            log.warning("courier: %s", error)

    async def _stored(self, transfer: topics.Transfer, payload: bytes) -> bool:
        """Whether the broker may forget the message. One that is no chunk it may: the same bytes would come again for ever."""
        try:
            await self._take(_chunk(transfer, payload))
        except ChunkError as error:
            log.warning("inbox: %s", error)
        except NotConnected:
            return False
        except LivescanError as error:
            log.error("inbox: what the bureau sent cannot be stored: %s", error)
            self._link.bounce(self._settings.refused_pause)
            return False
        return True

    async def _take(self, chunk: Chunk) -> None:
        match await self._inbox.take(chunk):
            case Arrival.STORED:
                log.info("inbox: %s is stored", chunk.digest)
                self._wake_core()
            case Arrival.HANDED:
                self._tell_bureau(chunk.digest)

    def _tell_bureau(self, rid: str) -> None:
        """The core has it. Without a connection nothing is said: the bureau sends it again, and is told then."""
        self._say(topics.ack(self._station, rid), b"")

    def _tell_afar(self, event: Reported | Answered) -> None:
        if isinstance(event, Answered):
            self._say(topics.answer(self._station, event.command), event.signed)
        else:
            self._report = event.signed
            self._say_how_it_is()

    def _say_how_it_is(self) -> None:
        """Retained: the broker's copy is what an administrator looks at, also when this station is gone."""
        if self._report:
            self._say(topics.report(self._station), self._report, retain=True)

    def _say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Without a connection it is not said; whoever needs it is told on the next one, or asks again."""
        with contextlib.suppress(NotConnected):
            self._link.publish(topic, payload, retain=retain)

    def _bureau_said(self, payload: bytes) -> None:
        status = parse_status(payload)
        if status is None:
            log.warning("mqtt: the bureau's status cannot be read; it is left out")
            return
        if status.online == self._bureau_offline:
            log.info("courier: the bureau is %s", "online" if status.online else "offline; envelopes wait")
        if status.online and self._bureau_offline:
            self._sender.start_over()
        self._bureau_offline, self._bureau_word = not status.online, "online" if status.online else "offline"
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
