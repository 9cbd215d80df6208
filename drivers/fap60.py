"""The driver of FAP60 scanners, after docs/fap60-protocol.md.

Threads: the caller's, in which everything here runs, and two that only read (`fap60_pump`). `trigger`, `cancel`, `indicate`, `state` and
`platen_clear` may be called from another thread while `events` waits. How a capture ends, and what each trouble becomes, stands in
`fap60_capture`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

from drivers import device, fap60_wire
from drivers.device import Capabilities, DeviceEvent, DeviceInfo, Indication, Mode, SelfTest
from drivers.errors import DeviceError, Refused
from drivers.fap60_capture import Fap60Capture
from drivers.fap60_session import KIND, Fap60Session
from drivers.fap60_wire import Arm, ArmFlag, Request, State
from drivers.fap60_words import ARM_MODES, PREVIEWS, wire_indication
from drivers.states import Cause, DeviceState, after
from drivers.usb_bus import Bus
from drivers.usb_link import UsbLink


class Fap60:
    """A `drivers.device.Scanner`."""

    def __init__(self, bus: Bus, serial: str) -> None:
        self._bus = bus
        self._serial = serial
        self._unopened = DeviceState.ABSENT  # or OPENING
        self._opening = threading.RLock()  # a close in another thread must have ended before it is opened again
        self._session: Fap60Session | None = None
        self._capture: Fap60Capture | None = None

    @property
    def info(self) -> DeviceInfo:
        return self._opened().info

    @property
    def capabilities(self) -> Capabilities:
        return self._opened().capabilities

    @property
    def state(self) -> DeviceState:
        session = self._session
        return self._unopened if session is None else session.state

    def open(self) -> None:
        """Claim it, read who it is, end what a killed process has left. Raises Gone, Busy, Refused, Garbled, Timeout."""
        with self._opening:
            self.close()
            self._unopened = after(self._unopened, Cause.OPEN)
            try:
                self._session = Fap60Session(UsbLink(self._bus, KIND, self._serial))
            finally:
                self._unopened = after(self._unopened, Cause.NOT_OPENED)

    def close(self) -> None:
        """End the capture under way, release the scanner. Never raises."""
        with self._opening:
            session, self._session = self._session, None
            if session is None:
                return
            if self._capture is not None and not self._capture.ended:
                session.quietly_cancel(self._capture.token)
            self._capture = None
            session.close()

    def self_test(self) -> SelfTest:
        """As the contract says. A scanner that fails stays in ERROR until the next capture clears it."""
        session = self._opened()
        session.revive()
        self._need_ready(session)
        return session.self_test()

    def platen_clear(self) -> bool:
        return self._opened().control.state().platen_clear

    def arm(self, request: device.Request) -> int:
        """Begin one capture. Raises Refused when one is under way or the device does not take the request, Gone, Timeout."""
        session = self._opened()
        session.revive()
        self._need_ready(session)
        arm = self._arm_of(request)
        session.merge.clear()
        session.pump.take(arm.token)
        try:
            session.control.send(Request.ARM, fap60_wire.build_arm(arm))
        except DeviceError:
            session.pump.take()
            raise
        self._capture = Fap60Capture(session, arm.token, arm.mode, request.timeout_s)
        return arm.token

    def trigger(self, token: int) -> None:
        """Take the image now. Raises Refused when nothing can be taken."""
        self._opened().control.send_token(Request.TRIGGER, token)

    def cancel(self, token: int) -> None:
        """End the capture without a result; of one that has ended it does nothing. Raises Refused when the token is of another one."""
        self._opened()
        self._capture_of(token).cancel()

    def events(self, token: int) -> Iterator[DeviceEvent]:
        """As the contract says; also Refused when the device ends the capture with a fault."""
        self._opened()
        return self._capture_of(token).events()

    def indicate(self, indication: Indication) -> None:
        session = self._opened()
        session.control.indicate(wire_indication(indication, session.capabilities))

    def _opened(self) -> Fap60Session:
        if self._session is None:
            raise Refused("The scanner has not been opened.", do="Open it first.")
        return self._session

    def _capture_of(self, token: int) -> Fap60Capture:
        if self._capture is None or self._capture.token != token:
            raise Refused("This is not the capture that is under way.")
        return self._capture

    def _need_ready(self, session: Fap60Session) -> None:
        report = session.control.state()
        if report.state is State.ERROR:
            session.control.recover()
        elif report.state is not State.READY:
            raise Refused("A capture is under way on the scanner.", do="Finish or cancel it first.")

    def _arm_of(self, request: device.Request) -> Arm:
        if request.mode not in self.capabilities.modes:
            raise Refused(f"The scanner cannot take this kind of image ({request.mode}).", do="Use a scanner that can.")
        if not (request.fingers | request.missing) <= frozenset(range(1, 11)):
            raise Refused("Only fingers 1 to 10 can be asked of the scanner.")
        return Arm(
            token=self._new_token(),
            mode=ARM_MODES[request.mode],
            flags=self._flags_of(request),
            fingers=request.fingers,
            missing=request.missing,
            ppi=request.ppi if request.ppi in self.capabilities.ppi else self.capabilities.ppi[0],
            still_ms=request.still_ms,
            timeout_ms=round(request.timeout_s * 1000),
        )

    def _flags_of(self, request: device.Request) -> ArmFlag:
        flags = PREVIEWS[request.preview]
        if request.auto:
            flags |= ArmFlag.AUTO_CAPTURE
        if request.mode is not Mode.ROLL:
            return flags
        if not (self.capabilities.roll_frames if request.roll_frames else self.capabilities.roll_in_device):
            form = "frame by frame" if request.roll_frames else "as a finished image"
            raise Refused(f"The scanner does not deliver a roll {form}.", do="Ask for the other form, or use a scanner that can.")
        return flags | ArmFlag.RAW_ROLL_FRAMES if request.roll_frames else flags

    def _new_token(self) -> int:
        """Random, so that frames of another process's capture cannot be taken for ours; never 0 (section 5)."""
        last = self._capture.token if self._capture else 0
        token = last
        while token in (0, last):
            token = secrets.randbits(32)
        return token
