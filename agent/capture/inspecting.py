"""The scanner looked at while no booking has it: who it is, its self-test, its live picture. A booking comes first, always.

A live picture is a capture that is armed without trigger and ended without result: nothing of it is kept. It goes on over the thread of the
scanner that bookings left open, or over one that is opened for it and let go after it, so that one program never speaks to it twice.

    looked at ─▶ a booking begins, or a self-test is asked for ─▶ the picture ends ─▶ theirs ─▶ the picture goes on
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from agent.capture.device_thread import DeviceThread
from agent.capture.events import Looked
from agent.capture.troubles import FAILED_TEST, Troubles
from agent.capture.view import LiveView
from agent.clock import Clock
from agent.errors import LivescanError
from drivers.device import Capabilities, DeviceInfo, Mode, Preview, PreviewSize, Request, Scanner, SelfTest
from drivers.errors import DeviceError, Refused, Timeout

_AGAIN = 0.5  # s between two tries at a scanner that is in trouble or in use
_ARMED_FOR = 60.0  # s; then it is armed again
_FINGERS = {  # of the widest picture first; 2 to 5 right hand, 1 and 6 thumbs
    Mode.SLAP_RIGHT: frozenset({2, 3, 4, 5}),
    Mode.THUMBS: frozenset({1, 6}),
    Mode.FLAT_1: frozenset({2}),
}


@dataclass(frozen=True)
class Seen:
    """A scanner, as it said itself when it was last asked."""

    info: DeviceInfo
    able: Capabilities
    at: datetime  # UTC


@dataclass(frozen=True)
class Tested:
    test: SelfTest
    serial: str
    at: datetime  # UTC


class Inspecting:
    """On the loop. opened: the station's scanner, newly opened (blocking). held: the thread of one that bookings left open, or None."""

    def __init__(self, opened: Callable[[], Scanner], held: Callable[[], DeviceThread | None], clock: Clock, troubles: Troubles) -> None:
        self._opened = opened
        self._held = held
        self._clock = clock
        self._troubles = troubles
        self._free = asyncio.Lock()
        self._wanted = 0  # who has a right to the scanner before the live picture
        self._device: DeviceThread | None = None  # under the live picture
        self._lookers = 0
        self._looking: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[Seen] | None = None
        self.view = LiveView(clock)
        self.seen: Seen | None = None
        self.tested: Tested | None = None

    @asynccontextmanager
    async def first(self) -> AsyncIterator[None]:
        """The scanner is the caller's: a live picture ends for it, and goes on after it."""
        self._wanted += 1
        try:
            if self._device is not None:
                await self._device.interrupt()
            async with self._free:
                yield
        finally:
            self._wanted -= 1

    @property
    def taken(self) -> bool:
        """Whether somebody is before the live picture."""
        return self._wanted > 0

    async def ask(self) -> Seen:
        """Who it is; it is opened for that where it is not. Raises DeviceError, LivescanError."""
        held = self._held()
        if held is not None and not held.lost:
            return self._know(held)
        async with self._free:
            return await self._asked()

    def ask_soon(self) -> asyncio.Task[Seen]:
        """The same, without waiting: one at a time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self.ask())
            self._asking.add_done_callback(_heard)
        return self._asking

    async def self_test(self) -> Tested:
        """Raises DeviceError, Refused where it has none, LivescanError."""
        async with self.first(), self._borrowed() as device:
            self._know(device)
            if not device.able.self_test:
                raise Refused("This scanner has no self-test.", means="Nothing was tested.", do="Look at its live picture.")
            found = await self._tested_by(device)
        self.tested = Tested(found, device.tag.serial, self._clock.now())
        if not found.passed:
            self._troubles.add(f"The self-test failed: {found.finding}", "", "", FAILED_TEST)
        return self.tested

    @asynccontextmanager
    async def looked_at(self) -> AsyncIterator[LiveView]:
        """While somebody is in here, `view` shows what the scanner sees."""
        self._lookers += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield self.view
        finally:
            self._lookers -= 1
            if self._lookers == 0:
                await self.close()

    async def close(self) -> None:
        """End the live picture."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            if self._wanted == 0:
                try:
                    async with self._free:
                        await self._shown()
                except Timeout:
                    continue  # nobody laid a hand on it: armed again
                except DeviceError as trouble:
                    self._met(trouble)
                except LivescanError as trouble:
                    self.view.say(str(trouble))
            await asyncio.sleep(_AGAIN)

    async def _shown(self) -> None:
        """Until somebody else wants it. Raises DeviceError, Timeout when nothing has happened."""
        async with self._borrowed() as device:
            self._know(device)
            mode = next((one for one in _FINGERS if one in device.able.modes), None)
            if mode is None or device.able.previews <= {PreviewSize.NONE}:
                raise Refused("This scanner shows no live picture.", means="Nothing is wrong with it.", do="Use its self-test.")
            self._device = device
            try:
                while self._wanted == 0:
                    await self._followed(device, mode)
            finally:
                self._device = self.view.picture = None

    async def _followed(self, device: DeviceThread, mode: Mode) -> None:
        request = Request(mode, _FINGERS[mode], ppi=device.able.ppi[0], auto=False, timeout_s=_ARMED_FOR)
        self.view.say("")
        async with aclosing(device.capture(request)) as events:
            async for event in events:
                if isinstance(event, Preview):
                    self.view.heard(Looked(event.frame.pixels, event.frame.ppi))
                if self._wanted:
                    return

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[DeviceThread]:
        held = self._held()
        if held is not None:
            if held.lost:
                await held.reopen(self._opened)
            yield held
            return
        device = DeviceThread(await asyncio.to_thread(self._opened))
        try:
            yield device
        finally:
            await device.close()

    async def _asked(self) -> Seen:
        async with self._borrowed() as device:
            return self._know(device)

    async def _tested_by(self, device: DeviceThread) -> SelfTest:
        try:
            return await device.self_test()
        except DeviceError as trouble:
            self._troubles.met(trouble)
            raise

    def _know(self, device: DeviceThread) -> Seen:
        self.seen = Seen(device.info, device.able, self._clock.now())
        return self.seen

    def _met(self, trouble: DeviceError) -> None:
        if str(trouble) != self.view.now.sentence:
            self._troubles.met(trouble)
        self.view.say(str(trouble))


def _heard(task: asyncio.Task[Seen]) -> None:
    """What went wrong is met again by whoever asks."""
    if not task.cancelled():
        with suppress(DeviceError, LivescanError):
            task.result()
