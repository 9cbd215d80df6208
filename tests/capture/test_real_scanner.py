"""A person's ten fingers through everything that is real: the simulator's process, USB/IP, the driver, the runner, the process pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest

from agent.capture.events import CaptureEvent, Interrupted, Looked, Moved
from agent.capture.plan import Step, plan
from agent.capture.questions import Answer, Choice, Question
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.capture.settings import CaptureSettings
from agent.clock import SystemClock
from agent.imaging.overlay import ridge_psnr
from agent.model.booking import BookingId
from agent.model.fingers import FINGERS, Position
from agent.model.impression import GrayImage, Impression, ImpressionKind, Override
from agent.quality.thresholds import QualityThresholds
from agent.workers import Workers
from drivers.device import Scanner
from drivers.discovery import open_scanner
from tests.capture.bench import SERIAL, SimulatedScanner, simulated_scanner
from tests.capture.keeper import MemoryKeeper
from tests.data import testdata
from tests.prints import nist_card

SPEED = 40.0  # times as fast as life: three seconds for a booking


pytestmark = pytest.mark.xdist_group("capture on the simulated scanner")


@pytest.fixture(scope="module")
def sim() -> Iterator[SimulatedScanner]:
    with simulated_scanner(testdata("prints/nist/type-4-tpcard.an2"), SPEED) as scanner:
        yield scanner


@pytest.fixture(scope="module")
def whole(sim: SimulatedScanner) -> Booth:
    """A whole booking, captured."""
    booth = Booth(sim)
    booth.capture(plan())
    return booth


class Booth:
    """A booking's capture on the simulated scanner, and what it brought."""

    def __init__(self, sim: SimulatedScanner, **settings: int) -> None:
        """`settings`: of the capture, where they differ."""
        self.sim = sim
        self.settings = {"reopen_every_s": 0.05, "clean_every_s": 0.05, **settings}
        self.keeper = MemoryKeeper()
        self.events: list[CaptureEvent] = []
        self.on_event: Callable[[CaptureEvent], None] = lambda event: None

    @property
    def taken(self) -> list[Impression]:
        return self.keeper.accepted

    def capture(self, steps: Sequence[Step], done: set[Position] | None = None) -> None:
        asyncio.run(self._capture(steps, done or set()))

    def opened(self) -> Scanner:
        scanner = open_scanner(SERIAL, self.sim.address)
        scanner.open()
        return scanner

    async def _capture(self, steps: Sequence[Step], done: set[Position]) -> None:
        with _pool() as workers:
            runner = CaptureRunner(
                self.opened(),
                workers,
                QualityThresholds(),
                SystemClock(),
                on_event=self._note,
                ask=self._ask,
                reopen=self.opened,
                settings=CaptureSettings(**self.settings),  # type: ignore[arg-type]
            )
            try:
                await runner.run(BookingId("20261124-7K3M9Q2X"), steps, done, self.keeper)
            finally:
                await runner.close()

    def _note(self, event: CaptureEvent) -> None:
        self.events.append(event)
        self.on_event(event)

    async def _ask(self, question: Question) -> Answer:
        return Answer(Choice.TAKE, Override("worn ridges", "officer-7", datetime.now(UTC)))


@contextmanager
def _pool() -> Iterator[Workers]:
    workers = Workers(2)
    try:
        yield workers
    finally:
        workers.close()


def test_plain_impressions_of_the_nist_card_arrive_pixel_for_pixel_and_rolls_are_composed(sim: SimulatedScanner, whole: Booth) -> None:
    assert [impression.position for impression in whole.taken] == [step.position for step in plan()]
    for impression in whole.taken:
        laid = nist_card()[impression.position]
        assert np.array_equal(laid, sim.truth(impression.position)), impression.position
        if impression.kind is ImpressionKind.PLAIN:
            assert np.array_equal(impression.pixels, laid), impression.position
        else:
            composed(impression, laid)
        assert (impression.ppi, impression.device.serial, impression.device.simulated) == (500, SERIAL, True)
    assert {i.position for i in whole.taken if i.kind is ImpressionKind.ROLLED} == set(FINGERS)
    assert any(isinstance(event, Looked) for event in whole.events)


def composed(impression: Impression, laid: GrayImage) -> None:
    """A roll of the scanner's raw pictures, 1.6 x 1.5 inch, its ridges those of the finger's print."""
    assert impression.pixels.shape == (750, 800)
    assert impression.roll is not None
    assert impression.roll.frames > 10
    assert ridge_psnr(laid, impression.pixels) > 24.0, impression.position


def test_every_plain_finger_of_the_nist_card_has_its_own_score(whole: Booth) -> None:
    reports = [impression.quality for impression in whole.taken[:4] if impression.quality is not None]
    scores = {finger: quality.nfiq2 for report in reports for finger, quality in report.fingers.items()}
    assert set(scores) == set(FINGERS)
    assert all(isinstance(score, int) for score in scores.values())


def test_unplugged_in_the_middle_the_capture_goes_on_at_the_same_finger(sim: SimulatedScanner) -> None:
    booth = Booth(sim)
    pulled: list[Position] = []

    def pull(event: CaptureEvent) -> None:
        """Pull the plug while the second roll is on the glass; put it back when the runner has noticed."""
        match event:
            case Moved(state=State.TRACKING, number=2, step=Step(position=position)) if not pulled:
                pulled.append(position)
                sim.do("unplug")
            case Interrupted():
                sim.do("plug")

    booth.on_event = pull
    booth.capture(plan()[4:8])
    assert pulled == [Position.RIGHT_INDEX]
    assert [impression.position for impression in booth.taken] == [step.position for step in plan()[4:8]]
    for impression in booth.taken:
        composed(impression, nist_card()[impression.position])
    assert sum(isinstance(event, Interrupted) for event in booth.events) == 1
    assert State.PAUSED in [event.state for event in booth.events if isinstance(event, Moved)]


def test_unplugged_between_two_fingers_nothing_is_lost(sim: SimulatedScanner) -> None:
    booth = Booth(sim)

    def pull(impression: Impression) -> None:
        if impression.position is Position.RIGHT_THUMB:
            sim.do("unplug")

    booth.keeper.on_accept = pull
    booth.on_event = lambda event: sim.do("plug") if isinstance(event, Interrupted) else None
    booth.capture(plan()[4:7])
    assert [impression.position for impression in booth.taken] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX, Position.RIGHT_MIDDLE]


def test_a_capture_begun_again_takes_only_what_is_not_stored(sim: SimulatedScanner) -> None:
    booth = Booth(sim)
    done = {step.position for step in plan()} - {Position.LEFT_LITTLE}
    booth.capture(plan(), done)
    assert [impression.position for impression in booth.taken] == [Position.LEFT_LITTLE]
