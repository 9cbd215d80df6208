"""Chunks that have arrived and are not committed yet: those of an envelope that is not whole wait for the others, for a moment. Pure.

On a fast line the rest is there within milliseconds, and an envelope that comes whole is never written as chunks. On a slow one each chunk
is committed by itself, so that what has come need not come again. Nothing here is acknowledged to the broker, so nothing of it can be lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.delivery import topics
from agent.delivery.mqtt_events import Arrived

HOLD = 0.05  # s; how long an incomplete envelope waits for the next chunk
MOST = 16  # messages that may wait; mosquitto delivers 20 that are not acknowledged, and then no more


@dataclass
class _Set:
    total: int
    messages: list[Arrived] = field(default_factory=list)
    indexes: set[int] = field(default_factory=set)
    last: float = 0.0  # monotonic s, when the newest came


class Waiting:
    def __init__(self) -> None:
        self._sets: dict[tuple[str, str], _Set] = {}

    def add(self, message: Arrived, now: float) -> None:
        """One on a `tx` topic. now: monotonic s."""
        transfer = topics.parse_transfer(message.topic)
        assert transfer is not None
        kept = self._sets.setdefault((transfer.station, transfer.digest), _Set(transfer.total))
        kept.messages.append(message)
        kept.indexes.add(transfer.index)
        kept.last = now

    def take(self, now: float) -> list[Arrived]:
        """What is to be committed now: what is whole, what has waited long enough, and all of it when there is too much."""
        crowded = sum(len(one.messages) for one in self._sets.values() if len(one.indexes) < one.total) > MOST
        ripe = [key for key, one in self._sets.items() if crowded or len(one.indexes) >= one.total or now - one.last >= HOLD]
        return [message for key in ripe for message in self._sets.pop(key).messages]

    def due(self) -> float | None:
        """When the next must be taken though nothing comes, monotonic s."""
        return min((one.last + HOLD for one in self._sets.values()), default=None)


class InOrder:
    """Messages are acknowledged in the order in which they came (MQTT 3.1.1, 4.6), however they are done with."""

    def __init__(self, acknowledge: Callable[[Arrived], None]) -> None:
        self._acknowledge = acknowledge
        self._open: deque[Arrived] = deque()  # in the order of arrival
        self._done: set[tuple[int, int]] = set()  # (epoch, message id) of those in `_open` that are done with

    def came(self, message: Arrived) -> None:
        self._open.append(message)

    def done(self, messages: Iterable[Arrived]) -> None:
        oldest = self._open[0].epoch if self._open else 0
        self._done.update((message.epoch, message.mid) for message in messages if message.epoch >= oldest > 0)
        while self._open and (first := (self._open[0].epoch, self._open[0].mid)) in self._done:
            self._done.remove(first)
            self._acknowledge(self._open.popleft())

    def start_over(self) -> None:
        """The connection has ended: the broker sends again what was not acknowledged on it."""
        self._open.clear()
        self._done.clear()
