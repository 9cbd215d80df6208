"""One scanner and the one thread in which it is spoken to.

A driver blocks; the loop must not. Everything that opens, arms, reads and closes runs in this thread, one after the other; its events are
posted to the loop as values. Only `trigger` and `cancel` come from another thread, because they must reach a device that the thread is
waiting on (`drivers.device.Scanner`: legal in every live state).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from agent.model.impression import DeviceTag
from drivers.device import Capabilities, DeviceEvent, DeviceInfo, DeviceState, Preview, Request, Scanner, SelfTest
from drivers.errors import DeviceError, Gone

END_WITHIN = 5.0  # s: a cancelled capture must end in this time, else its scanner is closed under it

Reopen = Callable[[], Scanner]


class DeviceThread:
    def __init__(self, scanner: Scanner, *, any_scanner: bool = False) -> None:
        """`any_scanner`: another one may take its place when it has gone; else it must be the one with the same serial number."""
        self._any_scanner = any_scanner
        self._scanner = scanner
        self._serial = scanner.info.serial
        self._tag = _tag_of(scanner)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"scanner-{self._serial}")
        self._token: int | None = None  # of the capture under way
        self._stop = False  # the capture under way is to end

    @property
    def tag(self) -> DeviceTag:
        """Which scanner this is, as it said when it was opened."""
        return self._tag

    @property
    def able(self) -> Capabilities:
        """What the scanner can do."""
        return self._scanner.capabilities

    @property
    def info(self) -> DeviceInfo:
        """Who it says it is. Raises DeviceError when it is not open."""
        return self._scanner.info

    @property
    def lost(self) -> bool:
        return self._scanner.state in (DeviceState.LOST, DeviceState.ABSENT)

    async def self_test(self) -> SelfTest:
        """Raises DeviceError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._scanner.self_test)

    async def capture(self, request: Request) -> AsyncGenerator[DeviceEvent, None]:
        """Arm, then the capture's events in order. Raises DeviceError. Closing the iterator early ends the capture."""
        mailbox = _Mailbox(asyncio.get_running_loop())
        self._stop = False
        job = asyncio.get_running_loop().run_in_executor(self._thread, self._drive, request, mailbox)
        try:
            while (event := await mailbox.take()) is not None:
                yield event
            await job
        finally:
            await self._ended(job)

    async def trigger(self) -> None:
        """Take the image now, where a capture is under way."""
        if (token := self._token) is not None:
            await asyncio.to_thread(self._scanner.trigger, token)

    async def interrupt(self) -> None:
        """End the capture under way without a result: its events end. Never raises; a scanner that does not obey is met by its reader."""
        self._stop = True
        if (token := self._token) is not None:
            with suppress(DeviceError):
                await asyncio.to_thread(self._scanner.cancel, token)

    async def reopen(self, again: Reopen) -> None:
        """Exchange the scanner for one opened anew, which `tag` then names. Raises DeviceError while none is there that may be used."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reopened, again)

    async def close(self) -> None:
        """Release the scanner and end the thread. Never raises."""
        with suppress(DeviceError):
            await asyncio.get_running_loop().run_in_executor(self._thread, self._scanner.close)
        self._thread.shutdown(wait=False)

    def _drive(self, request: Request, mailbox: _Mailbox) -> None:
        try:
            self._token = token = self._scanner.arm(request)
            if self._stop:
                self._scanner.cancel(token)
            for event in self._scanner.events(token):
                mailbox.post(event)
        finally:
            self._token = None
            mailbox.post(None)

    async def _ended(self, job: asyncio.Future[None]) -> None:
        """Wait until the thread is free again, ending the capture if it is still under way."""
        self._stop = True
        if not job.done() and (token := self._token) is not None:
            with suppress(DeviceError):
                await asyncio.to_thread(self._scanner.cancel, token)
        done, _ = await asyncio.wait({job}, timeout=END_WITHIN)
        if not done:
            await asyncio.to_thread(self._scanner.close)
        elif not job.cancelled():
            job.exception()

    def _reopened(self, again: Reopen) -> None:
        self._scanner.close()
        scanner = again()
        serial = scanner.info.serial
        if serial != self._serial and not self._any_scanner:
            scanner.close()
            raise Gone(f"The scanner '{self._serial}' is not there; '{serial}' is.")
        self._scanner, self._serial, self._tag = scanner, serial, _tag_of(scanner)


def _tag_of(scanner: Scanner) -> DeviceTag:
    """Cut to the lengths of EBTS 2.067 IMA."""
    info = scanner.info
    return DeviceTag(info.make[:25], info.model[:25], info.serial[:50], info.firmware, scanner.capabilities.simulated)


class _Mailbox:
    """Events from the scanner's thread to the loop, in order. A preview that nobody has taken yet gives way to the next one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: deque[DeviceEvent | None] = deque()
        self._wake = asyncio.Event()

    def post(self, event: DeviceEvent | None) -> None:
        """From any thread. None ends the capture."""
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._put, event)

    async def take(self) -> DeviceEvent | None:
        while not self._events:
            self._wake.clear()
            await self._wake.wait()
        return self._events.popleft()

    def _put(self, event: DeviceEvent | None) -> None:
        if isinstance(event, Preview) and self._events and isinstance(self._events[-1], Preview):
            self._events.pop()
        self._events.append(event)
        self._wake.set()
