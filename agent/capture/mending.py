"""A scanner in trouble: the session is paused, the scanner looked for and opened again, until it is back or the trouble comes too often."""

from __future__ import annotations

import asyncio

from agent.capture.course import Course
from agent.capture.device_thread import DeviceThread, Reopen
from agent.capture.events import Cautioned, Interrupted
from agent.capture.session import Event, NoSuchMove
from agent.capture.settings import CaptureSettings
from agent.capture.signs import Sign
from agent.capture.troubles import kind_of
from drivers.errors import DeviceError, Gone

FAULTS = 5  # troubles in a row, other than being unplugged, after which the capture ends with the last of them


class Mending:
    def __init__(self, device: DeviceThread, course: Course, settings: CaptureSettings, reopen: Reopen) -> None:
        self.openings = 0  # how often it was opened anew
        self._device = device
        self._course = course
        self._settings = settings
        self._reopen = reopen
        self._faults = 0  # in a row

    def worked(self) -> None:
        """What was wrong before is no longer in a row with what comes."""
        self._faults = 0

    async def until_back(self, trouble: DeviceError | NoSuchMove) -> None:
        """Until the scanner has been opened again. Raises a trouble, other than being unplugged, that comes too often in a row."""
        self._faults += 0 if isinstance(trouble, Gone) else 1
        if self._faults >= FAULTS:
            raise trouble
        self._course.move(Event.UNPLUGGED)
        self._course.tell(Interrupted(trouble.what, trouble.means, trouble.do, kind_of(trouble)))
        before = self._device.tag.serial
        while not await self._back():
            await asyncio.sleep(self._settings.reopen_every_s)
        self.openings += 1
        self._course.move(Event.PLUGGED_IN)
        if self._device.tag.serial != before:
            self._course.tell(Cautioned(f"The capture goes on with another scanner: {self._device.tag.serial}.", Sign.OTHER_SCANNER))

    async def _back(self) -> bool:
        try:
            await self._device.reopen(self._reopen)
        except DeviceError:
            return False
        return True
