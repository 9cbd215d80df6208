"""The driver of FAP60 scanners, after docs/fap60-protocol.md.

Threads: the caller's, in which everything here runs, and two that only read (`fap60_pump`). `trigger`, `cancel` and `indicate` may be
called from another thread while `events` waits. How a capture ends, and what each trouble becomes, stands in `fap60_capture`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

from usb.backend import IBackend

from drivers import device, fap60_wire
from drivers.device import Capabilities, DeviceEvent, DeviceInfo
from drivers.errors import DeviceError, Refused
from drivers.fap60_capture import Fap60Capture
from drivers.fap60_session import Fap60Session
from drivers.fap60_wire import Arm, ArmFlag, Beep, Icon, Indication, Led, Request, State
from drivers.fap60_words import ARM_MODES
from drivers.usb_link import UsbLink


class Fap60:
    """A `drivers.device.Scanner`."""

    def __init__(self, backend: IBackend, serial: str, *, half_previews: bool = True) -> None:
        """`half_previews`: previews at half size, a quarter of the bytes; their frames say 250 ppi."""
        self._backend = backend
        self._serial = serial
        self._half_previews = half_previews
        self._session: Fap60Session | None = None
        self._capture: Fap60Capture | None = None

    @property
    def info(self) -> DeviceInfo:
        return self._opened().info

    @property
    def capabilities(self) -> Capabilities:
        return self._opened().capabilities

    def open(self) -> None:
        """Claim it, read who it is, end what a killed process has left. Raises Gone, Busy, Refused, Garbled, Timeout."""
        self.close()
        self._session = Fap60Session(UsbLink.open(self._backend, fap60_wire.CLASS_TRIPLE, self._serial))

    def close(self) -> None:
        """End the capture under way, release the scanner. Never raises."""
        session, self._session = self._session, None
        if session is None:
            return
        if self._capture is not None and not self._capture.ended:
            session.quietly_cancel(self._capture.token)
        self._capture = None
        session.close()

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

    def indicate(self, leds: Mapping[int, Led], *, beep: Beep = Beep.NONE, icon: Icon = Icon.NONE) -> None:
        """Light the LEDs of fingers 1..10 (those not named go out), beep, show an icon. Raises Gone, Timeout."""
        self._opened().control.indicate(Indication(leds, beep, icon))

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
            flags=(ArmFlag.AUTO_CAPTURE if request.auto else ArmFlag(0))
            | (ArmFlag.HALF_SIZE_PREVIEWS if self._half_previews else ArmFlag(0)),
            fingers=request.fingers,
            missing=request.missing,
            ppi=request.ppi,
            still_ms=request.still_ms,
            timeout_ms=round(request.timeout_s * 1000),
        )

    def _new_token(self) -> int:
        """Random, so that frames of another process's capture cannot be taken for ours; never 0 (section 5)."""
        last = self._capture.token if self._capture else 0
        token = last
        while token in (0, last):
            token = secrets.randbits(32)
        return token
