"""One capture of a FAP60 scanner, followed from ARM to its end.

Result                           handed out after RELEASE, and after every event that was sent before it
READY, by cancel                 the events end
READY, by time                   Timeout
ERROR or a fault                 Refused with the device's reason
a result that came damaged       RESEND, at most RESENDS times, then Garbled
silence for QUIET_CHECKS checks  GET_STATE tells which event or frame was lost
the reading threads gave up      reset, then their error
unplugged                        the state LOST, then Gone
a raw roll frame that was lost   FRAME_LOST on the next one
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from drivers import fap60_wire as wire
from drivers.device import (
    Advice,
    DeviceEvent,
    FingerCount,
    Frame,
    KeyPressed,
    PlatenState,
    Preview,
    Result,
    RollFrame,
    RollProgress,
    StateChanged,
    Warned,
)
from drivers.errors import DeviceError, Garbled, Gone, Timeout
from drivers.fap60_frames import LostFrame, RawFrame
from drivers.fap60_merge import Item
from drivers.fap60_session import Fap60Session
from drivers.fap60_wire import ArmMode, Error, EventType, FrameKind, Request, State
from drivers.fap60_words import KEYS, STATES, frame_of, refusal
from drivers.states import DeviceState

CHECK_EVERY = 0.25  # s of silence after which the device is asked
QUIET_CHECKS = 2  # silences with the same answer before it is believed that something was lost
RESENDS = 3
GRACE = 5.0  # s beyond the request's own timeout, which the device keeps
BARRIER = 0.25  # s to wait for events that were sent before a result


class Fap60Capture:
    def __init__(self, session: Fap60Session, token: int, mode: ArmMode, timeout_s: float) -> None:
        self.token = token
        self.ended = False
        self._cancelled = False
        self._session = session
        self._mode = mode
        self._deadline = time.monotonic() + timeout_s + GRACE if timeout_s > 0 else None  # s, monotonic
        self._resends = 0
        self._quiet = 0
        self._frame_lost = False  # of a roll, since the last one that came
        self._last = -1  # sequence of the last event that was handed out

    def events(self) -> Iterator[DeviceEvent]:
        """As `drivers.device.Scanner.events` says; also Refused when the device ends the capture with a fault."""
        while not self.ended:
            try:
                self._check_deadline()
                item = self._session.merge.get(CHECK_EVERY)
                for event in self._on_silence() if item is None else self._on_item(item):
                    yield self._numbered(event)
            except DeviceError as error:
                self._end_by(error)
                if isinstance(error, Gone):
                    yield self._numbered(StateChanged(0, DeviceState.LOST))
                raise

    def _numbered(self, event: DeviceEvent) -> DeviceEvent:
        """The device's own number, raised where it would not rise: what we had to find out ourselves, or what came later than HOLD."""
        if event.sequence <= self._last:
            event = replace(event, sequence=self._last + 1)
        self._last = event.sequence
        return event

    def cancel(self) -> None:
        """No image is handed out any more, also one that has come already; the events end when the device says so."""
        if not self.ended:
            self._session.control.send_token(Request.CANCEL, self.token)
            self._cancelled = True

    def _on_item(self, item: Item) -> Iterator[DeviceEvent]:
        self._quiet = 0
        if _token_of(item) != self.token or (self._cancelled and not isinstance(item, wire.Event)):
            return
        if isinstance(item, LostFrame) and item.header.kind == FrameKind.RAW_ROLL_FRAME:
            self._frame_lost = True  # only a result is kept by the device
        elif isinstance(item, LostFrame):
            self._resend()
        elif isinstance(item, RawFrame) and item.header.kind == FrameKind.RESULT:
            yield from self._on_result(item)
        else:
            yield from self._on_earlier(item)

    def _on_earlier(self, item: Item) -> Iterator[DeviceEvent]:
        """What comes before a result."""
        if isinstance(item, wire.Event):
            yield from self._on_event(item)
        elif isinstance(item, RawFrame) and item.header.kind == FrameKind.RAW_ROLL_FRAME:
            yield RollFrame(item.header.sequence, self._marked(frame_of(item)), item.header.index)
        elif isinstance(item, RawFrame):
            yield Preview(item.header.sequence, frame_of(item))

    def _marked(self, frame: Frame) -> Frame:
        lost, self._frame_lost = self._frame_lost, False
        return replace(frame, advice=frame.advice | Advice.FRAME_LOST) if lost else frame

    def _on_event(self, event: wire.Event) -> Iterator[DeviceEvent]:
        """Section 8. An event of a later version has no word in the contract and is passed over."""
        number = event.sequence
        match event.type:
            case EventType.STATE:
                yield StateChanged(number, STATES[State(event.a)])
                self._on_state(State(event.a), event.b)
            case EventType.FINGERS:
                yield FingerCount(number, event.a, event.b)
            case EventType.PLATEN:
                yield PlatenState(number, event.a == 1)
            case EventType.WARNING:
                yield Warned(number, event.advice)
            case EventType.KEY if event.b == 1 and event.a in KEYS:
                yield KeyPressed(number, KEYS[event.a])
            case EventType.ROLL:
                yield RollProgress(number, event.a, event.b)
            case EventType.FAULT:
                self.ended = True
                raise refusal(event.a)

    def _on_state(self, state: State, error: int) -> None:
        """Raises what ended the capture, if it was not a cancellation. A fault ends it too: in ERROR there is nothing to cancel."""
        if state not in (State.READY, State.ERROR):
            return
        self.ended = True
        if error == Error.TIMED_OUT:
            raise _timed_out()
        if error or state is State.ERROR:
            raise refusal(error)

    def _on_result(self, raw: RawFrame) -> Iterator[DeviceEvent]:
        if raw.header.mode != self._mode:
            raise Garbled("The scanner sent an image of another kind than was asked for.")
        result = Result(raw.header.sequence, self._marked(frame_of(raw)))
        for item in self._session.merge.earlier_than(result.sequence, self._last_event(), BARRIER):
            yield from self._on_earlier(item)
        self._release()
        yield result

    def _last_event(self) -> int:
        try:
            return self._session.control.state().last_event
        except DeviceError:
            return 0

    def _release(self) -> None:
        """The image is safe on this side, so trouble from here on must not lose it: the next call will meet it."""
        self.ended = True
        self._session.pump.take()
        try:
            self._session.control.send_token(Request.RELEASE, self.token)
        except DeviceError:
            self._session.quietly_cancel(self.token)
        self._session.merge.clear()

    def _resend(self) -> None:
        if self._resends >= RESENDS:
            raise Garbled(f"The image came damaged {RESENDS + 1} times.")
        self._resends += 1
        self._session.control.send_token(Request.RESEND, self.token)

    def _on_silence(self) -> Iterator[DeviceEvent]:
        """Nothing has come for a while: usually a person takes their time, seldom something was lost."""
        report = self._session.control.state()
        alive = report.token == self.token and report.state not in (State.READY, State.RESULT, State.ERROR)
        self._quiet = 0 if alive or self._session.merge.frame_is_coming else self._quiet + 1
        if self._quiet < QUIET_CHECKS:
            return
        self._quiet = 0
        if report.state is State.RESULT and report.token == self.token:
            self._resend()
            return
        yield StateChanged(report.last_event, STATES[report.state])
        self._on_state(report.state if report.state is State.ERROR else State.READY, report.error)

    def _check_deadline(self) -> None:
        """The device keeps the request's time itself; this is for one that does not."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise _timed_out()

    def _end_by(self, error: DeviceError) -> None:
        """No later call may find the device in the middle of a capture that nobody follows."""
        was_ended, self.ended = self.ended, True
        self._session.pump.take()
        if isinstance(error, Gone):
            return
        if self._session.merge.failure is error:
            self._session.revive()
        elif not was_ended:
            self._session.quietly_cancel(self.token)
        self._session.merge.clear()


def _token_of(item: Item) -> int:
    return item.token if isinstance(item, wire.Event) else item.header.token


def _timed_out() -> Timeout:
    return Timeout("The scanner waited its full time and took no image.", do="Take the finger again.")
