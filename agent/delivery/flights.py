"""The envelopes that are on their way now. Pure: no clock, no socket; lost with the process, for the outbox begins all of it again.

At most four at a time: what the broker holds it may lose, so the backlog stays here. An envelope that got no receipt in its time gives its
place to those that were tried less often, so that four that the bureau cannot read do not keep the rest from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agent.delivery.pacing import Retry
from agent.delivery.states import Outgoing

AHEAD = 3  # tries of an urgent envelope that do not count against its turn
WORDS = 64  # envelopes not begun yet whose chunks at the bureau are remembered


@dataclass
class Flight:
    item: Outgoing
    messages: Sequence[bytes] = field(repr=False)  # all its chunks, in order
    to_send: deque[int] = field(default_factory=deque)  # indexes not handed to the connection yet
    answered: set[int] = field(default_factory=set)  # indexes the broker took, on this connection
    taken: bool = True  # the broker took every answered one for a subscriber
    due: float | None = None  # monotonic s; all answered, a receipt must be here by then


@dataclass(frozen=True)
class Answer:
    flight: Flight
    index: int
    complete: bool  # every chunk is answered


class Flights:
    def __init__(self, limit: int, retry: Retry) -> None:
        self._limit = limit
        self._retry = retry
        self._flights: dict[str, Flight] = {}
        self._air: dict[int, tuple[str, int, float]] = {}  # message id: txid, index, when published
        self._attempts: dict[str, int] = {}
        self._words: dict[str, tuple[int, frozenset[int]]] = {}  # what the bureau has of envelopes that have not begun yet
        self._silent = 0  # envelopes without a receipt in time since the last receipt

    @property
    def free(self) -> int:
        return self._limit - len(self._flights)

    @property
    def in_air(self) -> int:
        """Messages the broker has not answered."""
        return len(self._air)

    @property
    def oldest(self) -> float | None:
        """When the longest unanswered message was published, monotonic s."""
        return min((at for _, _, at in self._air.values()), default=None)

    @property
    def tried(self) -> int:
        """How many were begun and have no receipt."""
        return len(self._attempts)

    @property
    def silent(self) -> int:
        """Envelopes without a receipt in time since the last receipt."""
        return self._silent

    def attempts(self, txid: str) -> int:
        return self._attempts.get(txid, 0)

    def of(self, txid: str) -> Flight | None:
        return self._flights.get(txid)

    def choose(self, owed: Sequence[Outgoing]) -> Outgoing | None:
        """The next to begin: the one tried least often; among equals the first of `owed`. What is urgent has some tries in advance."""
        waiting = [item for item in owed if item.txid not in self._flights]
        return min(waiting, key=self._turn, default=None)

    def _turn(self, item: Outgoing) -> int:
        return max(0, self._attempts.get(item.txid, 0) - (AHEAD if item.priority == 0 else 0))

    def forget(self, txid: str) -> None:
        """As if it had never been tried; one that waits for its receipt is begun again."""
        self._attempts.pop(txid, None)
        flight = self._flights.get(txid)
        if flight is not None and flight.due is not None:
            del self._flights[txid]

    def begin(self, item: Outgoing, messages: Sequence[bytes]) -> None:
        self._flights[item.txid] = Flight(item, messages, deque(range(len(messages))))
        self._attempts[item.txid] = self._attempts.get(item.txid, 0) + 1
        total, indexes = self._words.pop(item.txid, (0, frozenset()))
        self.there(item.txid, total, indexes)

    def next_message(self) -> tuple[Flight, int] | None:
        """The flights in the order they began: one complete transfer is worth more than four halves."""
        for flight in self._flights.values():
            if flight.to_send:
                return flight, flight.to_send[0]
        return None

    def published(self, flight: Flight, index: int, mid: int, now: float) -> None:
        flight.to_send.remove(index)
        self._air[mid] = (flight.item.txid, index, now)

    def answer(self, mid: int, now: float, *, taken: bool, spread: float) -> Answer | None:
        """The broker answered one message; None when it is no chunk of a present flight."""
        txid, index, _ = self._air.pop(mid, ("", 0, 0.0))
        flight = self._flights.get(txid)
        if flight is None:
            return None
        flight.answered.add(index)
        flight.taken = flight.taken and taken
        complete = len(flight.answered) == len(flight.messages)
        if complete:
            flight.due = now + self._retry.wait(self._attempts[txid], self._silent // self._limit, spread)
        return Answer(flight, index, complete)

    def start_over(self) -> None:
        """A new connection, or the bureau is back: everything again at once, beginning with what the broker had not taken."""
        self._air.clear()
        self._words.clear()
        self._silent = 0
        for flight in self._flights.values():
            order = range(len(flight.messages))
            flight.to_send = deque(sorted(order, key=lambda index, flight=flight: index in flight.answered))  # type: ignore[misc]
            flight.answered, flight.taken, flight.due = set(), True, None

    def there(self, txid: str, total: int, indexes: Collection[int]) -> int:
        """The bureau has these chunks already; how many are spared. The last one is sent all the same: it makes the bureau answer.

        Holds for this sending only: when no receipt comes, all of it is sent, so a false word delays and loses nothing.
        """
        flight = self._flights.get(txid)
        if flight is None and len(self._words) < WORDS:
            self._words[txid] = (total, frozenset(indexes))
        if flight is None or len(flight.messages) != total:
            return 0
        spared = [index for index in flight.to_send if index in indexes and index != total - 1]
        flight.to_send = deque(index for index in flight.to_send if index not in spared)
        flight.answered.update(spared)
        return len(spared)

    def give_up_overdue(self, now: float) -> list[str]:
        """The txids whose receipt is overdue; they are no longer in flight."""
        overdue = [txid for txid, flight in self._flights.items() if flight.due is not None and flight.due <= now]
        for txid in overdue:
            del self._flights[txid]
        self._silent += len(overdue)
        return overdue

    def next_due(self) -> float | None:
        return min((flight.due for flight in self._flights.values() if flight.due is not None), default=None)

    def drop(self, txid: str) -> None:
        """Held: no longer in flight."""
        self._flights.pop(txid, None)

    def released(self, txid: str) -> None:
        """The receipt is here, so the bureau answers."""
        self._silent = 0
        self._attempts.pop(txid, None)
        self._flights.pop(txid, None)
