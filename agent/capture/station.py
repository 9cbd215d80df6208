"""The station's capture as the booking desk sees it: the configured scanner, opened when it is there, the pedal, the officer's answers.

A scanner that is not plugged in is waited for; the booking loses nothing by it. With no serial number in the settings any scanner may take
the place of one that has gone; with one, only that. A simulated scanner is refused in production.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from agent.capture.events import CaptureEvent, Cautioned, GlassSeen, Interrupted, Judged, Moved
from agent.capture.footing import Footing
from agent.capture.inspecting import Inspecting
from agent.capture.keeping import Keeper
from agent.capture.plan import Step
from agent.capture.questions import Answer, Choice, Question, Why, checked
from agent.capture.runner import CaptureRunner
from agent.capture.session import UNDER_WAY, State
from agent.capture.settings import CaptureSettings
from agent.capture.troubles import Troubles
from agent.capture.undertaking import Paused
from agent.capture.view import LiveView
from agent.clock import Clock
from agent.errors import ConfigError, LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, Override, Trigger, Verdict
from agent.quality.thresholds import QualityThresholds
from agent.settings import Settings, config_dir, read_toml
from agent.workers import Workers
from drivers.device import Scanner
from drivers.discovery import Found, find, open_scanner
from drivers.errors import DeviceError, Gone, Refused
from drivers.lease import Leases

Say = Callable[[Mapping[str, Any]], None]

_SETTLES_EVERY = 0.02  # s
_LOOK_AGAIN = 0.5  # s between two looks for a scanner that is not there
OWNER = "livescan core"
UNATTENDED = "unattended training: the best of the attempts was taken"
NOBODY_ASKED = "unattended training: nobody was there to say whose finger it is"


@dataclass(frozen=True)
class Presence:
    there: bool
    name: str = ""  # make, model, serial number
    why: str = ""  # where it is not there and something can be said of it
    busy: bool = False  # prints are being taken


class NothingToDecide(LivescanError):
    """An officer's decision came for a booking that waits for none."""


class StationCapture:
    def __init__(self, settings: Settings, workers: Workers, clock: Clock, *, say: Say) -> None:
        self._settings = settings
        self._workers = workers
        self._clock = clock
        self._say = say
        self.view = LiveView(clock)
        self._limits = QualityThresholds.from_toml(read_toml(config_dir() / "quality.toml"), settings.capture.state)
        pace = CaptureSettings.from_toml(read_toml(config_dir() / "capture.toml"), settings.capture.state)
        self._pace = replace(pace, ppi=settings.capture.ppi or pace.ppi)
        self._leases = Leases(settings.paths.leases, OWNER)
        self._used = settings.scanner.serial  # the scanner that is used, "" before the first
        self.looked: Found | None = None  # the scanner, as it was found on the bus last
        self._runner: CaptureRunner | None = None
        self._booking = BookingId("")
        self._running = False
        self._paused: Paused | None = None  # the officer wants no more of this booking now
        self._question: Question | None = None
        self._questions = 0  # asked so far
        self._answer: asyncio.Future[Answer] | None = None
        self.troubles = Troubles(settings.paths.state / "core" / "scanner-troubles.json", clock)
        self.inspecting = Inspecting(self._opened, lambda: self._runner.device if self._runner else None, clock, self.troubles)
        self.footing = self._footing_of(settings)

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None:
        """Take what is not done yet. Raises DeviceError when the scanner keeps failing, ConfigError when it may not be used here."""
        self._booking, self._paused, self._running = booking_id, None, True
        if self.footing is not None:
            self.footing.begin()
        try:
            async with self.inspecting.first():
                runner = self._runner = self._runner or await self._found()
                await runner.run(booking_id, steps, done, keeper)
        except DeviceError as trouble:
            self.troubles.met(trouble)
            raise
        finally:
            self._running = False

    def answer(self, booking_id: str, answer: Answer) -> None:
        """The officer's answer to the question that the booking waits with. Raises NothingToDecide, NotAnAnswer."""
        waiting, question = self._answer, self._question
        if waiting is None or question is None or waiting.done() or booking_id != self._booking:
            raise NothingToDecide("That booking waits for no decision.", do="Follow the sentence on the screen.")
        waiting.set_result(checked(answer, question, second_officer=self._pace.rules.second_officer))

    async def trigger(self, booking_id: str, by: Trigger) -> None:
        """Take the image now. Raises NothingToDecide when no image of that booking is under way, DeviceError when the scanner refuses."""
        if self._runner is None or booking_id != self._booking or self._runner.session.ended:
            raise NothingToDecide("No print of that booking is being taken.", do="Follow the sentence on the screen.")
        await self._runner.trigger(by)

    async def pause(self, booking_id: str) -> None:
        """Break the capture of that booking off: `run` raises Paused. Raises NothingToDecide when it is not under way."""
        if booking_id != self._booking or not self._running:
            raise NothingToDecide("No print of that booking is being taken.", do="Follow the sentence on the screen.")
        self._paused = Paused("An officer paused this booking; what was taken is kept.", do="Resume the booking when it is to go on.")
        if self._runner is not None and not self._runner.session.ended:
            await self._runner.pause(self._paused)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(self._paused)

    async def replan(self, booking_id: str, steps: Sequence[Step], forgotten: Collection[Position]) -> None:
        """The hand is otherwise than was thought; of no effect on a booking that is not being captured."""
        if self._runner is None or booking_id != self._booking or self._runner.session.ended:
            return
        await self._runner.replan(steps, forgotten)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(Choice.REPEAT))

    def asked_now(self, booking_id: str) -> dict[str, Any] | None:
        """What the officer is asked, in JSON values; None when nothing of that booking waits for an answer."""
        waits = self._answer is not None and not self._answer.done() and booking_id == self._booking
        return in_words(self._question, self._questions) if waits and self._question is not None else None

    @property
    def busy(self) -> bool:
        """Whether a booking has the scanner."""
        return self._running

    def status(self) -> dict[str, Any]:
        if self._runner is None:
            return {"found": False, "state": "not opened yet"}
        return {"found": True, "state": self._runner.session.state}

    @property
    def second_officer(self) -> bool:
        """Whether this state wants one for a print that is kept in spite of what was found."""
        return self._pace.rules.second_officer

    async def present(self) -> Presence:
        """Whether the scanner is there now; it is not opened for that, and a capture under way says it itself."""
        if self._runner is not None and not self._runner.session.ended:
            if self.looked is None:
                await asyncio.to_thread(self._looked)
            lost = self._runner.session.state is State.PAUSED
            return Presence(not lost, self._used, self.view.now.trouble, busy=True)
        return await asyncio.to_thread(self._looked)

    def _looked(self) -> Presence:
        try:
            found = find(usbip=self._settings.scanner.usbip or None, leases=self._leases)
        except DeviceError as trouble:
            return Presence(False, why=str(trouble))
        wanted = self._settings.scanner.serial
        there = [one for one in found if one.ten_print and wanted in ("", one.serial or wanted)]
        self.looked = there[0] if there else None
        return Presence(True, f"{there[0].make} {there[0].model} {there[0].serial}".strip()) if there else Presence(False)

    @property
    def words(self) -> str:
        """How the scanner is, in a word or two."""
        return "not opened yet" if self._runner is None else str(self._runner.session.state)

    async def settle(self, within: float) -> None:
        """Give an image that is being taken or judged so many seconds to be stored. A finger that has not come is not waited for."""
        end = asyncio.get_running_loop().time() + within
        while self._runner is not None and self._runner.session.state in UNDER_WAY and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_SETTLES_EVERY)

    async def close(self) -> None:
        if self.footing is not None:
            await self.footing.close()
        await self.inspecting.close()
        if self._runner is not None:
            await self._runner.close()

    async def _found(self) -> CaptureRunner:
        while True:
            try:
                scanner = await asyncio.to_thread(self._opened)
                break
            except DeviceError as trouble:
                self._said(str(trouble))
                self.troubles.met(trouble)
                await asyncio.sleep(_LOOK_AGAIN)
            if self._paused is not None:
                raise self._paused
        return CaptureRunner(
            scanner,
            self._workers,
            self._limits,
            self._clock,
            on_event=self._heard,
            ask=self._asked,
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
        if self._pace.ppi not in scanner.capabilities.ppi:
            scanner.close()
            raise Refused(
                f"The scanner takes no prints at {self._pace.ppi} ppi.",
                do="Plug in one that does, or set capture.ppi of station.toml to what it can.",
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

    async def _asked(self, question: Question) -> Answer:
        if self._settings.capture.unattended:
            return self._unattended(question)
        self._question, self._answer = question, asyncio.get_running_loop().create_future()
        self._questions += 1
        self._say({"event": "decision_needed", "booking": self._booking, **in_words(question, self._questions)})
        return await self._answer

    def _unattended(self, question: Question) -> Answer:
        """Training without an officer: the best that there is, and no time is lost."""
        if Choice.TAKE not in question.choices:
            return Answer(Choice.REPEAT)
        second = "training-2" if self._pace.rules.second_officer else ""
        reason = UNATTENDED if question.why is Why.POOR else NOBODY_ASKED
        return Answer(Choice.TAKE, Override(reason, "training", self._clock.now(), second))

    def _footing_of(self, settings: Settings) -> Footing | None:
        if not settings.pedal.port:
            return None
        troubles = Troubles(settings.paths.state / "core" / "pedal-troubles.json", self._clock)
        return Footing(settings.pedal.port, pressed=self._foot, say=self._said, clock=self._clock, troubles=troubles)

    async def _foot(self) -> None:
        if self._runner is not None and not self._runner.session.ended:
            with suppress(DeviceError):  # pressed when there was nothing to take
                await self._runner.trigger(Trigger.PEDAL)

    def _said(self, sentence: str) -> None:
        self.view.say(sentence)
        self._say({"event": "advice", "booking": self._booking, "sentence": sentence})

    def _heard(self, event: CaptureEvent) -> None:
        """What of the capture goes to listeners: sentences and states, no pixels. The screen has them of its own."""
        self.view.heard(event)
        if isinstance(event, Interrupted):
            self.troubles.add(event.what, event.means, event.do, event.kind)
        match event:
            case Moved(state=state, step=Step(position=position), attempt=attempt):
                self._say({"event": "capture", "booking": self._booking, "fgp": int(position), "state": state, "attempt": attempt})
            case GlassSeen(state=found, advice=sentence):
                self._say({"event": "glass", "booking": self._booking, "state": found, "sentence": sentence})
            case Judged(impression=Impression(quality=quality)) if quality is not None and quality.verdict is not Verdict.ACCEPT:
                self._say({"event": "advice", "booking": self._booking, "sentence": quality.advice})
            case Cautioned(sentence=sentence) | Interrupted(what=sentence):
                self._say({"event": "advice", "booking": self._booking, "sentence": sentence})


def in_words(question: Question, number: int) -> dict[str, Any]:
    """A question in JSON values: no pixels. number: no other question of this core has it."""
    return {
        "number": number,
        "why": question.why,
        "fgp": int(question.position),
        "sentence": question.sentence,
        "choices": list(question.choices),
        "looks_like": None if question.looks_like is None else int(question.looks_like),
        "attempts": len(question.attempts),
        "best_fingers": {str(int(f)): {"attempt": number, "nfiq2": q.nfiq2} for f, (number, q) in question.best_fingers.items()},
    }
