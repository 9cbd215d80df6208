"""What drivers share whose device keeps no states of its own: the table followed on the host, one capture at a time, events numbered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from drivers.device import DeviceEvent, Mode, Request, StateChanged
from drivers.errors import DeviceError, Gone, Refused, Timeout
from drivers.states import CAPTURE, Cause, DeviceState, after


@dataclass
class Capture:
    """One plain finger. The flags are set from other threads and looked at by the one that follows the capture."""

    token: int
    auto: bool
    deadline: float | None  # s, monotonic
    triggered: bool = False
    cancelled: bool = False

    @property
    def left(self) -> float | None:
        """Seconds until its time is over, None for ever."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


class Cancelled(Exception):
    """The capture was cancelled."""


class Expired(Timeout):
    """Nobody came within the request's time."""

    def __init__(self) -> None:
        super().__init__("The device waited its full time and took no image.", do="Take the finger again.")


class Life:
    """Where the device is (`drivers.states`), and the capture that is under way."""

    def __init__(self) -> None:
        self.state = DeviceState.ABSENT
        self.capture: Capture | None = None
        self._sequence = count()
        self._opened_at = time.monotonic()

    def number(self) -> int:
        return next(self._sequence)

    def time_us(self) -> int:
        """Microseconds since it was opened: these devices have no clock."""
        return round((time.monotonic() - self._opened_at) * 1e6)

    def move(self, cause: Cause) -> StateChanged:
        self.state = after(self.state, cause)
        if cause is Cause.OPENED:
            self._opened_at = time.monotonic()
        return StateChanged(self.number(), self.state)

    def now(self) -> StateChanged:
        """The state as an event, for a reader that has just come."""
        return StateChanged(self.number(), self.state)

    def need_ready(self) -> None:
        """A capture that was cancelled, and that nobody follows, has ended; so has the fault of the one before. Raises Refused, Gone."""
        if self.state is DeviceState.LOST:
            raise Gone("The device is no longer there.")
        if self.state in CAPTURE and self.capture is not None and self.capture.cancelled:
            self.move(Cause.CANCELLED)
        if self.state is DeviceState.ERROR:
            self.move(Cause.CLEARED)
        if self.state is not DeviceState.READY:
            raise Refused("A capture is under way on the device.", do="Finish or cancel it first.")

    def arm(self, request: Request) -> Capture:
        """Raises Refused when it is not READY."""
        self.need_ready()
        deadline = time.monotonic() + request.timeout_s if request.timeout_s > 0 else None
        self.capture = Capture(secrets.randbits(32) or 1, request.auto, deadline)
        self.move(Cause.ARM)
        return self.capture

    def capture_of(self, token: int, *, live: bool = True) -> Capture:
        """The capture with this token; `live`: it has not ended. Raises Refused."""
        if self.capture is None or self.capture.token != token or (live and self.state not in CAPTURE):
            raise Refused("This is not the capture that is under way.")
        return self.capture

    def followed(self, capture: Iterator[DeviceEvent], still_open: Callable[[], bool]) -> Iterator[DeviceEvent]:
        """The events of a capture with its end: cancelled, expired, a fault, unplugged (said before it is raised).

        still_open: whether the device is the one that it began with; what a device says that was closed meanwhile moves nothing.
        """
        try:
            yield from capture
        except Cancelled:
            yield self.move(Cause.CANCELLED)
        except DeviceError as error:
            if still_open():
                lost = self._ended_by(error)
                if isinstance(error, Gone):
                    yield lost
            raise

    def _ended_by(self, error: DeviceError) -> StateChanged:
        if isinstance(error, Gone):
            return self.move(Cause.UNPLUGGED)
        return self.move(Cause.EXPIRED if isinstance(error, Expired) else Cause.FAULT)


def need_one_finger(request: Request) -> None:
    """Raises Refused for anything else."""
    if request.mode is not Mode.FLAT_1 or request.roll_frames or len(request.fingers) != 1:
        raise Refused("This device takes one plain finger at a time.", do="Use a ten-print scanner.")
    if not request.fingers <= frozenset(range(1, 11)):
        raise Refused("Only fingers 1 to 10 can be asked of the device.")
