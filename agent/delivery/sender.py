"""The way out: which envelope, which chunk, when again. Told by the courier what the broker, the core and the bureau said.

A PUBACK only says that the broker has a message. An envelope stays owed until the core releases it, and is published again, same bytes,
when its receipt does not come in time, on every new connection, and when the bureau comes back. The bureau takes duplicates for what they
are.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.delivery import topics
from agent.delivery.chunks import DATA_LIMIT, HEADER_LENGTH, split
from agent.delivery.errors import NotConnected, SpoolError
from agent.delivery.flights import Answer, Flights
from agent.delivery.mqtt import WINDOW, MqttLink
from agent.delivery.outbox import PAYLOAD_MISSING, Outbox, Standing
from agent.delivery.pacing import Retry
from agent.delivery.states import OutboxState, Outgoing
from agent.handover.queue_facts import MOST, ItemFacts, plain

log = logging.getLogger(__name__)

LOOK = 32  # rows of the outbox, beyond those that were tried
TOPIC_ROOM = 256  # bytes of an MQTT packet that are not the payload
NO_SUBSCRIBER = 0x10  # MQTT 5 section 3.4.2.1: the broker took it, and it is gone
# Refusals that pass: unspecified, implementation specific, packet identifier in use, quota exceeded (MQTT 5 section 3.4.2.1).
PASSING = frozenset({0x80, 0x83, 0x91, 0x97})


@dataclass(frozen=True)
class SenderSettings:
    in_flight: int = 4  # envelopes without receipt that the broker may hold
    retry: Retry = field(default_factory=Retry)
    chunk: int = DATA_LIMIT  # data bytes per message
    held_retry: float = 900.0  # s; how often what the broker refused is tried again
    stalled_after: float = 600.0  # s without an answer of the broker to a message: dial again


class Sender:
    """`wake_core`: there is news for the core. `want`: ask the core for the bytes of a txid again."""

    def __init__(
        self,
        settings: SenderSettings,
        link: MqttLink,
        *,
        outbox: Outbox,
        clock: Clock,
        wake_core: Callable[[], None],
        want: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._link = link
        self._outbox = outbox
        self._clock = clock
        self._wake_core = wake_core
        self._want = want
        self._flights = Flights(settings.in_flight, settings.retry)
        self._window = WINDOW  # messages in flight
        self._max_packet: int | None = None  # bytes
        self._look = True  # the outbox may hold something that is not in flight
        self._taken: list[str] = []  # the broker has all of them, which is not in the outbox yet
        self._try_held_at = clock.monotonic() + settings.held_retry

    def connected(self, window: int, max_packet: int | None) -> None:
        self._window = window
        self._max_packet = max_packet
        self.start_over()

    def start_over(self) -> None:
        """A new connection, or the bureau is back: all that is owed is sent again at once."""
        self._flights.start_over()
        self._look = True

    def kept(self) -> None:
        """There is something new in the outbox."""
        self._look = True

    def released(self, txid: str) -> None:
        self._flights.released(txid)
        self._look = True

    def sooner(self, txid: str) -> None:
        """A person says so."""
        self._flights.forget(txid)
        self._look = True

    async def standing(self) -> tuple[int, int, tuple[ItemFacts, ...]]:
        """How many are owed, how many in a row got no receipt in time, and how each of the first stands."""
        total, rows = await self._outbox.standing(MOST)
        return total, self._flights.silent, tuple(self._facts(row) for row in rows)

    def _facts(self, row: Standing) -> ItemFacts:
        now, attempts, flight = self._clock.monotonic(), self._flights.attempts(row.txid), self._flights.of(row.txid)
        if row.state is OutboxState.HELD:
            return ItemFacts(row.txid, "held", attempts, max(self._try_held_at - now, 0.0), plain(row.reason))
        if flight is None:
            return ItemFacts(row.txid, "queued", attempts, None, "It waits for its turn: others are on the way.")
        if flight.due is None:
            sent = f"{len(flight.answered)} of {len(flight.messages)} pieces are with the broker."
            return ItemFacts(row.txid, "sending", attempts, None, sent)
        return ItemFacts(row.txid, "sent", attempts, max(flight.due - now, 0.0), "The broker has it; no receipt of the bureau yet.")

    def next_due(self) -> float | None:
        """When something is to be done though nothing happens, monotonic s."""
        return self._flights.next_due()

    async def pump(self) -> None:
        """Begin what there is room for, and hand the connection as many messages as may be in flight."""
        now = self._clock.monotonic()
        await self._look_after(now)
        if self._look:
            self._look = await self._begin_flights()
        while self._flights.in_air < self._window and (following := self._flights.next_message()):
            flight, index = following
            topic = topics.tx(flight.item.station, flight.item.txid, index, len(flight.messages))
            try:
                mid = self._link.publish(topic, flight.messages[index], chunk_of=flight.item.txid)
            except NotConnected:
                return  # that the connection is lost is in the courier's queue
            self._flights.published(flight, index, mid, now)

    async def _look_after(self, now: float) -> None:
        for txid in self._flights.give_up_overdue(now):
            log.warning("sender: no receipt for %s in time; it is sent again", txid)
            self._look = True
        if now >= self._try_held_at:
            self._try_held_at = now + self._settings.held_retry
            await self._outbox.try_held_again()
            self._look = True
        oldest = self._flights.oldest
        if oldest is not None and now - oldest > self._settings.stalled_after:
            log.warning("sender: the broker answers nothing; dialling again")
            self._link.bounce()

    async def _begin_flights(self) -> bool:
        """Whether there may be more to begin when a place becomes free."""
        while self._flights.free:
            # Enough to hold one that was never tried, if there is one: of a long backlog the rest is not looked at.
            item = self._flights.choose(await self._outbox.owed(self._flights.tried + LOOK))
            if item is None:
                return False
            await self._begin(item)
        return True

    async def _begin(self, item: Outgoing) -> None:
        try:
            messages = split(await self._outbox.payload(item.txid), size=self._settings.chunk, txid=item.txid)
        except SpoolError:
            await self._hold(item.txid, PAYLOAD_MISSING)
            self._want(item.txid)
            return
        if self._max_packet is not None and max(map(len, messages)) + TOPIC_ROOM > self._max_packet:
            await self._hold(item.txid, f"the broker takes no message of {self._settings.chunk + HEADER_LENGTH} bytes")
            return
        self._flights.begin(item, messages)

    async def _hold(self, txid: str, reason: str) -> None:
        self._flights.drop(txid)
        self._look = True
        await self._outbox.hold(txid, reason)
        self._wake_core()

    async def answered(self, mid: int, code: int) -> None:
        """The broker answered a message: `code` as in MQTT 5 section 3.4.2.1."""
        taken = code < 0x80 and code != NO_SUBSCRIBER
        answer = self._flights.answer(mid, self._clock.monotonic(), taken=taken, spread=random.random())  # noqa: S311  spreads retries
        if answer is None:
            return
        if code >= 0x80 and code not in PASSING:
            await self._hold(answer.flight.item.txid, f"the broker refused it with reason code 0x{code:02x}")
        elif answer.complete:
            self._complete(answer)

    def bureau_has(self, txid: str, total: int, indexes: Collection[int]) -> None:
        self._flights.there(txid, total, indexes)
        log.info("sender: the bureau has %d of the %d chunks of %s already", len(indexes), total, txid)

    def _complete(self, answer: Answer) -> None:
        txid = answer.flight.item.txid
        if not answer.flight.taken:
            log.warning("sender: the broker took %s but had nobody to give it to; it is sent again", txid)
            return
        log.info("sender: the broker has all of %s; waiting for the bureau's receipt", txid)
        self._taken.append(txid)

    async def record(self) -> None:
        """What the broker has taken is written down: after `pump`, so that the connection has work meanwhile."""
        if self._taken:
            taken, self._taken = self._taken, []
            await self._outbox.broker_took_all(*taken)
            self._wake_core()
