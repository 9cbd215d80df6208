"""One booking's capture as far as it has come: its plan, what is stored, what was tried at this step, what is known of the fingers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.capture.checking import Checker
from agent.capture.course import Course
from agent.capture.events import Accepted
from agent.capture.keeping import Keeper
from agent.capture.places import Places, Prints
from agent.capture.plan import Step, planned
from agent.capture.session import Event, begin
from agent.capture.trials import Trials
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression


@dataclass(frozen=True)
class Change:
    """The hand is otherwise than was thought."""

    steps: tuple[Step, ...]
    forgotten: frozenset[Position]  # stored already, to be taken anew


class Paused(LivescanError):
    """An officer breaks the capture off. It is no fault: another person's can begin, and this one goes on where it was."""


class Undertaking:
    def __init__(self, course: Course, checker: Checker, keeper: Keeper, steps: Sequence[Step], done: Collection[Position]) -> None:
        """`done`: stored before this run."""
        self.course = course
        self.checker = checker
        self.keeper = keeper
        self.steps = tuple(steps)
        self.trials = Trials(keeper)
        self.places = Places()
        self.answered: set[Position] = set()  # of which the officer has said that they stay as they are
        self.changed: Change | None = None  # to be taken up at the next step
        self.paused: Paused | None = None  # to be raised at the next step
        self._before = frozenset(done)

    async def begin(self, booking_id: BookingId, *, learn: bool) -> None:
        """Where it stands on disk. `learn`: read what is stored also where nothing is left to be taken."""
        first = next((step for step in self.steps if step.position not in self._before), None)
        if first is not None:
            await self.trials.resume(first.position)
        self.course.begin(booking_id, begin(self.steps, self._before, tried=self.trials.last))
        if first is not None or learn:
            await self._learn()

    def go_on(self) -> None:
        """Raises Paused where the officer wants no more now."""
        if self.paused is not None:
            raise self.paused

    async def store(self, impression: Impression, event: Event) -> None:
        """As what was asked for; the step is done."""
        await self.accept(impression)
        self.trials.clear()
        self.course.move(event)

    async def accept(self, impression: Impression, prints: Prints | None = None) -> None:
        """Stored, remembered for comparing, told."""
        await self.keeper.accept(impression)
        known = prints or self.trials.prints(impression)
        self.places.remember(impression.kind, await self._prints(impression) if known is None else known)
        self.course.tell(Accepted(impression))

    async def begin_anew(self) -> None:
        """With the steps that are not stored now."""
        self._before = frozenset(one.position for one in await self.keeper.stored())
        self.trials.clear()
        self.course.replan([step for step in self.steps if step.position not in self._before], ())

    def replan(self) -> None:
        """Take up the change."""
        assert self.changed is not None
        change, self.changed = self.changed, None
        step = self.course.session.step
        self.steps, self._before = change.steps, self._before - change.forgotten
        for position in change.forgotten:
            self.places.forget(position)
        left = [one for one in change.steps if one.position not in self._before]
        self.course.replan(left, self.course.session.done - change.forgotten)
        if self.course.session.ended or self.course.session.step != step:
            self.trials.clear()

    async def _learn(self) -> None:
        """Read again what was stored before this run."""
        stored = await self.keeper.stored()
        for impression, prints in zip(stored, await asyncio.gather(*map(self._prints, stored)), strict=True):
            self.places.remember(impression.kind, prints)

    async def _prints(self, impression: Impression) -> Prints:
        step = planned(self.steps, impression.position, impression.kind)
        return await self.checker.prints(impression, step.missing if step else frozenset())
