"""A runner on a scripted scanner, and everything that it said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from agent.capture.events import CaptureEvent, Moved
from agent.capture.plan import Step, plan
from agent.capture.questions import Answer, Choice, Question
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.capture.settings import CaptureRules, CaptureSettings
from agent.clock import SetClock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Impression, Override
from agent.quality.thresholds import QualityThresholds
from agent.workers import Workers
from drivers.device import Mode, Scanner
from drivers.errors import Gone
from tests.capture.keeper import MemoryKeeper
from tests.capture.scripted import ScriptedScanner, Show
from tests.imaging.drawn import Pad, drawn

BOOKING = BookingId("20261124-7K3M9Q2X")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROLL = drawn([Pad(20, 19, 26, 30)], size=(750, 800))
SMALL = drawn([Pad(20, 19, 12, 14)], size=(750, 800))
EMPTY = np.full((750, 800), 255, np.uint8)
OVERRIDE = Override("scar", "officer-7", NOON)
TAKE = Answer(Choice.TAKE, OVERRIDE)
TWO_ROLLS = tuple(step for step in plan() if step.mode is Mode.ROLL)[:2]


@dataclass
class Bench:
    """A runner on a scripted scanner, and everything that it said."""

    script: list[Show]
    answers: list[Answer] = field(default_factory=list)  # of the officer
    returns: list[Scanner | Gone] = field(default_factory=list)  # what looking for the scanner again gives
    events: list[CaptureEvent] = field(default_factory=list)
    keeper: MemoryKeeper = field(default_factory=MemoryKeeper)
    asked: list[Question] = field(default_factory=list)
    pool: type[Workers] = Workers
    any_scanner: bool = False
    rules: CaptureRules = field(default_factory=CaptureRules)
    settings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scanner = ScriptedScanner(self.script)

    @property
    def stored(self) -> list[Impression]:
        return self.keeper.accepted

    def runner(self, workers: Workers) -> CaptureRunner:
        settings = CaptureSettings(reopen_every_s=0.01, rules=self.rules, **self.settings)  # type: ignore[arg-type]
        ways = {"on_event": self.events.append, "ask": self._ask, "reopen": self._reopen}
        pace = {"settings": settings, "any_scanner": self.any_scanner}
        return CaptureRunner(self.scanner, workers, QualityThresholds(), SetClock(NOON), **pace, **ways)  # type: ignore[arg-type]

    async def _ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else Answer(Choice.REPEAT)

    def _reopen(self) -> Scanner:
        found = self.returns.pop(0)
        if isinstance(found, Gone):
            raise found
        return found

    def run(
        self, steps: Sequence[Step] = TWO_ROLLS, done: Sequence[Position] = (), *, during: Callable[[CaptureRunner], object] | None = None
    ) -> None:
        async def main() -> None:
            workers = self.pool(1)
            runner = self.running = self.runner(workers)
            try:
                capture = asyncio.create_task(runner.run(BOOKING, steps, set(done), self.keeper))
                if during is not None:
                    await asyncio.gather(capture, during(runner), return_exceptions=False)  # type: ignore[call-overload]
                await capture
            finally:
                await runner.close()
                workers.close()

        asyncio.run(main())

    def states(self) -> Iterator[State]:
        return (event.state for event in self.events if isinstance(event, Moved))

    def of(self, kind: type[CaptureEvent]) -> list[CaptureEvent]:
        return [event for event in self.events if isinstance(event, kind)]
