"""One scanner of a scenario and all that it told: a driver whose events are followed in a thread, as the agent follows them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.rig.measure import Arrival, late_frames, lateness_ms, rate
from agent.rig.target import Target
from drivers.device import (
    Advice,
    DeviceEvent,
    FingerCount,
    KeyPressed,
    PlatenState,
    Preview,
    Request,
    Result,
    RollFrame,
    RollProgress,
    StateChanged,
    Warned,
)
from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused, Timeout
from drivers.states import DeviceState

LOOK_EVERY = 0.01  # s
WORDS: dict[type[DeviceError], str] = {Gone: "gone", Busy: "busy", Timeout: "timeout", Garbled: "garbled", Refused: "refused"}
TROUBLE = frozenset(WORDS.values()) | {"trouble"}
EVENT_WORDS = {
    Preview: "preview",
    RollFrame: "roll-frame",
    RollProgress: "roll-progress",
    FingerCount: "fingers",
    Result: "result",
}


@dataclass(frozen=True)
class Told:
    at: float  # s monotonic
    what: str  # a word that `expect` knows
    advice: Advice = Advice.NONE
    text: str = ""  # of trouble, in the driver's words


class Seat:
    def __init__(self, target: Target, speed: float) -> None:
        self.target = target
        self.told: list[Told] = []
        self.passed = 0  # before it an `expect` has gone by, except by trouble
        self.looked_at: set[int] = set()  # what an `expect` looked for and found
        self.pulled_at: float | None = None  # s monotonic, when its cable was last pulled
        self.values: dict[str, float] = {}
        self.arrivals: list[Arrival] = []  # of the capture that showed most
        self._speed = speed
        self._scanner = target.scanner()
        self._lock = threading.Lock()
        self._capture: threading.Thread | None = None
        self._token = 0
        self._slow = 0.0
        self._trouble_at: float | None = None  # s monotonic, from which it has to recover
        self._watching = threading.Event()
        threading.Thread(target=self._watch, name="seat-watch", daemon=True).start()

    @property
    def state(self) -> DeviceState:
        return self._scanner.state

    @property
    def busy(self) -> bool:
        """A capture is under way."""
        return self._capture is not None and self._capture.is_alive()

    def device(self) -> dict[str, str]:
        info = self._scanner.info
        return {"make": info.make, "model": info.model, "serial": info.serial, "firmware": info.firmware}

    def open(self, patience: float) -> None:
        """Raises Busy and Refused at once, everything else when it lasts for `patience` s."""
        began = time.monotonic()
        while True:
            try:
                self._scanner.open()
            except (Busy, Refused):
                raise
            except DeviceError:
                if time.monotonic() - began > patience:
                    raise
                time.sleep(0.05)
            else:
                break
        self._opened(began)

    def arm(self, request: Request, patience: float, slow: float = 0.0) -> None:
        """Opens it first where it must be. What goes wrong is told, not raised. `slow`: s that the reader takes over each event."""
        self._slow = slow
        try:
            if self._scanner.state in (DeviceState.ABSENT, DeviceState.LOST):
                self._scanner.close()
                self.open(patience)
            elif self._trouble_at is not None:
                self._recovered_by(request, patience)
                return
            self._begin(request)
        except DeviceError as error:
            self._tell_trouble(error)

    def cancel(self) -> None:
        try:
            self._scanner.cancel(self._token)
        except DeviceError as error:
            self._tell_trouble(error)

    def plugged(self) -> None:
        """The cable is back: recovery counts from here."""
        if self._trouble_at is not None or self.state is DeviceState.LOST:
            self._trouble_at = time.monotonic()

    def close(self) -> None:
        if self.busy:
            self.cancel()
        self._watching.set()
        self._scanner.close()
        if self._capture is not None:
            self._capture.join(5)

    def tell(self, what: str, advice: Advice = Advice.NONE, text: str = "") -> None:
        with self._lock:
            self.told.append(Told(time.monotonic(), what, advice, text))

    def lateness(self) -> list[float]:
        return lateness_ms(self.arrivals, self._speed)

    def _opened(self, began: float) -> None:
        now = time.monotonic()
        self._at_most("enumerate_ms", 1000 * (now - began))
        if self._trouble_at is not None:
            self._at_most("recovery_ms", 1000 * (now - self._trouble_at))
            self._trouble_at = None
        self.tell("ready")

    def _recovered_by(self, request: Request, patience: float) -> None:
        """After trouble that left the device open: the driver mends it by itself when it arms, otherwise it is opened anew."""
        assert self._trouble_at is not None
        began = time.monotonic()
        try:
            self._begin(request)
        except DeviceError:
            self._scanner.close()
            self.open(patience)
            self._begin(request)
        else:
            self._at_most("recovery_ms", 1000 * (time.monotonic() - began))
            self._trouble_at = None

    def _begin(self, request: Request) -> None:
        self._token = self._scanner.arm(request)
        self._capture = threading.Thread(
            target=self._follow, args=(self._token, time.monotonic(), self._slow), name="seat-capture", daemon=True
        )
        self._capture.start()

    def _follow(self, token: int, armed: float, slow: float) -> None:
        arrivals: list[Arrival] = []
        seen_at = armed
        last = ""
        try:
            for event in self._scanner.events(token):
                now, last = time.monotonic(), word_of(event)
                if last == DeviceState.TRACKING:
                    seen_at = now
                if isinstance(event, Preview):
                    if not arrivals:
                        self._at_most("first_frame_ms", 1000 * (now - seen_at))
                    arrivals.append(Arrival(now, event.frame.device_time_us))
                if isinstance(event, Result):
                    self._at_most("capture_ms", 1000 * (now - armed))
                if last == DeviceState.LOST:
                    self._lost()
                else:
                    self.tell(last, advice_of(event))
                time.sleep(slow)
            if last != "result":
                self.tell("cancelled")
        except DeviceError as error:
            self._tell_trouble(error)
        self._keep(arrivals)

    def _keep(self, arrivals: list[Arrival]) -> None:
        if len(arrivals) <= len(self.arrivals):
            return
        self.arrivals = arrivals
        fps = rate(arrivals)
        if fps is not None:
            self.values["fps"] = fps
            self.values["late_frames"] = late_frames(arrivals, self._speed)

    def _tell_trouble(self, error: DeviceError) -> None:
        if self._trouble_at is None and not isinstance(error, Busy):
            self._trouble_at = time.monotonic()
        self.tell(next((word for kind, word in WORDS.items() if isinstance(error, kind)), "trouble"), text=error.what)

    def _watch(self) -> None:
        """LOST is told also while nobody reads events."""
        before = self._scanner.state
        while not self._watching.wait(LOOK_EVERY / 2):
            state = self._scanner.state
            if state is DeviceState.LOST and before is not DeviceState.LOST:
                self._lost()
            before = state

    def _lost(self) -> None:
        now = time.monotonic()
        if self._trouble_at is None:
            self._trouble_at = now
        pulled, self.pulled_at = self.pulled_at, None
        if pulled is not None:
            self._at_most("lost_ms", 1000 * (now - pulled))
        self.tell(str(DeviceState.LOST))

    def _at_most(self, name: str, value: float) -> None:
        self.values[name] = max(self.values.get(name, 0.0), value)


def word_of(event: DeviceEvent) -> str:
    if isinstance(event, StateChanged):
        return "result-state" if event.state is DeviceState.RESULT else str(event.state)  # "result" is the picture itself
    if isinstance(event, PlatenState):
        return "platen-clear" if event.clear else "platen-covered"
    if isinstance(event, KeyPressed):
        return f"key-{event.key}"
    if isinstance(event, Warned):
        return "warned"
    return EVENT_WORDS[type(event)]


def advice_of(event: DeviceEvent) -> Advice:
    if isinstance(event, Warned):
        return event.advice
    return event.frame.advice if isinstance(event, Preview | RollFrame | Result) else Advice.NONE


def await_true(question: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True
