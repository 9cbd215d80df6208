"""The runner and the officer: attempts, questions, marks on the hand, the officer's own trigger."""

from __future__ import annotations

import asyncio

import pytest

from agent.capture.questions import Answer, Choice, Question, Why
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.model.fingers import Position
from agent.model.impression import Trigger
from drivers.errors import Garbled
from tests.capture.scripted import Show
from tests.capture.scripted_bench import EMPTY, OVERRIDE, ROLL, SMALL, TAKE, TWO_ROLLS, Bench


def test_after_three_tries_the_officer_gets_the_best_first_and_takes_it() -> None:
    bench = Bench([Show(EMPTY), Show(SMALL), Show(EMPTY)], answers=[TAKE])
    bench.run(TWO_ROLLS[:1])
    assert bench.asked[0].why is Why.POOR
    assert bench.asked[0].attempts[0].attempt == 2
    assert len(bench.asked[0].attempts) == 3
    assert (bench.stored[0].attempt, bench.stored[0].override) == (2, OVERRIDE)
    assert State.ASK_OFFICER in bench.states()


def test_an_officer_who_asks_for_more_gets_three_more_tries() -> None:
    bench = Bench([Show(EMPTY)] * 3 + [Show(EMPTY), Show(ROLL)], answers=[Answer(Choice.REPEAT)])
    bench.run(TWO_ROLLS[:1])
    assert [impression.attempt for impression in bench.stored] == [5]


def test_a_button_takes_the_image_now() -> None:
    bench = Bench([Show(ROLL, waits=True)])

    async def press(runner: CaptureRunner) -> None:
        while runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        await runner.trigger(Trigger.BUTTON)

    bench.run(TWO_ROLLS[:1], during=press)
    assert [one.trigger for one in bench.stored] == [Trigger.BUTTON]


def test_the_foot_switch_takes_the_image_now() -> None:
    bench = Bench([Show(ROLL, foot=True)])
    bench.run(TWO_ROLLS[:1])
    assert [one.trigger for one in bench.stored] == [Trigger.PEDAL]


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
