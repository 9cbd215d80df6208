"""Device time, and what is planned in it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import count


class Pace:
    """The device's clock: microseconds since it got power, `speed` times as fast as the wall's."""

    def __init__(self, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._clock = clock
        self._started = clock()

    def restart(self) -> None:
        self._started = self._clock()

    def now(self) -> int:
        """Microseconds since start."""
        return int((self._clock() - self._started) * 1e6 * self.speed)

    def wall_seconds(self, duration_us: int) -> float:
        return max(0.0, duration_us / 1e6 / self.speed)


class Throttle:
    """A pipe's speed on the bus: how many bytes may move now. What is not used within BURST is lost, as time on a bus is."""

    BURST = 0.01  # s
    LEAST = 2048  # bytes: more than any packet
    PATIENCE = 0.002  # s until it is worth asking again

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate  # bytes a second
        self._clock = clock
        self._last = clock()
        self._saved = 0.0

    def __call__(self, wanted: int) -> int:
        now = self._clock()
        self._saved = min(self._saved + (now - self._last) * self.rate, max(self.rate * self.BURST, self.LEAST))
        self._last = now
        return min(wanted, int(self._saved))

    def moved(self, count: int) -> None:
        self._saved -= count


class Agenda:
    """Deeds with a due time. A deed may plan others; what has a forgotten tag is not done."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, Callable[[], None]]] = []
        self._order = count()

    def plan(self, due_us: int, tag: str, deed: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (due_us, next(self._order), tag, deed))

    def forget(self, tag: str) -> None:
        self._heap = [entry for entry in self._heap if entry[2] != tag]
        heapq.heapify(self._heap)

    def plans(self, tag: str) -> bool:
        return any(entry[2] == tag for entry in self._heap)

    def clear(self) -> None:
        self._heap.clear()

    def run(self, now_us: int) -> int | None:
        """Do what is due; the time of the next deed, None when there is none."""
        while self._heap and self._heap[0][0] <= now_us:
            heapq.heappop(self._heap)[3]()
        return self._heap[0][0] if self._heap else None
