"""The scanner as a technician looks at it: what a page, the command line and the station check ask of it while no booking has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from agent.capture.device_report import Where, calibration_of, device_report, seen_of
from agent.capture.station import StationCapture
from agent.capture.view import LiveView
from agent.clock import Clock
from agent.errors import LivescanError
from agent.settings import Settings
from drivers.errors import DeviceError

_WITHIN = 3.0  # s in which a scanner says who it is
_AT_ONCE = 0.03  # s that a page waits for it


class ScannerBusy(LivescanError):
    """A booking has the scanner."""


class DeviceDesk:
    def __init__(self, capture: StationCapture, settings: Settings, clock: Clock) -> None:
        self._capture = capture
        self._clock = clock
        self._where = Where(settings.scanner.calibrate_every, bool(settings.scanner.usbip))

    @property
    def busy(self) -> bool:
        return self._capture.busy

    async def report(self, within: float = _WITHIN) -> Mapping[str, Any]:
        """A scanner that has not said who it is yet is asked; within: s that it is waited for."""
        presence = await self._capture.present()
        if presence.there:
            await self._known(within)
        return device_report(self._capture, self._where, self._clock.now(), presence)

    async def self_test(self) -> Mapping[str, Any]:
        """The report after it. Raises ScannerBusy, LivescanError with what the scanner says."""
        if self.busy:
            raise ScannerBusy("A booking has the scanner.", means="Nothing was tested.", do="Test it when the booking has ended.")
        try:
            await self._capture.inspecting.self_test()
        except DeviceError as trouble:
            raise LivescanError(trouble.what, means="The self-test did not end.", do=trouble.do) from trouble
        return await self.report()

    def looked_at(self) -> AbstractAsyncContextManager[LiveView]:
        return self._capture.inspecting.looked_at()

    async def calibration(self) -> Mapping[str, Any]:
        """For the station check: no page waits for it; `asked` false while the scanner has not said it yet."""
        await self._known(_AT_ONCE)
        seen = seen_of(self._capture)
        return {**calibration_of(seen, self._where.every, self._clock.now()), "asked": seen is not None}

    async def _known(self, within: float) -> None:
        inspecting = self._capture.inspecting
        if seen_of(self._capture) is not None or self.busy or inspecting.taken:
            return
        with suppress(DeviceError, LivescanError, TimeoutError):
            async with asyncio.timeout(within):
                await asyncio.shield(inspecting.ask_soon())
