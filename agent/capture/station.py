"""The station's capture as the booking desk sees it: the configured scanner, opened when it is there, and the officer's decisions.

A scanner that is not plugged in is waited for; the booking loses nothing by it. With no serial number in the settings any scanner may take
the place of one that has gone; with one, only that. A simulated scanner is refused in production.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from agent.capture.events import CaptureEvent, Cautioned, Interrupted, Judged, Moved
from agent.capture.plan import Step
from agent.capture.runner import CaptureRunner
from agent.capture.settings import CaptureSettings
from agent.clock import Clock
from agent.errors import ConfigError, LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, Override, Verdict
from agent.quality.thresholds import QualityThresholds
from agent.settings import Settings, config_dir, read_toml
from agent.workers import Workers
from drivers.device import Scanner
from drivers.discovery import open_scanner
from drivers.errors import DeviceError, Gone
from drivers.lease import Leases

Say = Callable[[Mapping[str, Any]], None]
Accept = Callable[[Impression], Awaitable[None]]

_LOOK_AGAIN = 0.5  # s between two looks for a scanner that is not there
OWNER = "livescan core"
UNATTENDED = "unattended training: the best of the attempts was taken"


class NothingToDecide(LivescanError):
    """An officer's decision came for a booking that waits for none."""


class StationCapture:
    def __init__(self, settings: Settings, workers: Workers, clock: Clock, *, say: Say) -> None:
        self._settings = settings
        self._workers = workers
        self._clock = clock
        self._say = say
        self._limits = QualityThresholds.from_toml(read_toml(config_dir() / "quality.toml"))
        self._pace = CaptureSettings.from_toml(read_toml(config_dir() / "capture.toml"))
        self._leases = Leases(settings.paths.leases, OWNER)
        self._used = settings.scanner.serial  # the scanner that is used, "" before the first
        self._runner: CaptureRunner | None = None
        self._booking = BookingId("")
        self._accept: Accept | None = None
        self._decision: asyncio.Future[Override | None] | None = None

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], accept: Accept) -> None:
        """Take what is not done yet. Raises DeviceError when the scanner keeps failing, ConfigError when it may not be used here."""
        self._booking, self._accept = booking_id, accept
        runner = self._runner = self._runner or await self._found()
        await runner.run(booking_id, steps, done)

    def decide(self, booking_id: str, override: Override | None) -> None:
        """The officer takes the best attempt, with a reason, or wants the position taken again (None). Raises NothingToDecide."""
        if self._decision is None or self._decision.done() or booking_id != self._booking:
            raise NothingToDecide("That booking waits for no decision.", do="Follow the sentence on the screen.")
        self._decision.set_result(override)

    def status(self) -> dict[str, Any]:
        if self._runner is None:
            return {"found": False, "state": "not opened yet"}
        return {"found": True, "state": self._runner.session.state}

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.close()

    async def _found(self) -> CaptureRunner:
        while True:
            try:
                scanner = await asyncio.to_thread(self._opened)
                break
            except DeviceError as trouble:
                self._say({"event": "advice", "booking": self._booking, "sentence": str(trouble)})
                await asyncio.sleep(_LOOK_AGAIN)
        return CaptureRunner(
            scanner,
            self._workers,
            self._limits,
            self._clock,
            on_event=self._heard,
            accept=self._accepted,
            decide=self._asked,
            reopen=self._opened,
            settings=self._pace,
            any_scanner=not self._settings.scanner.serial,
        )

    def _opened(self) -> Scanner:
        """Blocking. The scanner of the settings, open; where they name none the one that was used before, else the only one there is."""
        scanner = self._chosen()
        scanner.open()
        self._used = scanner.info.serial
        if scanner.capabilities.simulated and not self._settings.training:
            scanner.close()
            raise ConfigError(
                "The scanner is a simulated one.",
                means="Its prints may not be sent as an arrest record; none was taken.",
                do="Plug in a certified scanner, or use a training station.",
            )
        return scanner

    def _chosen(self) -> Scanner:
        usbip = self._settings.scanner.usbip or None
        try:
            return open_scanner(self._used or None, usbip, leases=self._leases, ten_print=True)
        except Gone:
            if self._settings.scanner.serial or not self._used:
                raise
            return open_scanner(None, usbip, leases=self._leases, ten_print=True)

    async def _accepted(self, impression: Impression) -> None:
        assert self._accept is not None
        await self._accept(impression)

    async def _asked(self, attempts: Sequence[Impression]) -> Override | None:
        if self._settings.capture.unattended:
            return Override(UNATTENDED, "training", self._clock.now())
        self._decision = asyncio.get_running_loop().create_future()
        self._say({"event": "decision_needed", "booking": self._booking, "fgp": int(attempts[0].position), "attempts": len(attempts)})
        return await self._decision

    def _heard(self, event: CaptureEvent) -> None:
        """What of the capture goes to listeners: sentences and states, no pixels."""
        match event:
            case Moved(state=state, step=Step(position=position), attempt=attempt):
                self._say({"event": "capture", "booking": self._booking, "fgp": int(position), "state": state, "attempt": attempt})
            case Judged(impression=Impression(quality=quality)) if quality is not None and quality.verdict is not Verdict.ACCEPT:
                self._say({"event": "advice", "booking": self._booking, "sentence": quality.advice})
            case Cautioned(sentence=sentence) | Interrupted(what=sentence):
                self._say({"event": "advice", "booking": self._booking, "sentence": sentence})
