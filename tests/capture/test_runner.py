"""The runner at the edges of a session: retries, the officer, unplugging, cancelling, crashes of the check. The pool is real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.capture.events import Accepted, CaptureEvent, Cautioned, Interrupted, Judged, Looked, Moved
from agent.capture.plan import Step, plan
from agent.capture.questions import Answer, Choice, Question, Why
from agent.capture.runner import CaptureRunner
from agent.capture.session import NoSuchMove, State
from agent.capture.settings import CaptureRules, CaptureSettings
from agent.capture.signs import Sign
from agent.capture.undertaking import Paused
from agent.clock import SetClock
from agent.imaging.overlay import ridge_psnr
from agent.model.booking import BookingId
from agent.model.fingers import FINGERS, Position
from agent.model.impression import Impression, Override, Trigger, Verdict
from agent.quality.thresholds import QualityThresholds
from agent.workers import Workers
from drivers.device import Advice, DeviceState, Mode, Scanner
from drivers.errors import Garbled, Gone, Timeout
from tests.capture.keeper import MemoryKeeper
from tests.capture.scripted import ScriptedScanner, Show
from tests.imaging.drawn import Pad, drawn, right_hand

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


def test_two_good_rolls_are_stored_in_order() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.run()
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]
    assert all(np.array_equal(impression.pixels, ROLL) for impression in bench.stored)
    assert [impression.attempt for impression in bench.stored] == [1, 1]
    assert bench.stored[0].device.serial == "SCRIPT-1"
    assert bench.stored[0].device.simulated
    assert bench.stored[0].captured_at == NOON
    S = State
    each = [S.AWAIT_FINGER, S.TRACKING, S.TAKING, S.CHECKING]
    assert list(bench.states()) == [S.AWAIT_CLEAR, *each, S.AWAIT_LIFT, *each, S.DONE]
    assert len(bench.of(Looked)) == len(bench.of(Accepted)) == 2


def test_an_impression_is_stored_before_it_is_called_accepted() -> None:
    bench = Bench([Show(ROLL)])
    seen: list[int] = []
    bench.events = _Watch(lambda event: seen.append(len(bench.stored)) if isinstance(event, Accepted) else None)
    bench.run(TWO_ROLLS[:1])
    assert seen == [1]


class _Watch(list[CaptureEvent]):
    def __init__(self, look: Callable[[CaptureEvent], object]) -> None:
        super().__init__()
        self._look = look

    def append(self, event: CaptureEvent) -> None:
        self._look(event)
        super().append(event)


def test_the_scanner_is_spoken_to_in_one_thread() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.run()
    assert bench.scanner.threads == {"scanner-SCRIPT-1_0"}
    assert bench.scanner.closed


def test_a_poor_roll_is_taken_again_with_advice() -> None:
    bench = Bench([Show(SMALL), Show(ROLL), Show(ROLL)])
    bench.run()
    assert [impression.attempt for impression in bench.stored] == [2, 1]
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.verdict is Verdict.RETRY
    assert first.impression.quality.advice.startswith("Roll the right thumb again")


def test_what_the_scanner_saw_explains_a_poor_print() -> None:
    bench = Bench([Show(SMALL, advice=Advice.ROLL_FAST | Advice.DRY), Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.advice == "Roll more slowly."
    assert bench.of(Cautioned) == [Cautioned("Roll more slowly.", Sign.SLOWER)]


def test_after_three_tries_the_officer_gets_the_best_first_and_takes_it() -> None:
    bench = Bench([Show(EMPTY), Show(SMALL), Show(EMPTY)], answers=[TAKE])
    bench.run(TWO_ROLLS[:1])
    assert bench.asked[0].why is Why.POOR
    assert bench.asked[0].attempts[0].attempt == 2
    assert len(bench.asked[0].attempts) == 3
    assert (bench.stored[0].attempt, bench.stored[0].override) == (2, OVERRIDE)
    assert State.ASK_OFFICER in bench.states()


def test_when_the_check_itself_breaks_down_the_print_is_taken_again() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.pool = _DiesOnce
    bench.run(TWO_ROLLS[:1])
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.advice == "The print of the right thumb could not be checked: take it again."
    assert [impression.attempt for impression in bench.stored] == [2]


class _DiesOnce(Workers):
    """The first job kills its process."""

    died = False

    async def run(self, fn: Callable[..., Any], *args: Any, deadline: float | None = None) -> Any:
        if not self.died:
            self.died = True
            return await super().run(os.kill, await super().run(os.getpid), signal.SIGKILL)
        return await super().run(fn, *args, deadline=deadline)


def test_an_officer_who_asks_for_more_gets_three_more_tries() -> None:
    bench = Bench([Show(EMPTY)] * 3 + [Show(EMPTY), Show(ROLL)], answers=[Answer(Choice.REPEAT)])
    bench.run(TWO_ROLLS[:1])
    assert [impression.attempt for impression in bench.stored] == [5]


def test_an_unplugged_scanner_pauses_and_the_same_finger_is_taken_when_it_is_back() -> None:
    bench = Bench([Show(ROLL), Show(dies=Gone("The scanner is gone."))])
    back = ScriptedScanner([Show(ROLL)])
    bench.returns = [Gone("not there"), Gone("not there"), back]
    bench.run()
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]
    assert [request.fingers for request in back.armed] == [{2}]
    assert bench.of(Interrupted)[0] == Interrupted("The scanner is gone.", Gone.means, Gone.do, kind="gone")
    assert State.PAUSED in bench.states()
    assert bench.scanner.closed


def test_the_capture_goes_on_with_a_second_scanner_where_any_may() -> None:
    bench = Bench([Show(ROLL), Show(dies=Gone("Unplugged."))], any_scanner=True)
    second = ScriptedScanner([Show(ROLL)], serial="SCRIPT-2")
    bench.returns = [Gone("Not there."), second]
    bench.run()
    assert [(i.position, i.device.serial) for i in bench.stored] == [
        (Position.RIGHT_THUMB, "SCRIPT-1"),
        (Position.RIGHT_INDEX, "SCRIPT-2"),
    ]
    assert any("another scanner: SCRIPT-2" in event.sentence for event in bench.events if isinstance(event, Cautioned))
    assert second.closed


def test_another_scanner_does_not_take_the_place_of_the_one_that_left() -> None:
    other, back = ScriptedScanner([], serial="OTHER"), ScriptedScanner([Show(ROLL)])
    bench = Bench([Show(dies=Gone("gone"))], returns=[other, back])
    bench.run(TWO_ROLLS[:1])
    assert other.closed
    assert not other.armed
    assert len(bench.stored) == 1


def test_a_garbled_scanner_is_opened_again_a_few_times_and_then_reported() -> None:
    bench = Bench([Show(dies=Garbled("bytes"))])
    bench.returns = [ScriptedScanner([Show(dies=Garbled("bytes"))]) for _ in range(4)]
    with pytest.raises(Garbled):
        bench.run()
    assert len(bench.of(Interrupted)) == 4
    assert list(bench.states())[-1] is State.CANCELLED


def test_a_scanner_that_waited_in_vain_is_armed_again() -> None:
    bench = Bench([Show(), Show(), Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    assert len(bench.scanner.armed) == 3
    assert bench.stored[0].attempt == 1


def test_a_scanner_that_says_that_nobody_came_is_armed_again_without_being_opened() -> None:
    bench = Bench([Show(dies=Timeout("nobody"))] * 6 + [Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    assert bench.of(Interrupted) == []
    assert len(bench.stored) == 1


def test_a_scanner_that_does_not_answer_at_all_is_opened_again() -> None:
    bench = Bench([Show(dies=Timeout("silence"), states=())], returns=[ScriptedScanner([Show(ROLL)])])
    bench.run(TWO_ROLLS[:1])
    assert len(bench.of(Interrupted)) == 1
    assert len(bench.stored) == 1


def test_a_cancelled_capture_frees_the_scanner_and_stores_nothing() -> None:
    bench = Bench([Show(ROLL, waits=True)])

    async def stop(runner: CaptureRunner) -> None:
        while runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        for task in asyncio.all_tasks():
            if task.get_coro().__qualname__ == "CaptureRunner.run":  # type: ignore[union-attr]
                task.cancel()

    with pytest.raises(asyncio.CancelledError):
        bench.run(during=stop)
    assert bench.scanner.cancelled == [1]
    assert bench.stored == []
    assert list(bench.states())[-1] is State.CANCELLED


def test_a_button_takes_the_image_now() -> None:
    bench = Bench([Show(ROLL, waits=True)])

    async def press(runner: CaptureRunner) -> None:
        while runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        await runner.trigger(Trigger.BUTTON)

    bench.run(TWO_ROLLS[:1], during=press)
    assert [one.trigger for one in bench.stored] == [Trigger.BUTTON]


def test_a_paused_capture_keeps_what_is_stored_and_goes_on_at_the_same_finger() -> None:
    bench = Bench([Show(ROLL), Show(ROLL, waits=True)])

    async def stop(runner: CaptureRunner) -> None:
        while not (bench.stored and runner.session.state is State.AWAIT_FINGER):
            await asyncio.sleep(0.01)
        await runner.pause(Paused("Enough for now."))

    with pytest.raises(Paused, match="Enough for now"):
        bench.run(during=stop)
    assert list(bench.states())[-1] is State.CANCELLED
    assert bench.scanner.cancelled
    again = Bench([Show(ROLL)], keeper=bench.keeper)
    again.run(done=[Position.RIGHT_THUMB])
    assert [impression.position for impression in again.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]


def test_the_foot_switch_takes_the_image_now() -> None:
    bench = Bench([Show(ROLL, foot=True)])
    bench.run(TWO_ROLLS[:1])
    assert [one.trigger for one in bench.stored] == [Trigger.PEDAL]


def test_what_is_stored_already_is_not_taken_again() -> None:
    bench = Bench([Show(ROLL)])
    bench.run(done=[Position.RIGHT_THUMB])
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_INDEX]


def test_a_capture_with_nothing_to_do_ends_at_once() -> None:
    bench = Bench([])
    bench.run(plan(FINGERS))
    assert list(bench.states()) == [State.DONE]


def test_a_scanner_that_breaks_the_order_is_an_error_that_names_event_and_state() -> None:
    lawless = [ScriptedScanner([Show(ROLL, states=(DeviceState.TAKING,))]) for _ in range(4)]
    bench = Bench([Show(ROLL, states=(DeviceState.TAKING,))], returns=[*lawless])
    with pytest.raises(NoSuchMove, match="'image taking' has no place in the state 'await clear'"):
        bench.run()
    assert len(bench.of(Interrupted)) == 4


def test_when_storing_fails_the_capture_stops_there() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])

    async def full(impression: Impression) -> None:
        raise OSError("disk full")

    bench.keeper.accept = full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk full"):
        bench.run()
    assert len(bench.scanner.armed) == 1
    assert bench.of(Accepted) == []


def test_a_finger_that_nobody_shows_is_asked_about_and_can_be_waited_for_again() -> None:
    bench = Bench([Show(), Show(), Show(), Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    assert [(question.why, question.attempts) for question in bench.asked] == [(Why.NOBODY, [])]
    assert bench.asked[0].choices == (Choice.REPEAT,)
    assert len(bench.stored) == 1


def test_every_attempt_is_kept_with_its_report_and_no_more_than_three_of_them() -> None:
    bench = Bench([Show(EMPTY), Show(SMALL), Show(EMPTY), Show(SMALL), Show(ROLL)], answers=[Answer(Choice.REPEAT)])
    bench.run(TWO_ROLLS[:1])
    assert [one.attempt for one in bench.keeper.tried] == [2, 4, 5]
    assert all(one.quality is not None for one in bench.keeper.tried)


def test_attempts_made_before_a_crash_count_and_can_be_taken() -> None:
    before = Bench([Show(SMALL), Show(dies=Garbled("bytes"))])
    with pytest.raises(IndexError):
        before.run(TWO_ROLLS[:1])
    after = Bench([Show(EMPTY), Show(EMPTY)], answers=[TAKE], keeper=before.keeper)
    after.run(TWO_ROLLS[:1])
    assert [one.attempt for one in after.asked[0].attempts] == [1, 2, 3]
    assert (after.stored[0].attempt, after.stored[0].override) == (1, OVERRIDE)


def test_a_finger_marked_as_missing_while_it_is_waited_for_is_not_waited_for() -> None:
    bench = Bench([Show(ROLL, waits=True), Show(ROLL)])

    async def mark(runner: CaptureRunner) -> None:
        while runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        await runner.replan(TWO_ROLLS[1:], ())

    bench.run(during=mark)
    assert [one.position for one in bench.stored] == [Position.RIGHT_INDEX]
    assert bench.scanner.cancelled == [1]


def test_an_image_that_was_taken_with_another_hand_in_mind_is_not_kept() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])

    async def mark(runner: CaptureRunner) -> None:
        while runner.session.state is not State.CHECKING:
            await asyncio.sleep(0)
        await runner.replan(TWO_ROLLS[1:], ())

    bench.run(during=mark)
    assert [one.position for one in bench.stored] == [Position.RIGHT_INDEX]


def test_a_mark_on_another_finger_does_not_cost_the_image_that_is_here() -> None:
    bench = Bench([Show(ROLL)])

    async def mark(runner: CaptureRunner) -> None:
        while runner.session.state is not State.CHECKING:
            await asyncio.sleep(0)
        await runner.replan(TWO_ROLLS[:1], ())

    bench.run(during=mark)
    assert [(one.position, one.attempt) for one in bench.stored] == [(Position.RIGHT_THUMB, 1)]


def test_a_mark_answers_the_question_that_waits() -> None:
    bench = Bench([Show(), Show(), Show(), Show(ROLL)])

    async def ask(question: Question) -> Answer:
        bench.asked.append(question)
        await bench.running.replan(TWO_ROLLS[1:], ())
        return Answer(Choice.REPEAT)

    bench._ask = ask  # type: ignore[method-assign]
    bench.run()
    assert [one.position for one in bench.stored] == [Position.RIGHT_INDEX]


HAND = drawn(right_hand())
BARE = np.full_like(HAND, 250)
SLAP = plan()[:1]


def test_a_scanner_that_does_not_watch_is_triggered_when_all_fingers_are_good_and_still() -> None:
    bench = Bench([Show(HAND, live=[BARE, HAND])] * 3, answers=[TAKE])
    bench.scanner.auto_capture = False
    bench.run(SLAP)
    assert not any(request.auto for request in bench.scanner.armed)
    assert bench.of(Judged)[0].impression.trigger is Trigger.STATION  # type: ignore[union-attr]


def test_a_scanner_that_watches_is_not_triggered_from_here_but_what_it_does_not_say_is_said() -> None:
    three = drawn(right_hand()[:3])
    bench = Bench([Show(three, live=[BARE] + [three] * 40), Show(three), Show(three)], answers=[TAKE])
    bench.run(SLAP)
    assert bench.of(Judged)[0].impression.trigger is Trigger.DEVICE  # type: ignore[union-attr]
    assert any("Not all fingers are seen" in event.sentence for event in bench.events if isinstance(event, Cautioned))


def rolled(slips: bool = False) -> list[NDArray[np.uint8]]:
    """A strip that goes over a drawn roll, nail to nail; with a slip the skin jumps 20 pixels up half way."""
    frames, across = [], np.arange(ROLL.shape[1])
    for centre in range(130, 680, 22):
        skin = np.roll(ROLL, -20, axis=0) if slips and centre > 390 else ROLL
        strip = np.clip((140 - np.abs(across - centre)) / 12, 0, 1)
        frames.append((255 - (255 - skin.astype(float)) * strip).astype(np.uint8))
    return [np.full_like(ROLL, 255), *frames, np.full_like(ROLL, 255)]


def test_a_roll_is_composed_of_the_scanners_raw_pictures() -> None:
    bench = Bench([Show(rolled()[-1], raw=rolled())])
    bench.run(TWO_ROLLS[:1])
    assert [request.roll_frames for request in bench.scanner.armed] == [True]
    (taken,) = bench.stored
    assert taken.pixels.shape == (750, 800)
    assert taken.roll is not None
    assert (taken.roll.frames, taken.roll.lost_frames) == (25, 0)
    assert ridge_psnr(ROLL, taken.pixels) > 24.0


def test_a_roll_that_slipped_is_taken_again_however_clear_it_looks() -> None:
    bench = Bench([Show(ROLL, raw=rolled(slips=True)), Show(ROLL, raw=rolled())])
    bench.run(TWO_ROLLS[:1])
    (taken,) = bench.stored
    assert taken.attempt == 2
    spoilt = bench.of(Judged)[0].impression  # type: ignore[union-attr]
    assert spoilt.roll is not None
    assert {flaw.kind for flaw in spoilt.roll.flaws} & {"slip", "shift_v"}
    assert spoilt.quality is not None
    assert spoilt.quality.advice == "Roll without sliding or turning the finger."
