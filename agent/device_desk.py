"""The scanner, and what stands beside it, as a technician looks at them: what a page, the command line and the station check ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from agent.capture.beside_report import camera_report, pedal_report, unused_ports
from agent.capture.camera import Camera
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
    def __init__(self, capture: StationCapture, camera: Camera, settings: Settings, clock: Clock) -> None:
        self._capture = capture
        self._camera = camera
        self._pedal = settings.pedal.port
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

    async def beside(self) -> Mapping[str, Any]:
        """Pedal and camera, None where the settings name none; serial devices of ours that they do not name. Nothing is opened."""
        pedal, camera, unused = await asyncio.gather(
            asyncio.to_thread(pedal_report, self._capture.footing),
            asyncio.to_thread(camera_report, self._camera),
            asyncio.to_thread(unused_ports, self._pedal),
        )
        return {"pedal": pedal, "camera": camera, "unused": unused}

    async def try_pedal(self) -> Mapping[str, Any]:
        """From now on a press is waited for; `beside` says what came. Raises ScannerBusy: a press takes an image then."""
        footing = self._capture.footing
        if footing is None:
            raise LivescanError("This station has no foot pedal.", means="Nothing was tested.", do="Set pedal.port.")
        if self.busy:
            raise ScannerBusy("A booking has the scanner.", means="Nothing was tested.", do="Test it when the booking has ended.")
        footing.try_it()
        return await self.beside()

    async def try_camera(self) -> Mapping[str, Any]:
        """A picture, of which nothing is kept but its size. Raises NoPicture, CameraBusy."""
        await self._camera.picture()
        return await self.beside()

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
