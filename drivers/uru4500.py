"""The driver of U.are.U 4000, 4000B and 4500 single-finger readers over USB (`uru4500_wire`, `uru4500_session`).

A reader for identity checks and for the bench: one plain finger of about 15 x 18 mm. It is not certified and belongs to no Appendix F
profile, so nothing of it may go into a ten-print record; its capabilities say so (`fap` 0, `certified` None).

It has no preview, no lights and no way to hold back: with `Request.auto` it takes the finger the moment it sees it.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable, Iterator

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
)
from drivers.errors import Gone, Refused
from drivers.one_finger import Cancelled, Capture, Expired, Life, need_one_finger
from drivers.states import Cause, DeviceState, after
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


class Uru4500:
    """A `drivers.device.Scanner`."""

    def __init__(self, bus: Bus, serial: str, *, new_seed: Callable[[], int] = lambda: secrets.randbits(32)) -> None:
        """`new_seed`: 32 bits that hide the image's key on the wire; a replay needs the recorded one."""
        self._bus = bus
        self._serial = serial
        self._new_seed = new_seed
        self._life = Life()
        self._opening = threading.RLock()  # a close in another thread must have ended before it is opened again
        self._session: Uru4500Session | None = None
        self._must_clear = False  # whether a finger lay on the glass when the capture was armed

    @property
    def info(self) -> DeviceInfo:
        session = self._opened()
        name = session.identity
        return DeviceInfo(name.make, name.model, name.serial, session.firmware, "", link=session.speed)

    @property
    def capabilities(self) -> Capabilities:
        self._opened()
        return CAPABILITIES

    @property
    def state(self) -> DeviceState:
        failure = self._session.failure if self._session else None
        state = self._life.state
        if failure is None or state in (DeviceState.LOST, DeviceState.ERROR):
            return state
        return after(state, Cause.UNPLUGGED if isinstance(failure, Gone) else Cause.FAULT)

    def open(self) -> None:
        """Claim it and switch its sensor on. Raises Gone, Busy, Refused, Timeout, Garbled."""
        with self._opening:
            self.close()
            self._life.move(Cause.OPEN)
            try:
                self._session = Uru4500Session(UsbLink(self._bus, KIND, self._serial))
            except BaseException:
                self._life.move(Cause.NOT_OPENED)
                raise
            self._life.move(Cause.OPENED)

    def close(self) -> None:
        with self._opening:
            session, self._session = self._session, None
            if session is not None:
                session.close()
                self._life.move(Cause.CLOSED)

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
        need_one_finger(request)
        self._life.need_ready()
        while not session.told.empty():
            session.told.get_nowait()
        self._must_clear = bool(session.finger_on)
        session.mode(wire.Mode.AWAIT_FINGER_OFF if self._must_clear else wire.Mode.AWAIT_FINGER_ON)
        return self._life.arm(request).token

    def trigger(self, token: int) -> None:
        session = self._opened()
        self._life.capture_of(token).triggered = True
        session.told.put(Told(word="trigger"))

    def cancel(self, token: int) -> None:
        """Of a capture that has ended it does nothing. The reader goes on looking for a finger; what it says of it is passed over."""
        session = self._opened()
        self._life.capture_of(token, live=False).cancelled = True
        session.told.put(Told(word="cancel"))

    def events(self, token: int) -> Iterator[DeviceEvent]:
        session, capture = self._opened(), self._life.capture_of(token)
        yield from self._life.followed(self._followed(session, capture), lambda: self._session is session)

    def _followed(self, session: Uru4500Session, capture: Capture) -> Iterator[DeviceEvent]:
        """The capture from AWAIT_CLEAR to its result."""
        life = self._life
        yield life.now()
        if self._must_clear:
            yield PlatenState(life.number(), False)
            self._await(session, capture, Event.FINGER_OFF)
            session.mode(wire.Mode.AWAIT_FINGER_ON)
        yield PlatenState(life.number(), True)
        yield life.move(Cause.PLATEN_CLEAR)
        if self._await(session, capture, Event.FINGER_ON):
            yield life.move(Cause.FINGER_SEEN)
            yield FingerCount(life.number(), 1, 1)
            if not capture.auto:
                self._await(session, capture, None)
        yield life.move(Cause.TAKE)
        frame = self._taken(session, capture)
        yield life.move(Cause.TAKEN)
        life.move(Cause.RELEASED)
        yield Result(life.number(), frame)

    def _await(self, session: Uru4500Session, capture: Capture, event: Event | None) -> bool:
        """Until the reader says so: True; False when triggered by hand. Raises Cancelled, Expired, and what the reader has met."""
        while True:
            try:
                told = session.told.get(timeout=capture.left)
            except queue.Empty:
                raise Expired from None
            session.check()
            if capture.cancelled:
                raise Cancelled
            if capture.triggered and event is not Event.FINGER_OFF:
                return False
            if event is not None and told.code == event:
                return True

    def _taken(self, session: Uru4500Session, capture: Capture) -> Frame:
        image = session.take()
        keys: tuple[int, ...] = ()
        if not wire.is_plain(image):
            keys = tuple(session.key(image.key_number + n, self._new_seed()) for n in range(image.key_changes + 1))
        session.finger_on = True
        session.mode(wire.Mode.AWAIT_FINGER_OFF)
        return Frame(
            sequence=self._life.number(),
            token=capture.token,
            device_time_us=self._life.time_us(),
            pixels=wire.picture(image, keys, turned=session.identity.product_id in wire.TURNED),
            ppi=wire.PPI,
            advice=Advice.MANUAL_TRIGGER if capture.triggered else Advice.NONE,
            mode=Mode.FLAT_1,
        )

    def _opened(self) -> Uru4500Session:
        if self._session is None:
            raise Refused("The reader has not been opened.", do="Open it first.")
        return self._session
