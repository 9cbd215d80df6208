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

from agent.capture.advice import cause
from agent.capture.at_device import AtDevice, Taken
from agent.capture.attempts import best_fingers
from agent.capture.checking import Checked, Checker
from agent.capture.course import Course
from agent.capture.device_thread import DeviceThread, Reopen
from agent.capture.events import Accepted, CaptureEvent, Judged
from agent.capture.guard import Guard
from agent.capture.keeping import Keeper
from agent.capture.places import MIRROR, Hint, Places, Prints
from agent.capture.plan import Step, again, planned
from agent.capture.questions import Answer, Ask, Choice, Question, Why
from agent.capture.rolling import SPOILING
from agent.capture.session import Event, Session, State, begin
from agent.capture.settings import CaptureSettings
from agent.capture.trials import Trials
from agent.clock import Clock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, QualityReport, Trigger, Verdict
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import rank, several, spoilt
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
        self._at_device = AtDevice(self._device, self._course, self._settings, reopen)
        self._checker = Checker(workers, thresholds)
        self._limits = thresholds
        self._clock = clock
        self._ask_officer = ask
        self._changed: tuple[Sequence[Step], frozenset[Position]] | None = None  # steps and positions to forget, to be taken up

    @property
    def session(self) -> Session:
        return self._course.session

    async def run(self, booking_id: BookingId, steps: Sequence[Step], done: Collection[Position], keeper: Keeper) -> None:
        """All steps that are not done. Cancel the task to stop. The plan may change up to its last moment: look at what is stored then.

        Raises what the keeper and `ask` raise, and what is wrong with the scanner when it has been so FAULTS times running: DeviceError,
        or NoSuchMove when it breaks the order of the table.
        """
        self._keeper, self._trials, self._places = keeper, Trials(keeper), Places()
        self._steps, self._before, self._changed = tuple(steps), frozenset(done), None
        self._answered: set[Position] = set()  # of which the officer has said that they stay as they are
        first = next((step for step in steps if step.position not in done), None)
        if first is not None:
            await self._trials.resume(first.position)
        self._at_device.begin()
        self._course.begin(booking_id, begin(steps, done, tried=self._trials.last))
        if first is not None or self._settings.rules.hand_again:
            await self._learn()
        await self._to_its_end()
        if self._settings.rules.hand_again:
            await self._hand_again()

    async def trigger(self, by: Trigger) -> None:
        """Take the image now (pedal, button). Raises DeviceError when the scanner refuses."""
        await self._at_device.trigger(by)

    async def replan(self, steps: Sequence[Step], forgotten: Collection[Position]) -> None:
        """Other fingers can be printed than was thought. `forgotten`: positions stored already that are to be taken anew.

        It takes effect at once where the scanner waits, else as soon as the image that is here has been judged.
        """
        self._changed = steps, frozenset(forgotten)
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
        if self._changed is not None:
            self._replanned()
        elif self.session.state is State.ASK_OFFICER:
            nobody = f"Nothing was laid on the glass for the {several(self.session.step.fingers)}."
            await self._asked(Question(Why.NOBODY, self.session.step.position, nobody, self._trials.ranked))
        elif (taken := await self._at_device.image()) is not None:
            await self._settle(*await self._checked(taken))

    # the image

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
        why = "" if report.verdict is Verdict.ACCEPT else cause(spoiling or taken.advice, self.session.step)
        return replace(report, advice=why or report.advice)

    async def _settle(self, impression: Impression, prints: Prints) -> None:
        """Accept, ask for another attempt, or ask the officer."""
        if self._changed is not None and self.session.step not in self._changed[0]:
            return
        await self._trials.add(impression, prints)
        self._course.tell(Judged(impression))
        match impression.quality:
            case QualityReport(verdict=Verdict.ACCEPT):
                await self._placed(impression, prints)
            case QualityReport(verdict=Verdict.ASK_OFFICER, advice=advice):
                self._course.move(Event.TRIES_USED)
                ranked = self._trials.ranked
                await self._asked(Question(Why.POOR, impression.position, advice, ranked, best_fingers=best_fingers(ranked)))
            case _:
                self._course.move(Event.REJECTED)

    async def _placed(self, impression: Impression, prints: Prints) -> None:
        """Good enough: is it the finger that was asked for? At the last step all of them are judged together."""
        hint = await asyncio.to_thread(self._places.hint, impression.position, impression.kind, prints)
        if hint is None and self._last and (doubts := await asyncio.to_thread(self._places.doubts, prints)):
            hint = next((doubt for doubt in doubts if doubt.position not in self._answered), None)
        if hint is None:
            await self._store(impression, Event.ACCEPTED)
        else:
            self._course.move(Event.QUESTIONED)
            await self._asked(self._question(hint, impression), hint, impression)

    @property
    def _last(self) -> bool:
        return len(self.session.steps) - len(self.session.done) == 1

    async def _store(self, impression: Impression, event: Event) -> None:
        await self._accept(impression)
        self._trials.clear()
        self._course.move(event)

    async def _accept(self, impression: Impression, prints: Prints | None = None) -> None:
        """Stored, remembered for comparing, told."""
        await self._keeper.accept(impression)
        known = prints or self._trials.prints(impression)
        self._places.remember(impression.kind, await self._prints(impression) if known is None else known)
        self._course.tell(Accepted(impression))

    # the officer

    def _question(self, hint: Hint, impression: Impression) -> Question:
        return Question(hint.why, hint.position, hint.sentence, [impression], hint.looks_like)

    async def _asked(self, question: Question, hint: Hint | None = None, impression: Impression | None = None) -> None:
        answer = await self._ask_officer(question)
        if self._changed is not None:
            self._replanned()
        elif impression is not None and hint is not None and hint.position is not impression.position:
            await self._joint(answer, hint, impression)
        elif answer.choice is Choice.TAKE and question.attempts:
            self._answered.add(question.position)
            await self._store(replace(question.attempts[0], override=answer.override), Event.OFFICER_ACCEPTED)
        elif answer.choice is Choice.USE_AS and impression is not None:
            await self._used_as(impression, answer.finger or question.looks_like)
        elif answer.choice is Choice.SWAP and impression is not None:
            await self._swapped(impression)
        else:
            self._course.move(Event.OFFICER_REPEATS)

    async def _used_as(self, impression: Impression, target: Position | None) -> None:
        """Stored as another finger's, unless a better one of that finger is there already; what was asked for is still to be taken."""
        step = planned(self._steps, target, impression.kind)
        if step is None:
            self._course.move(Event.OFFICER_REPEATS)
            return
        moved = replace(impression, position=step.position)
        checked = await self._checker.check(moved, step.missing, 1)
        there = {one.position: one for one in await self._keeper.stored()}.get(step.position)
        if there is None or rank(checked.report) > rank(there.quality):
            await self._accept(replace(moved, quality=checked.report), checked.prints)
        self._course.moved(self.session.done | {step.position})

    async def _swapped(self, impression: Impression) -> None:
        """Right and left of the plain impressions exchanged, each judged anew; one that is not good as what it is now is taken again."""
        stored = {one.position: one for one in await self._keeper.stored() if one.position in MIRROR}
        turned = [await self._mirrored(one) for one in stored.values()]
        good = [(one, checked) for one, checked in turned if checked.report.verdict is Verdict.ACCEPT or one.override is not None]
        await self._keeper.exchange(frozenset(stored), [one for one, _ in good])
        for position in stored:
            self._places.forget(position)
        for one, checked in good:
            self._places.remember(one.kind, checked.prints)
        await self._accept(impression)
        await self._begin_anew()

    async def _mirrored(self, impression: Impression) -> tuple[Impression, Checked]:
        step = planned(self._steps, MIRROR[impression.position], impression.kind)
        moved = replace(impression, position=MIRROR[impression.position])
        checked = await self._checker.check(moved, step.missing if step else frozenset(), 1)
        return replace(moved, quality=checked.report), checked

    async def _joint(self, answer: Answer, hint: Hint, impression: Impression) -> None:
        """What the officer says of an earlier finger when all are judged together; the last one itself is stored."""
        await self._accept(impression)
        self._answered.add(hint.position)
        if answer.choice is Choice.TAKE:
            earlier = next(one for one in await self._keeper.stored() if one.position is hint.position)
            await self._keeper.accept(replace(earlier, override=answer.override))
        else:
            await self._keeper.exchange([hint.position], [])
            self._places.forget(hint.position)
        await self._begin_anew()

    async def _begin_anew(self) -> None:
        """With the steps that are not stored now."""
        done = frozenset(one.position for one in await self._keeper.stored())
        self._trials.clear()
        self._before = done
        self._course.replan([step for step in self._steps if step.position not in done], ())

    # the person

    async def _learn(self) -> None:
        """Read again what was stored before this run."""
        stored = await self._keeper.stored()
        for impression, prints in zip(stored, await asyncio.gather(*map(self._prints, stored)), strict=True):
            self._places.remember(impression.kind, prints)

    async def _prints(self, impression: Impression) -> Prints:
        step = planned(self._steps, impression.position, impression.kind)
        return await self._checker.prints(impression, step.missing if step else frozenset())

    async def _hand_again(self) -> None:
        step = again(self._steps)
        if step is None or self._changed is not None or await self._keeper.confirmed():
            return
        guard = Guard(
            self._course,
            self._at_device,
            self._checked,
            self._ask_officer,
            self._places,
            self._keeper,
            self._limits.tries_most,
            lambda: self._changed is not None,
        )
        await guard.run(step)

    # the hand diagram

    def _replanned(self) -> None:
        assert self._changed is not None
        (steps, forgotten), self._changed = self._changed, None
        step = self.session.step
        self._steps, self._before = tuple(steps), self._before - forgotten
        for position in forgotten:
            self._places.forget(position)
        self._course.replan([one for one in steps if one.position not in self._before], self.session.done - forgotten)
        if self.session.ended or self.session.step != step:
            self._trials.clear()
