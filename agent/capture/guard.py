"""The two-subject guard: one hand laid down once more before the booking is closed. Is it still the person of its beginning?

Nothing of it is stored but that it was done; a person may vouch with a reason, which then stands with the hand that was taken first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from agent.capture.at_device import Taken
from agent.capture.course import Course
from agent.capture.keeping import Keeper
from agent.capture.places import Places, Prints
from agent.capture.plan import Step
from agent.capture.questions import Answer, Ask, Choice, Question, Why
from agent.capture.session import Event, State, begin
from agent.model.impression import Impression
from agent.quality.verdict import several


@dataclass(frozen=True)
class Guard:
    course: Course
    image: Callable[[], Awaitable[Taken | None]]
    check: Callable[[Taken], Awaitable[tuple[Impression, Prints]]]
    ask: Ask
    places: Places
    keeper: Keeper
    tries_most: int  # hands that show too little before a person decides
    given_up: Callable[[], bool]  # the plan has changed: there are other things to do first

    async def run(self, step: Step) -> None:
        """Until it is answered, or given up."""
        self.course.begin(self.course.booking, begin([step]))
        try:
            while not (self.course.session.ended or self.given_up()):
                await self._next(step)
        finally:
            if not self.course.session.ended:
                self.course.move(Event.CANCEL)

    async def _next(self, step: Step) -> None:
        if self.course.session.state is State.ASK_OFFICER:
            await self._asked(step, f"The {several(step.fingers)} were not laid on the glass once more: is it still the same person?")
        elif (taken := await self.image()) is not None:
            await self._compared(step, *await self.check(taken))

    async def _compared(self, step: Step, impression: Impression, prints: Prints) -> None:
        same = await asyncio.to_thread(self.places.same_person, prints)
        if same:
            await self._passed(Event.ACCEPTED)
        elif same is None and self.course.session.tries < self.tries_most:
            self.course.move(Event.REJECTED)
        else:
            self.course.move(Event.QUESTIONED)
            await self._asked(step, "This hand does not fit the prints of this booking: is it still the same person?", impression)

    async def _asked(self, step: Step, sentence: str, impression: Impression | None = None) -> None:
        shown = [] if impression is None else [impression]
        answer = await self.ask(Question(Why.OTHER_PERSON, step.position, sentence, shown))
        if answer.choice is Choice.TAKE and not self.given_up():
            await self._vouched(step, answer)
        else:
            self.course.move(Event.OFFICER_REPEATS)

    async def _vouched(self, step: Step, answer: Answer) -> None:
        stored = next((one for one in await self.keeper.stored() if one.position is step.position), None)
        if stored is not None and stored.override is None:
            await self.keeper.accept(replace(stored, override=answer.override))
        await self._passed(Event.OFFICER_ACCEPTED)

    async def _passed(self, event: Event) -> None:
        await self.keeper.confirm()
        self.course.move(event)
