"""A FAP60 scanner that has been opened: its link, its reading threads, who it is; and how it is mended."""

from __future__ import annotations

import time

from drivers import fap60_wire as wire
from drivers.device import DeviceInfo, SelfTest
from drivers.errors import DeviceError, Gone, Refused, Timeout
from drivers.fap60_control import Fap60Control
from drivers.fap60_merge import Merge
from drivers.fap60_pump import Pump
from drivers.fap60_wire import EventType, Info, Request, State
from drivers.fap60_words import STATES, capabilities, finding
from drivers.states import Cause, DeviceState, after
from drivers.usb_link import Pipe, UsbKind, UsbLink

KIND = UsbKind(wire.CLASS_TRIPLE, frozenset({Pipe.BULK_IN, Pipe.INTERRUPT_IN, Pipe.BULK_OUT}))
SELF_TEST_DEADLINE = 10.0  # s
NO_TOKEN = 0  # of an event outside a capture, section 8


class Fap60Session:
    def __init__(self, link: UsbLink) -> None:
        """Takes over a claimed link, ends what a killed process has left, starts reading. Raises DeviceError; the link is then closed."""
        self.control = Fap60Control(link)
        try:
            raw = self.control.info()
            self.control.recover()
        except BaseException:
            link.close()
            raise
        name = link.identity
        self.info = DeviceInfo(name.make, name.model, name.serial, raw.firmware, raw.calibration, raw.calibrated_at, link.speed)
        self.capabilities = capabilities(raw)
        self.merge = Merge()
        self.pump = Pump(link, self.merge, _largest(raw))
        self._opened = after(DeviceState.OPENING, Cause.OPENED)
        self.pump.start()

    @property
    def state(self) -> DeviceState:
        """What the device told last; LOST from the moment that a reading thread meets nothing any more."""
        failure = self.merge.failure
        if failure is not None:
            return DeviceState.LOST if isinstance(failure, Gone) else DeviceState.ERROR
        told = self.pump.told
        return self._opened if told is None else STATES[State(told)]

    def self_test(self) -> SelfTest:
        """Section 8: it ends with a SELF_TEST event. Raises Refused, Timeout, Gone."""
        self.merge.clear()
        self.pump.take(NO_TOKEN)
        try:
            self.control.send(Request.SELF_TEST)
            return self._self_tested(time.monotonic() + SELF_TEST_DEADLINE)
        finally:
            self.pump.take()

    def _self_tested(self, deadline: float) -> SelfTest:
        while time.monotonic() < deadline:
            item = self.merge.get(0.25)
            if isinstance(item, wire.Event) and item.type == EventType.SELF_TEST:
                return SelfTest(item.a == 0, finding(item.a) if item.a else "")
        raise Timeout(f"The scanner did not end its self-test within {SELF_TEST_DEADLINE:g} seconds.", means="No finger was being taken.")

    def close(self) -> None:
        """Whoever waits for events is told. Never raises."""
        self.merge.fail(Refused("The scanner has been closed."))
        self.pump.stop()
        self.control.close()

    def revive(self) -> None:
        """After the reading threads have given up: reset, and start them again. Raises Gone when the scanner has gone."""
        failure = self.merge.failure
        if failure is None:
            return
        if isinstance(failure, Gone | Refused):
            raise failure
        self.pump.stop()
        self.control.reset()
        self.merge.revive()
        self.pump.start()

    def quietly_cancel(self, token: int) -> None:
        """As good as can be done while something else is wrong."""
        try:
            self.control.send_token(Request.CANCEL, token)
        except DeviceError:
            return


def _largest(raw: Info) -> int:
    """Bytes of the largest payload: the larger area at the finest ppi, and as much again for a stride."""
    finer = max(1, raw.finest_ppi // raw.ppi)
    return 2 * finer**2 * max(width * height for width, height in (raw.flat_area, raw.roll_area))
