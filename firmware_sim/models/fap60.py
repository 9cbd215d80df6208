"""A FAP-60 ten-print scanner (docs/fap60-protocol.md): its requests, its queues and its states.

What happens on the platen during a capture is in `fap60_capture`. Everything here runs under the device's lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from firmware_sim.core.control import INTERFACE, TO_HOST, VENDOR, Setup, Stall
from firmware_sim.core.descriptors import BULK, INTERRUPT, Configuration, Descriptors, Endpoint, Interface
from firmware_sim.core.endpoints import InEndpoint
from firmware_sim.core.pace import Agenda, Pace
from firmware_sim.models import fap60_wire as wire
from firmware_sim.models.fap60_capture import Capture
from firmware_sim.models.fap60_outlet import Outlet, shape_of
from firmware_sim.models.fap60_states import LEGAL, MOVES, Cause
from firmware_sim.models.fap60_wire import Advice, Arm, Error, Event, Indication, InfoFlag, Kind, Request, Stamp, State
from firmware_sim.models.glass import Glass
from firmware_sim.models.hands import Hands
from firmware_sim.subject.person import FLAT_AREA, ROLL_AREA, Gray, Person, Touch, write_truth

FIRMWARE = "sim-1.0.0"
CALIBRATION, CALIBRATED_AT = "SIM-0001", 1_767_225_600  # a fixed day: 2026-01-01 UTC
RELEASE = 0x0100  # bcdDevice
SELF_TEST_US = 300_000
TO_DEVICE_REQUESTS = frozenset(Request) - {Request.GET_INFO, Request.GET_STATE}
INFO = wire.Info(
    InfoFlag(0xFF),  # all that the page knows
    FLAT_AREA,
    ROLL_AREA,
    FIRMWARE,
    CALIBRATION,
    CALIBRATED_AT,
)


def describe(serial: str) -> Descriptors:
    """Section 1."""
    endpoints = (
        Endpoint(0x81, BULK, 512, 0),
        Endpoint(0x82, INTERRUPT, 64, 4, full_speed_interval=1),
        Endpoint(0x01, BULK, 512, 0),
    )
    interface = Interface(0, (0xFF, 0x46, 0x60), endpoints)
    return Descriptors(0x1209, 0x0001, RELEASE, ("LIVESCAN", "FAP60 (simulated)", serial), Configuration(1, (interface,), 500))


class Refusal(Exception):
    """A request that the device answers by a STALL, and why."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.name)
        self.error = error


class Fap60:
    """The function of the device. `person` is whoever stands before it; `truth` takes what lay on the platen."""

    def __init__(self, serial: str, person: Person, pace: Pace, truth: Path | None = None) -> None:
        self.descriptors = describe(serial)
        self.hands = Hands(person)
        self.glass = Glass()
        self.pace = pace
        self.agenda = Agenda()
        self.state = State.READY
        self.clear = True  # nothing lies on the platen
        self.indication = Indication()
        self.beeps = 0  # how often it has beeped since it got power
        self.self_test: Callable[[], Error] = lambda: Error.OK  # what a self-test finds
        self.moment: Callable[[str], None] = lambda _: None  # told "armed", "taken", "done", "power"
        self.info = INFO
        self.last_result = b""  # frame of the capture before
        self.capture: Capture | None = None
        self._truth = truth
        self._error = Error.OK  # of the last request that failed, until one succeeds
        self._fault = Error.OK  # why the state is ERROR
        self._testing = False
        self._actions: dict[Request, Callable[[bytes], bytes]] = {
            Request.GET_INFO: lambda _: self.info.pack(),
            Request.GET_STATE: lambda _: self._pack_state(),
            Request.ARM: self._arm,
            Request.TRIGGER: self._trigger,
            Request.CANCEL: self._cancel,
            Request.RELEASE: self._release,
            Request.RESEND: self._resend,
            Request.SELF_TEST: self._self_test,
            Request.CLEAR_ERROR: self._clear_error,
        }

    # what the core calls

    def attach(self, endpoints: Sequence[InEndpoint]) -> None:
        frames, events = endpoints
        self.outlet = Outlet(frames, events, self.pace.now)

    def control(self, setup: Setup, data: bytes) -> bytes:
        try:
            request = self._recognise(setup)
            answer = self._actions[request](data)
        except Refusal as refusal:
            self._error = refusal.error
            raise Stall from refusal
        if request in TO_DEVICE_REQUESTS:
            self._error = Error.OK
        return answer

    def receive(self, data: bytes) -> None:
        """An indication (section 9); a wrong one is ignored and sets error 2."""
        try:
            self.indication = Indication.parse(data)
            self.beeps += self.indication.beep > 0
        except wire.WireError:
            self._error = Error.BAD_VALUE

    def reset(self, *, power: bool) -> None:
        self.agenda.clear()
        self.capture = None
        self.state, self.clear, self._testing = State.READY, self.hands.lying is None, False
        self._error = self._fault = Error.OK
        self.indication = Indication()
        if power:
            self.beeps = 0
            self.moment("power")
            self.pace.restart()
            self.outlet.restart()

    def step(self) -> float | None:
        due = self.agenda.run(self.pace.now())
        return None if due is None else self.pace.wall_seconds(due - self.pace.now())

    # what happens beside the host

    def press_foot_switch(self, *, pressed: bool) -> None:
        self.tell(Event.KEY, wire.FOOT_SWITCH, int(pressed))

    def tell_bench(self) -> dict[str, Any]:
        """What a person at the bench can see."""
        shown = self.indication
        lying = sorted(self.hands.lying.fingers) if self.hands.lying else []
        seen = {"state": self.state.name, "clear": self.clear, "lying": lying, "by_word": self.hands.by_word}
        return seen | {"lights": list(shown.leds), "beep": shown.beep, "beeps": self.beeps, "icon": shown.icon}

    def place(self, name: str) -> None:
        """Someone lays fingers on the platen. Raises KeyError for what is no finger."""
        self.hands.place(name)
        capture = self.capture
        touch = self.hands.placed(capture.way) if capture is not None and self.state is State.ARMED else None
        if capture is not None and touch is not None:
            capture.finger_down(touch)
        else:
            self.set_clear(False)

    def lift(self) -> None:
        """Someone takes the hand away."""
        self.hands.lift()
        if self.capture is not None and self.state is not State.AWAIT_CLEAR:
            self.capture.hand_gone()
        else:
            self.lifted()

    def lifted(self) -> None:
        """Nothing lies on the platen any more."""
        self.set_clear(True)
        if self.capture is not None:
            self.capture.platen_cleared()

    def fault(self, error: Error) -> None:
        """Something inside breaks: the capture is over and the state is ERROR until CLEAR_ERROR."""
        self._fault = error
        self.tell(Event.FAULT, error)
        self.move(Cause.FAULT, error)
        self._forget_capture()

    # what a capture calls

    def move(self, cause: Cause, error: Error = Error.OK) -> None:
        """One row of the table, told to the host. A missing row is a mistake in this simulator."""
        before, self.state = self.state, MOVES[self.state, cause]
        self.tell(Event.STATE, self.state, error)
        if moment := {State.ARMED: "armed", State.RESULT: "taken"}.get(self.state) or ("done" if before is State.RESULT else None):
            self.moment(moment)

    def tell(self, event: Event, a: int, b: int = 0) -> None:
        self.outlet.tell(event, (a, b), *self._present_token())

    def set_clear(self, clear: bool) -> None:
        if clear != self.clear:
            self.clear = clear
            self.tell(Event.PLATEN, int(clear))

    def send_frame(self, kind: Kind, pixels: Gray, ppi: int, corner: tuple[int, int] = (0, 0)) -> bytes:
        """Queue a frame of the present capture and give back its bytes. `corner`: its left and top within the area."""
        assert self.capture is not None, "frames belong to a capture"
        place = (self.capture.fingers_seen, self.capture.next_index())
        shape = shape_of(pixels, kind, self.capture.arm.mode, ppi, place, corner=corner)
        return self.outlet.send_frame(shape, pixels, *self._present_token())

    def keep_truth(self, touch: Touch) -> None:
        """A disk that is full must not stop the scanner: whoever compares finds the file missing."""
        if self._truth is not None:
            with contextlib.suppress(OSError):
                write_truth(self._truth, touch)

    def end_capture(self, error: Error = Error.OK) -> None:
        """Back to READY; the person lifts the hand."""
        self.move(Cause.END, error)
        self._error = error
        self._forget_capture()

    # requests

    def _recognise(self, setup: Setup) -> Request:
        """Raises Refusal for what is no request or not legal now."""
        to_device = setup.request_type == VENDOR | INTERFACE
        to_host = setup.request_type == TO_HOST | VENDOR | INTERFACE
        if setup.request not in list(Request) or not (to_device if setup.request in TO_DEVICE_REQUESTS else to_host):
            raise Refusal(Error.UNKNOWN_REQUEST)
        if self.state not in LEGAL[Request(setup.request)]:
            raise Refusal(Error.BAD_STATE)
        short = to_host and setup.length < (wire.INFO_SIZE if setup.request == Request.GET_INFO else wire.STATE_SIZE)
        if setup.value or setup.index or short:
            raise Refusal(Error.BAD_VALUE)
        return Request(setup.request)

    def _pack_state(self) -> bytes:
        error = self._fault if self.state is State.ERROR else self._error
        token, advice = self._present_token()
        return wire.pack_state(self.state, error, Stamp(self.outlet.last_event, token, 0, advice), clear=self.clear)

    def _arm(self, data: bytes) -> bytes:
        if self._testing or self.outlet.is_full:
            raise Refusal(Error.BAD_STATE)
        try:
            arm = Arm.parse(data)
        except wire.WireError as error:
            raise Refusal(Error.BAD_VALUE) from error
        self.capture = Capture(self, arm)
        self.move(Cause.ARM)
        self.capture.begin()
        return b""

    def _present(self, data: bytes) -> Capture:
        """The present capture, when the token is its. Raises Refusal."""
        try:
            token = wire.parse_token(data)
        except wire.WireError as error:
            raise Refusal(Error.BAD_VALUE) from error
        if self.capture is None or self.capture.arm.token != token:
            raise Refusal(Error.BAD_TOKEN)
        return self.capture

    def _trigger(self, data: bytes) -> bytes:
        self._present(data).trigger()
        return b""

    def _cancel(self, data: bytes) -> bytes:
        if self.state is State.READY:
            if len(data) != wire.TOKEN_SIZE:
                raise Refusal(Error.BAD_VALUE)
            return b""
        self._present(data)
        self.end_capture()
        return b""

    def _release(self, data: bytes) -> bytes:
        self._present(data)
        self.end_capture()
        return b""

    def _resend(self, data: bytes) -> bytes:
        self.outlet.send_again(self._present(data).result)
        return b""

    def _self_test(self, data: bytes) -> bytes:
        if data:
            raise Refusal(Error.BAD_VALUE)
        if self._testing:
            raise Refusal(Error.BAD_STATE)
        self._testing = True
        self.agenda.plan(self.pace.now() + SELF_TEST_US, "self-test", self._self_tested)
        return b""

    def _self_tested(self) -> None:
        self._testing = False
        self.tell(Event.SELF_TEST, self.self_test())

    def _clear_error(self, data: bytes) -> bytes:
        if data:
            raise Refusal(Error.BAD_VALUE)
        self._fault = Error.OK
        self.move(Cause.REPAIRED)
        return b""

    def _forget_capture(self) -> None:
        self.outlet.drop(*Kind)
        if self.capture is not None:
            self.last_result = self.capture.result or self.last_result
            self.capture.end()
        self.capture = None

    def _present_token(self) -> tuple[int, Advice]:
        return (self.capture.arm.token, self.capture.advice) if self.capture else (0, Advice.NONE)
