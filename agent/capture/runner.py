"""One capture, run: the session's table, the scanner's thread and the process pool joined on the loop.

    arm ─▶ events (thread) ─▶ image ─▶ cut, read, judge (pool) ─▶ right place? ─▶ accepted: stored ─▶ next step
      ▲                                                        │               └▶ looks like another finger: the officer decides
      │                                                        ├▶ again: same step, next attempt
      │                                                        └▶ tries used, nobody came: the officer decides
      └── scanner lost: paused, looked for, opened again, same step

A step is left only after the keeper has stored its impression: killed anywhere, a booking resumes at the first position that is not stored,
with the attempts at it that were made before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from agent.capture.advice import cause, named
from agent.capture.at_device import AtDevice, Taken
from agent.capture.checking import Checker
from agent.capture.course import Course
from agent.capture.device_thread import DeviceThread, Reopen
from agent.capture.events import CaptureEvent, Judged
from agent.capture.guard import Guard
from agent.capture.keeping import Keeper
from agent.capture.mending import Mending
from agent.capture.officer import Officer
from agent.capture.places import Prints
from agent.capture.plan import Step, again
from agent.capture.platen import Platen
from agent.capture.questions import Ask
from agent.capture.rolling import SPOILING
from agent.capture.session import Event, Session, State
from agent.capture.settings import CaptureSettings
from agent.capture.undertaking import Change, Paused, Undertaking
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, QualityReport, Trigger, Verdict
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import spoilt
from agent.workers import Workers
from drivers.device import Advice, Scanner


class CaptureRunner:
    """Captures bookings with one scanner, one booking at a time.

    scanner: open. reopen: finds and opens it again (blocking), or raises DeviceError while it is not there; with `any_scanner` it may open
    another one, and the capture goes on with that at the same finger.
    ask: called with each question to the officer; the capture waits for the answer. on_event: called on the loop, must not block.
    """

    def __init__(
        self,
        scanner: Scanner,
        workers: Workers,
        thresholds: QualityThresholds,
        clock: Clock,
        *,
        on_event: Callable[[CaptureEvent], None],
        ask: Ask,
        reopen: Reopen,
        settings: CaptureSettings | None = None,
        any_scanner: bool = False,
    ) -> None:
        self._settings = settings or CaptureSettings()
        self._course = Course(on_event)
        self._device = DeviceThread(scanner, any_scanner=any_scanner)
        mending = Mending(self._device, self._course, self._settings, reopen)
        self._at_device = AtDevice(self._device, self._course, self._settings, mending)
        self._platen = Platen(self._at_device, mending, self._course, thresholds, self._settings)
        self._mending = mending
        self._checker = Checker(workers, thresholds)
        self._limits = thresholds
        self._clock = clock
        self._ask_officer = ask

    @property
    def session(self) -> Session:
        return self._course.session

    @property
    def device(self) -> DeviceThread:
        """The scanner, for who looks at it while nothing is captured."""
        return self._device

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None:
        """All steps that are not done. Cancel the task to stop. The plan may change up to its last moment: look at what is stored then.

        Raises Paused when it was paused, what the keeper and `ask` raise, and what is wrong with the scanner when it has been so FAULTS
        times running: DeviceError, or NoSuchMove when it breaks the order of the table.
        """
        self._work = Undertaking(self._course, self._checker, keeper, steps, done)
        self._officer = Officer(self._work, self._ask_officer)
        self._mending.worked()
        self._platen.begin()
        await self._work.begin(booking_id, learn=self._settings.rules.hand_again)
        await self._to_its_end()
        if self._settings.rules.hand_again:
            await self._hand_again()

    async def trigger(self, by: Trigger) -> None:
        """Take the image now (pedal, button), or wait no longer for a clean glass. Raises DeviceError when the scanner refuses."""
        if self._platen.cleaning:
            self._platen.go_on()
        else:
            await self._at_device.trigger(by)

    async def replan(self, steps: Sequence[Step], forgotten: Collection[Position]) -> None:
        """Other fingers can be printed than was thought. `forgotten`: positions stored already that are to be taken anew.

        It takes effect at once where the scanner waits, else as soon as the image that is here has been judged.
        """
        self._work.changed = Change(tuple(steps), frozenset(forgotten))
        await self._at_device.interrupt()

    async def pause(self, why: Paused) -> None:
        """Break the run off as soon as nothing is half done; `run` raises `why`. What was stored stays, and so do the attempts."""
        self._work.paused = why
        self._platen.go_on()
        await self._at_device.interrupt()

    async def close(self) -> None:
        """Release the scanner and end its thread."""
        await self._device.close()

    async def _to_its_end(self) -> None:
        try:
            while not self.session.ended:
                await self._next()
        finally:
            if not self.session.ended:
                self._course.move(Event.CANCEL)

    async def _next(self) -> None:
        """One image, or one question."""
        self._work.go_on()
        if self._work.changed is not None:
            self._work.replan()
        elif self.session.state is State.ASK_OFFICER:
            await self._officer.nobody()
        elif (taken := await self._image()) is not None:
            await self._settle(*await self._checked(taken))

    async def _image(self) -> Taken | None:
        """Of something that touched the glass; None when there is none yet: the session says why. Raises Paused."""
        self._work.go_on()
        if self._platen.due:
            await self._platen.look()
            return None
        taken = await self._at_device.image()
        if taken is None or taken.touched:
            return taken
        self._platen.refuse()
        return None

    async def _checked(self, taken: Taken) -> tuple[Impression, Prints]:
        """The impression with its report, and what of it can be compared."""
        step, attempt = self.session.step, self.session.attempt
        tag, now = self._device.tag, self._clock.now()
        impression = Impression(
            step.position, step.kind, taken.pixels, taken.ppi, attempt, tag, now, trigger=taken.trigger, roll=taken.roll
        )
        checked = await self._checker.check(impression, step.missing, self.session.tries)
        return replace(impression, quality=self._explained(checked.report, taken)), checked.prints

    def _explained(self, report: QualityReport, taken: Taken) -> QualityReport:
        """With what was seen while it was taken: it may spoil a print that measures well, and it names causes."""
        spoiling = taken.advice & SPOILING if taken.roll is not None else Advice.NONE
        report = spoilt(report, self._limits, self.session.tries) if spoiling else report
        seen = spoiling or taken.advice
        why = "" if report.verdict is Verdict.ACCEPT else cause(seen, self.session.step)
        return replace(report, advice=why, cause=named(seen)) if why else report

    async def _settle(self, impression: Impression, prints: Prints) -> None:
        """Accept, ask for another attempt, or ask the officer."""
        if self._work.changed is not None and self.session.step not in self._work.changed.steps:
            return
        await self._work.trials.add(impression, prints)
        self._course.tell(Judged(impression))
        match impression.quality:
            case QualityReport(verdict=Verdict.ACCEPT):
                await self._placed(impression, prints)
            case QualityReport(verdict=Verdict.ASK_OFFICER, advice=advice):
                self._course.move(Event.TRIES_USED)
                await self._officer.poor(impression.position, advice)
            case _:
                self._course.move(Event.REJECTED)

    async def _placed(self, impression: Impression, prints: Prints) -> None:
        """Good enough: is it the finger that was asked for? At the last step all of them are judged together."""
        places = self._work.places
        hint = await asyncio.to_thread(places.hint, impression.position, impression.kind, prints)
        if hint is None and self._last and (doubts := await asyncio.to_thread(places.doubts, prints)):
            hint = next((doubt for doubt in doubts if doubt.position not in self._work.answered), None)
        if hint is None:
            await self._work.store(impression, Event.ACCEPTED)
        else:
            self._course.move(Event.QUESTIONED)
            await self._officer.doubtful(hint, impression)

    @property
    def _last(self) -> bool:
        return len(self.session.steps) - len(self.session.done) == 1

    async def _hand_again(self) -> None:
        step = again(self._work.steps)
        if step is None or self._work.changed is not None or await self._work.keeper.confirmed():
            return
        guard = Guard(
            self._course,
            self._image,
            self._checked,
            self._ask_officer,
            self._work.places,
            self._work.keeper,
            self._limits.tries_most,
            lambda: self._work.changed is not None,
        )
        self._platen.look_again()  # the hand may be there as the print that it left at the beginning
        await guard.run(step)
