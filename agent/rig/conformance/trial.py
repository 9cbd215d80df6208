"""One case under way: a freshly opened driver, the person at the bench, and the words that cases are written in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from agent.rig.hand import CannotDo
from agent.rig.target import Target
from drivers.device import DeviceEvent, Mode, Request, Result, Scanner, StateChanged
from drivers.errors import DeviceError
from drivers.states import DeviceState

LOST_WITHIN = 0.5  # s from the unplugged cable to LOST: the contract
COMES_BACK = 15.0  # s from plugging in to open again
SETTLES = 10.0  # s
LOOK_EVERY = 0.005  # s

FINGERS = {
    Mode.FLAT_1: frozenset({1}),
    Mode.ROLL: frozenset({2}),
    Mode.THUMBS: frozenset({1, 6}),
    Mode.SLAP_RIGHT: frozenset({2, 3, 4, 5}),
    Mode.SLAP_LEFT: frozenset({7, 8, 9, 10}),
    Mode.EMPTY: frozenset(),
}
PLACES = {
    Mode.FLAT_1: "right-thumb",
    Mode.ROLL: "roll-right-index",
    Mode.THUMBS: "thumbs",
    Mode.SLAP_RIGHT: "right-four",
    Mode.SLAP_LEFT: "left-four",
    Mode.EMPTY: "",
}


class NotHere(Exception):
    """The case does not apply to this device or bench; one sentence says why."""


class Trial:
    def __init__(self, target: Target, scanner: Scanner) -> None:
        self.target = target
        self.scanner = scanner

    def need(self, *words: str) -> None:
        """The case needs somebody who can do this. Raises NotHere."""
        for word in words:
            if word not in self.target.hand.can:
                raise NotHere(f"nobody at this bench can '{word}'")

    def bench(self, word: str, what: str = "", **values: object) -> None:
        """Raises NotHere."""
        try:
            self.target.hand.do(word, what, values)
        except CannotDo as error:
            raise NotHere(str(error)) from error

    def request(self, mode: Mode | None = None, **more: object) -> Request:
        """The easiest capture of this device, or of one mode."""
        chosen = mode or self.easiest()
        values: dict[str, object] = {"timeout_s": 60.0} | more
        return Request(chosen, FINGERS[chosen], **values)  # type: ignore[arg-type]  # the cases' own keywords

    def easiest(self) -> Mode:
        return Mode.FLAT_1 if Mode.FLAT_1 in self.scanner.capabilities.modes else min(self.scanner.capabilities.modes - {Mode.EMPTY})

    def arm(self, request: Request) -> int:
        token = self.scanner.arm(request)
        if "by-itself" not in self.target.hand.can and "place" in self.target.hand.can and PLACES[request.mode]:
            self.bench("place", PLACES[request.mode])
        return token

    def take(self, request: Request | None = None, each: Callable[[DeviceEvent], None] = lambda _: None) -> list[DeviceEvent]:
        """One whole capture, which must end in a result."""
        events = []
        for event in self.scanner.events(self.arm(request or self.request())):
            events.append(event)
            each(event)
        assert events, "the capture ended without one event"
        assert isinstance(events[-1], Result), f"the last event of the capture is no result but {type(events[-1]).__name__}"
        return events

    def result(self, request: Request | None = None) -> Result:
        last = self.take(request)[-1]
        assert isinstance(last, Result)
        return last

    def opened_again(self) -> None:
        """After the device has been away or in trouble: open it, within `COMES_BACK`."""
        deadline = time.monotonic() + COMES_BACK
        while True:
            try:
                self.scanner.open()
            except DeviceError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def works(self) -> None:
        """Whatever happened: the next capture delivers, if need be after opening it again."""
        self.bench_as_before()
        try:
            self.result()
        except DeviceError:
            self.opened_again()
            self.result()

    def bench_as_before(self) -> None:
        for word in ("clear", "lift", "by-itself"):
            if word in self.target.hand.can:
                self.bench(word)

    def unplug(self) -> float:
        """When the cable was pulled, s monotonic."""
        self.bench("unplug")
        return time.monotonic()

    def await_lost(self, since: float) -> None:
        """Nobody reads its events, and yet it says LOST within half a second."""
        allowed = LOST_WITHIN if self.target.hand.exact else SETTLES
        while self.scanner.state is not DeviceState.LOST:
            assert time.monotonic() - since < allowed, f"{allowed:g} s after it was unplugged it says '{self.scanner.state}'"
            time.sleep(LOOK_EVERY)

    def await_present(self, *, there: bool) -> None:
        deadline = time.monotonic() + SETTLES
        while self.target.present() is not there:
            assert time.monotonic() < deadline, f"after {SETTLES:g} s it is {'not ' if there else 'still '}found"
            time.sleep(0.05)


def states(events: list[DeviceEvent]) -> list[DeviceState]:
    return [event.state for event in events if isinstance(event, StateChanged)]


class Follower:
    """Reads the events of a capture in a thread of its own, as the agent does."""

    def __init__(self, events: Iterator[DeviceEvent]) -> None:
        self.events: list[DeviceEvent] = []
        self.error: BaseException | None = None
        self.ended_at = 0.0  # s monotonic
        self._events = events
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def await_state(self, state: DeviceState, seconds: float = SETTLES) -> None:
        deadline = time.monotonic() + seconds
        while state not in states(self.events):
            assert time.monotonic() < deadline, (
                f"after {seconds:g} s it has not said '{state}' but {[str(one) for one in states(self.events)]}"
            )
            assert self._thread.is_alive() or state in states(self.events), f"the capture ended ({self.error}) before it said '{state}'"
            time.sleep(LOOK_EVERY)

    def await_end(self, seconds: float = SETTLES) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"{seconds:g} s later the capture has not ended"

    def _follow(self) -> None:
        try:
            for event in self._events:
                self.events.append(event)
        except BaseException as error:  # whatever it is, the case judges it
            self.error = error
        self.ended_at = time.monotonic()
