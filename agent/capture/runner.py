"""One capture, run: the session's table, the scanner's thread and the process pool joined on the loop.

    arm ─▶ events (thread) ─▶ image ─▶ cut, score, judge (pool) ─▶ accepted: stored ─▶ next step
      ▲                                                        ├▶ again: same step, next attempt
      │                                                        └▶ tries used, nobody came: the officer decides
      └── scanner lost: paused, looked for, opened again, same step

A step is left only after the keeper has stored its impression: killed anywhere, a booking resumes at the first position that is not stored,
with the attempts at it that were made before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from agent.capture.advice import cause
from agent.capture.at_device import AtDevice, Taken
from agent.capture.attempts import best_fingers, best_first, given_up
from agent.capture.course import Course
from agent.capture.device_thread import DeviceThread, Reopen
from agent.capture.events import Accepted, CaptureEvent, Judged
from agent.capture.keeping import Keeper
from agent.capture.plan import Step
from agent.capture.questions import Ask, Choice, Question, Why
from agent.capture.rolling import SPOILING
from agent.capture.session import Event, Session, State, begin
from agent.capture.settings import CaptureSettings
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, QualityReport, Trigger, Verdict
from agent.quality.assess import Asked, assess
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import several, spoilt, unchecked
from agent.workers import WorkerDied, Workers
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
        self._course = Course(on_event)
        self._device = DeviceThread(scanner, any_scanner=any_scanner)
        self._at_device = AtDevice(self._device, self._course, settings or CaptureSettings(), reopen)
        self._workers = workers
        self._limits = thresholds
        self._clock = clock
        self._ask_officer = ask
        self._attempts: list[Impression] = []  # of the present step, those that are kept
        self._before: frozenset[Position] = frozenset()  # stored before this run
        self._plan: tuple[Sequence[Step], frozenset[Position]] | None = None  # steps and positions to forget, to be taken up

    @property
    def session(self) -> Session:
        return self._course.session

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None:
        """All steps that are not done. Cancel the task to stop.

        Raises what the keeper and `ask` raise, and what is wrong with the scanner when it has been so FAULTS times running: DeviceError,
        or NoSuchMove when it breaks the order of the table.
        """
        self._keeper, self._before, self._plan = keeper, frozenset(done), None
        first = next((step for step in steps if step.position not in done), None)
        self._attempts = [] if first is None else list(await keeper.attempts(first.position))
        self._at_device.begin()
        self._course.begin(booking_id, begin(steps, done, tried=max((one.attempt for one in self._attempts), default=0)))
        try:
            while not self.session.ended:
                await self._next()
        finally:
            if not self.session.ended:
                self._course.move(Event.CANCEL)

    async def trigger(self, by: Trigger) -> None:
        """Take the image now (pedal, button). Raises DeviceError when the scanner refuses."""
        await self._at_device.trigger(by)

    async def replan(self, steps: Sequence[Step], forgotten: Collection[Position]) -> None:
        """Other fingers can be printed than was thought. `forgotten`: positions stored already that are to be taken anew.

        It takes effect at once where the scanner waits, else as soon as the image that is here has been judged.
        """
        self._plan = steps, frozenset(forgotten)
        await self._at_device.interrupt()

    async def close(self) -> None:
        """Release the scanner and end its thread."""
        await self._device.close()

    async def _next(self) -> None:
        """One image, or one question."""
        if self._plan is not None:
            self._replanned()
        elif self.session.state is State.ASK_OFFICER:
            await self._asked(Why.NOBODY, f"Nothing was laid on the glass for the {several(self.session.step.fingers)}.")
        elif (taken := await self._at_device.image()) is not None:
            await self._settle(await self._checked(taken))

    # the image

    async def _checked(self, taken: Taken) -> Impression:
        """The impression with its report."""
        step, attempt = self.session.step, self.session.attempt
        tag, now = self._device.tag, self._clock.now()
        impression = Impression(
            step.position, step.kind, taken.pixels, taken.ppi, attempt, tag, now, trigger=taken.trigger, roll=taken.roll
        )
        report = await self._assessed(impression)
        spoiling = taken.advice & SPOILING if taken.roll is not None else Advice.NONE
        report = spoilt(report, self._limits, self.session.tries) if spoiling else report
        why = "" if report.verdict is Verdict.ACCEPT else cause(spoiling or taken.advice, step)
        return replace(impression, quality=replace(report, advice=why or report.advice))

    async def _assessed(self, impression: Impression) -> QualityReport:
        step, tries = self.session.step, self.session.tries
        asked = Asked(step.position, step.kind, step.missing, impression.ppi)
        try:
            return await self._workers.run(assess, impression.pixels, asked, self._limits, tries)
        except WorkerDied:
            return unchecked(step.position, len(step.fingers), self._limits, tries)

    async def _settle(self, impression: Impression) -> None:
        """Accept, ask for another attempt, or ask the officer."""
        if self._plan is not None and not self._still_wanted():
            return
        await self._kept(impression)
        self._course.tell(Judged(impression))
        match impression.quality:
            case QualityReport(verdict=Verdict.ACCEPT):
                await self._store(impression, Event.ACCEPTED)
            case QualityReport(verdict=Verdict.RETRY):
                self._course.move(Event.REJECTED)
            case QualityReport(advice=advice):
                self._course.move(Event.TRIES_USED)
                await self._asked(Why.POOR, advice)
            case None:
                self._course.move(Event.REJECTED)

    async def _kept(self, impression: Impression) -> None:
        room = given_up(self._attempts)
        await self._keeper.keep_attempt(impression, room)
        self._attempts = [one for one in self._attempts if one.attempt != room] + [impression]

    async def _store(self, impression: Impression, event: Event) -> None:
        await self._keeper.accept(impression)
        self._course.tell(Accepted(impression))
        self._attempts = []
        self._course.move(event)

    # the officer

    async def _asked(self, why: Why, sentence: str, looks_like: Position | None = None) -> None:
        ranked = best_first(self._attempts)
        question = Question(why, self.session.step.position, sentence, ranked, looks_like, best_fingers(ranked))
        answer = await self._ask_officer(question)
        if self._plan is not None:
            self._replanned()
        elif answer.choice is Choice.TAKE and ranked:
            await self._store(replace(ranked[0], override=answer.override), Event.OFFICER_ACCEPTED)
        else:
            self._course.move(Event.OFFICER_REPEATS)

    # the hand

    def _still_wanted(self) -> bool:
        """Whether the plan that waits has the present step as it is; its image is then judged first."""
        assert self._plan is not None
        return self.session.step in self._plan[0]

    def _replanned(self) -> None:
        assert self._plan is not None
        (steps, forgotten), self._plan = self._plan, None
        before, step = self._before - forgotten, self.session.step
        self._before = before
        self._course.replan([one for one in steps if one.position not in before], self.session.done - forgotten)
        if self.session.ended or self.session.step != step:
            self._attempts = []
