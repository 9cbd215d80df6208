"""The training bureau on the broker: what arrives goes to `Bureau`, what it owes is published until the station acknowledges it.

`fp/v1/bureau/status` says online (retained), and offline as last will. One queue, one task: a message is acknowledged to the broker after
the bureau's commit, in order; transfers that wait together are committed together, and so are the stations' acknowledgements. The first
chunks of an envelope wait a moment for the others (`bureau_waiting`). What cannot be committed ends the connection, so that the broker
sends it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.clock import Clock, SystemClock
from agent.delivery import topics
from agent.delivery.chunks import bitmap, split
from agent.delivery.client_id import client_id
from agent.delivery.errors import NotConnected
from agent.delivery.mqtt import Arrived, Connected, Died, Disconnected, LinkEvent, MqttLink, MqttSettings, Subscribed
from agent.delivery.status import parse_status
from agent.errors import LivescanError
from agent.model.messages import Environment
from agent.nist.reply_table import ReplyTable
from agent.signing.keys import BureauKeys, TrainingKeys
from agent.store.alone import alone_in
from agent.training.bureau import Bureau
from agent.training.bureau_waiting import InOrder, Waiting
from agent.training.scenario import PLAIN, Scenario

log = logging.getLogger(__name__)

AT_ONCE = 8  # answers published in one look
TOGETHER = 64  # events taken in one look: of chunks 8 MiB
TICK = 1.0  # s; the longest sleep between two looks


class BureauError(LivescanError):
    """The training bureau cannot work."""


@dataclass(frozen=True)
class BureauSettings:
    directory: Path  # where it keeps what it has committed
    keys: Path  # of `livescan keys init --training`
    port: int
    host: str = "127.0.0.1"
    scenario: Scenario = PLAIN
    replies: ReplyTable = field(default_factory=ReplyTable)  # how it writes its answers
    resend: float = 10.0  # s without the station's ack until an answer is published again
    clock: Clock = field(default_factory=SystemClock)
    chunk: int | None = None  # data bytes per message; None for the most that is allowed


async def run_bureau(settings: BureauSettings, *, ready: Callable[[], None]) -> None:
    """Runs until cancelled. ready: called once, when the broker has granted every subscription. Raises BureauError, ConfigError."""
    keys = BureauKeys.load(settings.keys, environment=Environment.TRAINING)
    with alone_in(settings.directory, "training bureau"):
        bureau = Bureau(settings.directory, keys, settings.clock, settings.scenario, replies=settings.replies)
        try:
            await bureau.open()
            await _Desk(settings, bureau, ready).run()
        finally:
            bureau.close()


class _Desk:
    """One run: the link, the queue of its events, and what was published when."""

    def __init__(self, settings: BureauSettings, bureau: Bureau, ready: Callable[[], None]) -> None:
        self._settings = settings
        self._bureau = bureau
        self._ready: Callable[[], None] | None = ready
        self._events: asyncio.Queue[LinkEvent] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._link = MqttLink(_mqtt(settings, bureau.name), self._post)
        self._connected = False
        self._published: dict[str, float] = {}  # rid to monotonic time, s
        self._waiting = Waiting()
        self._in_order = InOrder(self._link.acknowledge)

    async def run(self) -> None:
        self._link.start()
        look_at = 0.0  # monotonic s; when what is owed is looked at though nothing has happened
        try:
            while True:
                due = self._waiting.due()
                events = await self._next(min(look_at, look_at if due is None else due) - self._now())
                if await self._heard(events) or self._now() >= look_at:
                    pause = await self._publish_owed()
                    look_at = self._now() + pause
        finally:
            await asyncio.to_thread(self._link.stop)

    def _now(self) -> float:
        return self._settings.clock.monotonic()

    async def _heard(self, events: Sequence[LinkEvent]) -> bool:
        """Whether there may be something new to be published."""
        answers: list[Arrived] = []
        for event in events:
            if isinstance(event, Arrived):
                self._in_order.came(event)
                if _is_transfer(event):
                    self._waiting.add(event, self._now())
                else:
                    answers.append(event)
            else:
                self._handle(event)
        ripe = self._waiting.take(self._now())
        if ripe:
            await self._commit(ripe, self._take)
        if answers:
            await self._commit(answers, self._answered)
        return bool(ripe or answers) or not all(isinstance(event, Arrived) for event in events)

    async def _next(self, pause: float) -> list[LinkEvent]:
        """All events that are there, or none within `pause` seconds. Not by `wait_for`, which in Python 3.11 can lose a cancellation."""
        try:
            async with asyncio.timeout(max(pause, 0.0)):
                found = [await self._events.get()]
        except TimeoutError:
            return []
        while not self._events.empty() and len(found) < TOGETHER:
            found.append(self._events.get_nowait())
        return found

    def _post(self, event: LinkEvent) -> None:
        """On the link's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    def _handle(self, event: LinkEvent) -> None:
        if isinstance(event, Connected):
            self._connected = True
            self._published.clear()
        elif isinstance(event, Disconnected):
            self._connected = False
            self._in_order.start_over()
            log.warning("bureau: no connection to the broker: %s", event.reason)
        elif isinstance(event, Subscribed):
            self._subscribed(event)
        elif isinstance(event, Died):
            raise BureauError(f"The bureau's connection has ended for good: {event.reason}", do="Start the training bureau again.")

    def _subscribed(self, event: Subscribed) -> None:
        if event.refused:
            raise BureauError(f"The broker refuses the bureau's topics: {', '.join(event.refused)}", do="Check the broker's access list.")
        if self._ready is not None:
            self._ready()
            self._ready = None

    async def _commit(self, messages: Sequence[Arrived], keep: Callable[[Sequence[Arrived]], Awaitable[None]]) -> None:
        """Commit, then acknowledge. What cannot be committed now is left to the broker, which sends it again on a new connection."""
        try:
            await keep(messages)
        except (LivescanError, OSError) as error:
            log.error("bureau: what came could not be kept: %s", error)
            self._link.bounce()
            return
        self._in_order.done(messages)

    async def _take(self, messages: Sequence[Arrived]) -> None:
        """Transfers that came together."""
        chunks = [(transfer.station, one.payload) for one in messages if (transfer := topics.parse_transfer(one.topic))]
        await self._bureau.take_chunks(chunks)

    async def _answered(self, messages: Sequence[Arrived]) -> None:
        """What stations say of themselves, and of what they have stored."""
        acks = [ack for one in messages if (ack := topics.parse_ack(one.topic))]
        if acks:
            await self._bureau.acknowledged(acks)
        for _, rid in acks:
            self._published.pop(rid, None)
        for one in messages:
            if station := topics.parse_status(one.topic):
                await self._station_says(station, one.payload)

    async def _station_says(self, station: str, payload: bytes) -> None:
        """A station that has come online is told again what it has not acknowledged, and which chunks it need not send again."""
        status = parse_status(payload)
        if status is None or not status.online:
            return
        self._published.clear()
        with contextlib.suppress(NotConnected):
            for txid, total, indexes in await self._bureau.begun(station):
                self._link.publish(topics.have(station, txid, total), bitmap(indexes, total))

    async def _publish_owed(self) -> float:
        """Publish what is due; seconds until there may be more."""
        owed, next_due = await self._bureau.owed()
        now = self._settings.clock.monotonic()
        waiting = [one for one in owed if now - self._published.get(one.rid, float("-inf")) >= self._settings.resend]
        if self._connected:
            for one in waiting[:AT_ONCE]:
                if not self._publish(one.station, one.rid, one.envelope):
                    break
                self._published[one.rid] = now
        if next_due is None:
            return TICK
        return min(TICK, max(0.0, (next_due - self._settings.clock.now()).total_seconds()))

    def _publish(self, station: str, rid: str, envelope: bytes) -> bool:
        messages = split(envelope, size=self._settings.chunk) if self._settings.chunk else split(envelope)
        try:
            for index, message in enumerate(messages):
                self._link.publish(topics.rx(station, rid, index, len(messages)), message, chunk_of=rid)
        except NotConnected:
            return False
        return True


def _is_transfer(event: Arrived) -> bool:
    transfer = topics.parse_transfer(event.topic)
    return transfer is not None and transfer.direction == "tx"


def _mqtt(settings: BureauSettings, name: str) -> MqttSettings:
    files = TrainingKeys(settings.keys)
    return MqttSettings(
        host=settings.host,
        port=settings.port,
        client_id=client_id(settings.directory, name),
        ca=files.ca.certificate,
        cert=files.bureau("tls").certificate,
        key=files.bureau("tls").key,
        crl=settings.keys / "ca" / "ca.crl",
        subscriptions=(topics.ALL_TRANSFERS, topics.ALL_ACKNOWLEDGEMENTS, topics.ALL_STATIONS_STATUS),
        status_topic=topics.BUREAU_STATUS,
        retry_first=0.2,
        retry_max=5.0,
    )
