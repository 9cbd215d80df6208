"""The glass before a finger is laid on it: looked at while nothing lies there, cleaned before it costs a reject, and remembered, so that
what the person before left on it is never taken for a print.

The picture of the empty glass is of no finger. It lives here, until the next one; it is stored nowhere.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from agent.capture.at_device import AtDevice
from agent.capture.course import Course
from agent.capture.events import Cautioned, GlassSeen
from agent.capture.mending import Mending
from agent.capture.plan import Step
from agent.capture.session import Event
from agent.capture.settings import CaptureSettings
from agent.capture.signs import Sign
from agent.imaging.platen import background
from agent.quality.hygiene import Cleanliness, hygiene
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import several
from drivers.device import Mode

_STILL = "The glass is still not clean: prints may come out poor."
_NOTHING = "Not taken: nothing touches the glass. Lay the {} on it."
_LEFT = "Not taken: nothing touches the glass; what is seen on it was left there before. Clean it, then lay the {} on it."


class Platen:
    """Of the scanner that is open. `due`: it is to be looked at before the next finger."""

    def __init__(self, at_device: AtDevice, mending: Mending, course: Course, limits: QualityThresholds, settings: CaptureSettings) -> None:
        self._at_device = at_device
        self._mending = mending
        self._course = course
        self._limits = limits
        self._settings = settings
        self._go_on = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        """Another booking: the glass as it was then says nothing."""
        self._at_device.background = None
        self.cleaning = False  # it is waited for that somebody cleans it
        self._go_on.clear()
        self.look_again()

    def look_again(self) -> None:
        """What lies there now is not what lay there then; it is to be clean before the next finger."""
        self._seen: tuple[int, Step] | None = None  # opening of the scanner, and the step, before which the glass was seen last
        self._looks = 0  # in a row, at a glass that is to be clean and is not

    @property
    def due(self) -> bool:
        """Before each plain impression: also this person's last one may still lie there."""
        if Mode.EMPTY not in self._at_device.able.modes:
            return False
        opening, step = self._now
        return self._seen is None or self._seen[0] != opening or (step.mode is not Mode.ROLL and self._seen[1] != step)

    @property
    def _now(self) -> tuple[int, Step]:
        return self._mending.openings, self._course.session.step

    @property
    def _patient(self) -> bool:
        """Whether a clean glass is waited for: between two people, on another scanner's glass, and when it was taken for a finger."""
        return (self._seen is None or self._seen[0] != self._mending.openings) and self._looks < self._settings.clean_looks

    async def look(self) -> None:
        """Once. Where the scanner was lost, interrupted or not clear in time the session says so, and it stays due."""
        frame = await self._at_device.empty()
        if frame is None:
            return
        seen = self._at_device.background = await asyncio.to_thread(background, frame.pixels, frame.ppi)
        found = hygiene(seen, self._limits)
        self._course.tell(GlassSeen(found.state, found.dirt, found.latent, found.advice))
        if found.state is Cleanliness.CLEAN_NOW and self._patient:
            await self._cleaned()
        else:
            self._done(still=found.state is Cleanliness.CLEAN_NOW and self._looks > 0)

    def go_on(self) -> None:
        """The officer does not want to wait for a clean glass."""
        self._go_on.set()

    def refuse(self) -> None:
        """Say why a picture in which nothing touched is not kept; the glass is looked at again. Raises NoSuchMove outside of a check."""
        seen = self._at_device.background
        left = seen is not None and (seen.latent > 0 or seen.dirt >= self._limits.platen_dirt_soon)
        fingers = several(self._course.session.step.fingers)
        self._course.tell(Cautioned((_LEFT if left else _NOTHING).format(fingers), Sign.CLEAN_GLASS if left else Sign.NONE))
        waits = self._course.session.waits + 1
        self._course.move(Event.TIME_UP if waits >= self._settings.waits_most else Event.NOT_TOUCHED)
        self.look_again()

    async def _cleaned(self) -> None:
        """Give it time; the officer may go on without."""
        self._looks += 1
        self.cleaning = True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.clean_every_s):
                await self._go_on.wait()
        if self._go_on.is_set():
            self._done(still=True)

    def _done(self, *, still: bool) -> None:
        self._seen, self._looks, self.cleaning = self._now, 0, False
        self._go_on.clear()
        if still:
            self._course.tell(Cautioned(_STILL))
