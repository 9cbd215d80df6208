"""The foot pedal beside the scanner: one thread that waits for a foot, and opens the pedal again when it has gone.

It is opened with the first booking, or when somebody tries it, and stays open: one thread of one program speaks to it, and how it is
stands in `now`, so that whoever looks opens nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from agent.capture.troubles import Troubles
from agent.clock import Clock
from drivers.errors import Busy, DeviceError
from drivers.pedal import NO_FOOT, Pedal
from drivers.pedal_wire import PedalEvent

WAIT = 0.25  # s; within this time the thread ends when it is told to
AGAIN = 2.0  # s between two tries to open a pedal that is not there
STUCK = "The foot pedal has been down for ten seconds."
TRIED_WITHIN = 20.0  # s in which a press is waited for when somebody tries it


class PedalState(StrEnum):
    UNOPENED = "unopened"  # nothing has wanted it yet
    WAITING = "waiting"  # for a foot
    STUCK = "stuck"  # down for longer than anybody presses
    LOST = "lost"  # looked for again and again


class Tried(StrEnum):
    """Of "press it now"."""

    WAITING = "waiting"
    PRESSED = "pressed"
    NOTHING = "nothing"  # no press came in time


@dataclass(frozen=True)
class PedalNow:
    state: PedalState = PedalState.UNOPENED
    serial: str = ""  # as it said when it was opened last, "" before
    firmware: str = ""
    pressed_at: datetime | None = None  # UTC; since the station was started
    presses: int = 0  # likewise


@dataclass(frozen=True)
class _Trial:
    began_at: datetime  # UTC
    until: float  # s on the clock that never jumps
    presses: int  # that there had been


class Footing:
    """On the loop, but for its thread, which hands values over."""

    def __init__(
        self, port: str, *, pressed: Callable[[], Awaitable[None]], say: Callable[[str], None], clock: Clock, troubles: Troubles
    ) -> None:
        """pressed: called on the loop with each press. say: sentences for the screen, on the loop."""
        self.port = port
        self.now = PedalNow()
        self.troubles = troubles
        self._pressed = pressed
        self._say = say
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._running: set[asyncio.Future[None]] = set()
        self._trial: _Trial | None = None

    def begin(self) -> None:
        """Of no effect when it has begun already."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="pedal", daemon=True)
            self._thread.start()

    def try_it(self) -> None:
        """From now on a press is waited for, and takes nothing: the caller has made sure that nothing is being taken."""
        self.begin()
        self._trial = _Trial(self._clock.now(), self._clock.monotonic() + TRIED_WITHIN, self.now.presses)

    @property
    def tried(self) -> tuple[Tried, datetime] | None:
        """What has come of the last trial, and when it began or a foot came; None where nobody has tried it."""
        trial = self._trial
        if trial is None:
            return None
        if self.now.presses > trial.presses and self.now.pressed_at is not None:
            return Tried.PRESSED, self.now.pressed_at
        return Tried.WAITING if self._clock.monotonic() < trial.until else Tried.NOTHING, trial.began_at

    async def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        told = False
        while not self._stop.is_set():
            try:
                self._listen()
            except DeviceError as trouble:
                self._on_loop(self._lost, trouble, told)
                told = True
            self._stop.wait(AGAIN)

    def _listen(self) -> None:
        """Until it has gone or is to stop. Raises DeviceError."""
        pedal = Pedal(self.port)
        pedal.open()
        self._on_loop(self._opened, pedal.serial, pedal.firmware)
        try:
            while not self._stop.is_set():
                if (event := pedal.wait(WAIT)) is not None:
                    self._on_loop(self._heard, event)
        finally:
            pedal.close()

    def _opened(self, serial: str, firmware: str) -> None:
        self.now = replace(self.now, state=PedalState.WAITING, serial=serial, firmware=firmware)

    def _lost(self, met: DeviceError, told: bool) -> None:
        trouble = _of_the_pedal(met)
        if self.now.state is not PedalState.LOST:
            self.troubles.met(trouble)
        self.now = replace(self.now, state=PedalState.LOST)
        if not told:
            self._say(str(trouble))

    def _heard(self, event: PedalEvent) -> None:
        if event is PedalEvent.STUCK:
            self.now = replace(self.now, state=PedalState.STUCK)
            self.troubles.add(STUCK, NO_FOOT, "Take off whatever holds it down.")
        if event is PedalEvent.RELEASED:
            self.now = replace(self.now, state=PedalState.WAITING)
        if event is PedalEvent.PRESSED:
            self.now = replace(self.now, state=PedalState.WAITING, pressed_at=self._clock.now(), presses=self.now.presses + 1)
            self._press()

    def _press(self) -> None:
        job = asyncio.ensure_future(self._pressed())
        self._running.add(job)
        job.add_done_callback(self._running.discard)

    def _on_loop(self, call: Callable[..., object], *values: object) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(call, *values)


def _of_the_pedal(trouble: DeviceError) -> DeviceError:
    """A serial line's own remedies are a scanner's."""
    do = "Close the other program." if isinstance(trouble, Busy) else "Look at its cable and its port."
    kind = type(trouble)
    return kind(trouble.what, means=NO_FOOT, do=do if trouble.do == kind.do else trouble.do)
