"""What the officer is asked, and what becomes of each answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.capture.attempts import best_fingers
from agent.capture.checking import Checked
from agent.capture.places import MIRROR, Hint
from agent.capture.plan import planned
from agent.capture.questions import Answer, Ask, Choice, Question, Why
from agent.capture.session import Event
from agent.capture.undertaking import Undertaking
from agent.model.fingers import Position
from agent.model.impression import Impression, Verdict
from agent.quality.verdict import rank, several


@dataclass(frozen=True)
class Officer:
    work: Undertaking
    ask: Ask  # the capture waits for the answer

    async def nobody(self) -> None:
        """No finger came in its time."""
        step = self.work.course.session.step
        sentence = f"Nothing was laid on the glass for the {several(step.fingers)}."
        await self._asked(Question(Why.NOBODY, step.position, sentence, self.work.trials.ranked))

    async def poor(self, position: Position, advice: str) -> None:
        """The tries are used up."""
        ranked = self.work.trials.ranked
        await self._asked(Question(Why.POOR, position, advice, ranked, best_fingers=best_fingers(ranked)))

    async def doubtful(self, hint: Hint, impression: Impression) -> None:
        """Good, but it or an earlier one seems out of place."""
        question = Question(hint.why, hint.position, hint.sentence, [impression], hint.looks_like)
        if hint.position is impression.position:
            await self._asked(question, impression)
            return
        answer = await self.ask(question)
        if self.work.changed is not None:
            self.work.replan()
        else:
            await self._joint(answer, hint, impression)

    async def _asked(self, question: Question, impression: Impression | None = None) -> None:
        answer = await self.ask(question)
        if self.work.changed is not None:
            self.work.replan()
        elif answer.choice is Choice.TAKE and question.attempts:
            self.work.answered.add(question.position)
            await self.work.store(replace(question.attempts[0], override=answer.override), Event.OFFICER_ACCEPTED)
        elif answer.choice is Choice.USE_AS and impression is not None:
            await self._used_as(impression, answer.finger or question.looks_like)
        elif answer.choice is Choice.SWAP and impression is not None:
            await self._swapped(impression)
        else:
            self.work.course.move(Event.OFFICER_REPEATS)

    async def _used_as(self, impression: Impression, target: Position | None) -> None:
        """Stored as another finger's, unless a better one of that finger is there already; what was asked for is still to be taken."""
        work = self.work
        step = planned(work.steps, target, impression.kind)
        if step is None:
            work.course.move(Event.OFFICER_REPEATS)
            return
        moved = replace(impression, position=step.position)
        checked = await work.checker.check(moved, step.missing, 1)
        there = {one.position: one for one in await work.keeper.stored()}.get(step.position)
        if there is None or rank(checked.report) > rank(there.quality):
            await work.accept(replace(moved, quality=checked.report), checked.prints)
        work.course.moved(work.course.session.done | {step.position})

    async def _swapped(self, impression: Impression) -> None:
        """Right and left of the plain impressions exchanged, each judged anew; one that is not good as what it is now is taken again."""
        work = self.work
        stored = {one.position: one for one in await work.keeper.stored() if one.position in MIRROR}
        turned = [await self._mirrored(one) for one in stored.values()]
        good = [(one, checked) for one, checked in turned if checked.report.verdict is Verdict.ACCEPT or one.override is not None]
        await work.keeper.exchange(frozenset(stored), [one for one, _ in good])
        for position in stored:
            work.places.forget(position)
        for one, checked in good:
            work.places.remember(one.kind, checked.prints)
        await work.accept(impression)
        await work.begin_anew()

    async def _mirrored(self, impression: Impression) -> tuple[Impression, Checked]:
        step = planned(self.work.steps, MIRROR[impression.position], impression.kind)
        moved = replace(impression, position=MIRROR[impression.position])
        checked = await self.work.checker.check(moved, step.missing if step else frozenset(), 1)
        return replace(moved, quality=checked.report), checked

    async def _joint(self, answer: Answer, hint: Hint, impression: Impression) -> None:
        """What the officer says of an earlier finger when all are judged together; the last one itself is stored."""
        work = self.work
        await work.accept(impression)
        work.answered.add(hint.position)
        if answer.choice is Choice.TAKE:
            earlier = next(one for one in await work.keeper.stored() if one.position is hint.position)
            await work.keeper.accept(replace(earlier, override=answer.override))
        else:
            await work.keeper.exchange([hint.position], [])
            work.places.forget(hint.position)
        await work.begin_anew()
