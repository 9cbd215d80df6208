"""The driver of U.are.U 4000, 4000B and 4500 single-finger readers over USB (`uru4500_wire`, `uru4500_session`).

A reader for identity checks and for the bench: one plain finger of about 15 x 18 mm. It is not certified and belongs to no Appendix F
profile, so nothing of it may go into a ten-print record; its capabilities say so (`fap` 0, `certified` None).

It has no preview, no lights and no way to hold back: with `Request.auto` it takes the finger the moment it sees it.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from drivers import uru4500_wire as wire
from drivers.device import (
    Advice,
    Capabilities,
    DeviceEvent,
    DeviceInfo,
    FingerCount,
    Frame,
    Indication,
    Mode,
    PlatenState,
    PreviewSize,
    Request,
    Result,
    SelfTest,
    StateChanged,
)
from drivers.errors import DeviceError, Gone, Refused, Timeout
from drivers.states import CAPTURE, Cause, DeviceState, after
from drivers.uru4500_session import KIND, Told, Uru4500Session
from drivers.uru4500_wire import Event
from drivers.usb_bus import Bus
from drivers.usb_link import UsbLink

CAPABILITIES = Capabilities(
    fap=0,
    modes=frozenset({Mode.FLAT_1}),
    area={Mode.FLAT_1: (wire.WIDTH, wire.MAX_LINES)},
    ppi=(wire.PPI,),
    auto_capture=True,
    roll_in_device=False,
    roll_frames=False,
    leds=frozenset(),
    beeper=False,
    keys=frozenset(),
    certified=None,
    simulated=False,
    previews=frozenset({PreviewSize.NONE}),
)
_ENDS: dict[type[DeviceError], Cause] = {Gone: Cause.UNPLUGGED, Timeout: Cause.EXPIRED}


@dataclass
class _Capture:
    token: int
    auto: bool
    deadline: float | None  # s, monotonic
    cancelled: bool = False
    advice: Advice = Advice.NONE


class _Cancelled(Exception):
    """The capture was cancelled."""


class Uru4500:
    """A `drivers.device.Scanner`."""

    def __init__(self, bus: Bus, serial: str, *, new_seed: Callable[[], int] = lambda: secrets.randbits(32)) -> None:
        """`new_seed`: 32 bits that hide the image's key on the wire; a replay needs the recorded one."""
        self._bus = bus
        self._serial = serial
        self._new_seed = new_seed
        self._state = DeviceState.ABSENT
        self._session: Uru4500Session | None = None
        self._capture: _Capture | None = None
        self._sequence = count()
        self._opened_at = 0.0

    @property
    def info(self) -> DeviceInfo:
        session = self._opened()
        name = session.identity
        return DeviceInfo(name.make, name.model, name.serial, session.firmware, "")

    @property
    def capabilities(self) -> Capabilities:
        self._opened()
        return CAPABILITIES

    @property
    def state(self) -> DeviceState:
        failure = self._session.failure if self._session else None
        if failure is None or self._state in (DeviceState.LOST, DeviceState.ERROR):
            return self._state
        return after(self._state, Cause.UNPLUGGED if isinstance(failure, Gone) else Cause.FAULT)

    def open(self) -> None:
        """Claim it and switch its sensor on. Raises Gone, Busy, Refused, Timeout, Garbled."""
        self.close()
        self._move(Cause.OPEN)
        try:
            self._session = Uru4500Session(UsbLink(self._bus, KIND, self._serial))
        except BaseException:
            self._move(Cause.NOT_OPENED)
            raise
        self._opened_at = time.monotonic()
        self._move(Cause.OPENED)

    def close(self) -> None:
        session, self._session = self._session, None
        self._capture = None
        if session is not None:
            session.close()
            self._move(Cause.CLOSED)

    def self_test(self) -> SelfTest:
        self._opened()
        raise Refused("This reader has no self-test.", means="Nothing was tested.", do="Take a finger to see whether it works.")

    def platen_clear(self) -> bool | None:
        """Known only from the end of a capture to the moment that the finger goes, and after it."""
        session = self._opened()
        session.check()
        return None if session.finger_on is None else not session.finger_on

    def indicate(self, indication: Indication) -> None:  # noqa: ARG002  # it has nothing to show it with
        self._opened().check()

    def arm(self, request: Request) -> int:
        session = self._opened()
        session.check()
        _check(request)
        self._need_ready()
        while not session.told.empty():
            session.told.get_nowait()
        if not session.finger_on:
            session.mode(wire.Mode.AWAIT_FINGER_ON)
        deadline = time.monotonic() + request.timeout_s if request.timeout_s > 0 else None
        self._capture = _Capture(secrets.randbits(32) or 1, request.auto, deadline)
        self._move(Cause.ARM)
        return self._capture.token

    def trigger(self, token: int) -> None:
        self._under_way(token)
        self._opened().told.put(Told(word="trigger"))

    def cancel(self, token: int) -> None:
        """Of a capture that has ended it does nothing. The reader goes on looking for a finger; what it says of it is passed over."""
        session = self._opened()
        if self._capture is None or self._capture.token != token:
            raise Refused("This is not the capture that is under way.")
        self._capture.cancelled = True
        session.told.put(Told(word="cancel"))

    def events(self, token: int) -> Iterator[DeviceEvent]:
        session, capture = self._opened(), self._under_way(token)
        try:
            yield from self._followed(session, capture)
        except _Cancelled:
            yield self._moved(Cause.CANCELLED)
        except DeviceError as error:
            if self._session is session:  # not closed meanwhile
                self._move(_ENDS.get(type(error), Cause.FAULT))
            if isinstance(error, Gone):
                yield self._told_state()
            raise

    def _followed(self, session: Uru4500Session, capture: _Capture) -> Iterator[DeviceEvent]:
        """The capture from AWAIT_CLEAR to its result."""
        yield self._told_state()
        if session.finger_on:
            yield PlatenState(next(self._sequence), False)
            self._await(session, capture, Event.FINGER_OFF)
            session.mode(wire.Mode.AWAIT_FINGER_ON)
        yield PlatenState(next(self._sequence), True)
        yield self._moved(Cause.PLATEN_CLEAR)
        if self._await(session, capture, Event.FINGER_ON):
            yield self._moved(Cause.FINGER_SEEN)
            yield FingerCount(next(self._sequence), 1, 1)
            if not capture.auto:
                self._await(session, capture, None)
        yield self._moved(Cause.TAKE)
        frame = self._taken(session, capture)
        yield self._moved(Cause.TAKEN)
        self._move(Cause.RELEASED)
        yield Result(next(self._sequence), frame)

    def _await(self, session: Uru4500Session, capture: _Capture, event: Event | None) -> bool:
        """Until the reader says so: True; False when triggered by hand. Raises _Cancelled, Timeout, and what the reader has met."""
        while True:
            told = self._next(session, capture)
            session.check()
            if told.word == "cancel":
                raise _Cancelled
            if told.word == "trigger" and event is not Event.FINGER_OFF:
                capture.advice |= Advice.MANUAL_TRIGGER
                return False
            if event is not None and told.code == event:
                return True

    def _next(self, session: Uru4500Session, capture: _Capture) -> Told:
        left = None if capture.deadline is None else max(0.0, capture.deadline - time.monotonic())
        try:
            return session.told.get(timeout=left)
        except queue.Empty:
            raise Timeout("The reader waited its full time and took no image.", do="Take the finger again.") from None

    def _taken(self, session: Uru4500Session, capture: _Capture) -> Frame:
        image = session.take()
        keys: tuple[int, ...] = ()
        if not wire.is_plain(image):
            keys = tuple(session.key(image.key_number + n, self._new_seed()) for n in range(image.key_changes + 1))
        session.finger_on = True
        session.mode(wire.Mode.AWAIT_FINGER_OFF)
        return Frame(
            sequence=next(self._sequence),
            token=capture.token,
            device_time_us=round((time.monotonic() - self._opened_at) * 1e6),
            pixels=wire.picture(image, keys, turned=session.identity.product_id in wire.TURNED),
            ppi=wire.PPI,
            advice=capture.advice,
            mode=Mode.FLAT_1,
        )

    def _need_ready(self) -> None:
        """A capture that was cancelled, and that nobody follows, has ended; so has a fault of the one before. Raises Refused."""
        if self._state in CAPTURE and self._capture is not None and self._capture.cancelled:
            self._move(Cause.CANCELLED)
        if self._state is DeviceState.ERROR:
            self._move(Cause.CLEARED)
        if self._state is not DeviceState.READY:
            raise Refused("A capture is under way on the reader.", do="Finish or cancel it first.")

    def _opened(self) -> Uru4500Session:
        if self._session is None:
            raise Refused("The reader has not been opened.", do="Open it first.")
        return self._session

    def _under_way(self, token: int) -> _Capture:
        if self._capture is None or self._capture.token != token or self._state not in CAPTURE:
            raise Refused("This is not the capture that is under way.")
        return self._capture

    def _move(self, cause: Cause) -> None:
        self._state = after(self._state, cause)

    def _moved(self, cause: Cause) -> StateChanged:
        self._move(cause)
        return self._told_state()

    def _told_state(self) -> StateChanged:
        return StateChanged(next(self._sequence), self._state)


def _check(request: Request) -> None:
    if request.mode is not Mode.FLAT_1 or request.roll_frames or len(request.fingers) != 1:
        raise Refused("This reader takes one plain finger at a time.", do="Use a ten-print scanner.")
