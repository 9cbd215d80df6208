"""Events and frames come on two pipes and are read by two threads; one reader gets them in the order of their sequence.

An event of 32 bytes overtakes a frame of 2 MB that was sent before it. So nothing is handed out before it has been here for SETTLE, nor
while a frame with a lower sequence is on its way (its header has been seen), at most for HOLD.

Bounded: of previews only the newest KEEP_PREVIEWS are kept. Nothing else is ever dropped: when LIMIT events or FRAME_LIMIT frames wait,
`put` waits, the device is not read, and keeps its events itself (it queues at least 256).
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.errors import DeviceError
from drivers.fap60_frames import LostFrame, RawFrame
from drivers.fap60_wire import Event

LIMIT = 256  # events that wait
FRAME_LIMIT = 64  # frames that wait, previews not counted: 40 MB of raw roll frames, more than one roll has
KEEP_PREVIEWS = 3  # about 7 MB of full-size frames
SETTLE = 0.010  # s; an event waits in the device for at most 1 ms
HOLD = 0.25  # s; a full frame takes 70 ms at the pace of high-speed USB

Item = Event | RawFrame | LostFrame


@dataclass(order=True)
class _Waiting:
    sequence: int
    arrival: int
    item: Item = field(compare=False)
    since: float = field(compare=False)  # s, monotonic
    preview: bool = field(compare=False)


class Merge:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._arrivals = 0
        self._coming: int | None = None  # sequence of the frame that is on its way
        self._coming_since = 0.0
        self._last_event = 0  # sequence of the last event that was put or noted
        self._failure: DeviceError | None = None

    @property
    def failure(self) -> DeviceError | None:
        return self._failure

    @property
    def frame_is_coming(self) -> bool:
        return self._coming is not None

    def clear(self) -> None:
        """Forget what waits: it belongs to another capture."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def revive(self) -> None:
        """Forget everything, also the failure."""
        with self._changed:
            self._failure = self._coming = None
            self._last_event = 0
            self._waiting.clear()
            self._changed.notify_all()

    def fail(self, error: DeviceError) -> None:
        """No more will come. The reader gets what is worth having, then this error; the first error counts."""
        with self._changed:
            self._failure = self._failure or error
            self._coming = None
            self._waiting = [w for w in self._waiting if not w.preview]
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def frame_begins(self, sequence: int) -> None:
        with self._changed:
            self._coming, self._coming_since = sequence, self._clock()

    def frame_ends(self) -> None:
        with self._changed:
            self._coming = None
            self._changed.notify_all()

    def note_event(self, sequence: int) -> None:
        """An event has been read, of whatever capture."""
        with self._changed:
            self._last_event = max(self._last_event, sequence)
            self._changed.notify_all()

    def put(self, sequence: int, item: Item, *, preview: bool = False, timeout: float = 0.25) -> bool:
        """Add; False when there was no room within the timeout (never for a preview), or when nobody can read it any more."""
        with self._changed:
            if not preview and not self._changed.wait_for(lambda: self._room(item) or self._failure is not None, timeout):
                return False
            if self._failure is not None:
                return preview
            self._arrivals += 1
            heapq.heappush(self._waiting, _Waiting(sequence, self._arrivals, item, self._clock(), preview))
            if preview:
                self._thin_previews()
            self._changed.notify_all()
            return True

    def get(self, timeout: float) -> Item | None:
        """The next by sequence; None when there is none within the timeout. Raises the failure when all else has been handed out."""
        deadline = self._clock() + timeout
        with self._changed:
            while True:
                if self._failure is not None and not self._waiting:
                    raise self._failure
                wait = self._ripe_in()
                if wait <= 0:
                    self._changed.notify_all()
                    return heapq.heappop(self._waiting).item
                left = deadline - self._clock()
                if left <= 0:
                    return None
                self._changed.wait(min(wait, left))

    def earlier_than(self, sequence: int, last_event: int, timeout: float) -> list[Item]:
        """All that waits with a lower sequence, after the event `last_event` has been read or the timeout has passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._last_event >= last_event or self._failure is not None, timeout)
            earlier = []
            while self._waiting and self._waiting[0].sequence < sequence:
                earlier.append(heapq.heappop(self._waiting).item)
            self._changed.notify_all()
            return earlier

    def _room(self, item: Item) -> bool:
        event = isinstance(item, Event)
        alike = sum(isinstance(w.item, Event) is event for w in self._waiting if not w.preview)
        return alike < (LIMIT if event else FRAME_LIMIT)

    def _thin_previews(self) -> None:
        previews = [w for w in self._waiting if w.preview]
        if len(previews) > KEEP_PREVIEWS:
            self._waiting.remove(min(previews))
            heapq.heapify(self._waiting)

    def _ripe_in(self) -> float:
        """Seconds until the first that waits may be handed out; 1 s when none waits."""
        if not self._waiting:
            return 1.0
        first = self._waiting[0]
        if self._failure is not None:
            return 0.0
        now = self._clock()
        wait = first.since + SETTLE - now
        if self._coming is not None and self._coming < first.sequence:
            wait = max(wait, max(first.since, self._coming_since) + HOLD - now)
        return wait
