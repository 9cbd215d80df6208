"""A FAP60 scanner that has been opened: its link, its reading threads, who it is; and how it is mended."""

from __future__ import annotations

from drivers.device import DeviceInfo
from drivers.errors import DeviceError, Gone, Refused
from drivers.fap60_control import Fap60Control
from drivers.fap60_merge import Merge
from drivers.fap60_pump import Pump
from drivers.fap60_wire import Info, Request
from drivers.fap60_words import capabilities
from drivers.usb_link import UsbLink


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
        self.info = DeviceInfo(name.make, name.model, name.serial, raw.firmware, raw.calibration)
        self.capabilities = capabilities(raw)
        self.merge = Merge()
        self.pump = Pump(link, self.merge, _largest(raw))
        self.pump.start()

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
    """Bytes of the largest payload: the larger area, and as much again for a stride."""
    return 2 * max(width * height for width, height in (raw.flat_area, raw.roll_area))
