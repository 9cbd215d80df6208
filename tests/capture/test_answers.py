"""What the officer's answers do with a print that seems out of place. What the comparison says is given; the rest is real."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from agent.capture import undertaking
from agent.capture.events import Judged
from agent.capture.places import Hint, Places, Prints
from agent.capture.plan import plan
from agent.capture.questions import Answer, Choice, Why
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.capture.settings import CaptureRules
from agent.model.fingers import Position
from agent.model.impression import ImpressionKind
from tests.capture.scripted import Show
from tests.capture.scripted_bench import OVERRIDE, ROLL, SMALL, TAKE, Bench
from tests.imaging.drawn import drawn, right_hand

P = Position
ROLLS = plan()[4:]
HAND = drawn(right_hand())


class Told(Places):
    """Says what it is told to say."""

    hints: Iterator[Hint | None] = iter(())
    joint: Iterator[Hint | None] = iter(())
    same: Iterator[bool | None] = iter(())

    def hint(self, position: Position, kind: ImpressionKind, prints: Prints) -> Hint | None:
        return next(self.hints, None)

    def doubts(self, prints: Prints) -> list[Hint]:
        return [hint for hint in (next(self.joint, None),) if hint is not None]

    def same_person(self, prints: Prints) -> bool | None:
        return next(self.same)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Told]]:
    monkeypatch.setattr(undertaking, "Places", Told)
    yield Told
    Told.hints, Told.joint, Told.same = iter(()), iter(()), iter(())


def test_a_print_that_looks_like_another_finger_is_used_as_that_one(told: type[Told]) -> None:
    told.hints = iter([Hint(Why.OTHER_FINGER, P.RIGHT_THUMB, P.RIGHT_INDEX)])
    bench = Bench([Show(ROLL), Show(ROLL)], answers=[Answer(Choice.USE_AS)])
    bench.run(ROLLS[:2])
    assert [one.position for one in bench.stored] == [P.RIGHT_INDEX, P.RIGHT_THUMB]
    assert bench.asked[0].choices == (Choice.USE_AS, Choice.REPEAT, Choice.TAKE)
    report = bench.stored[0].quality
    assert report is not None
    assert set(report.fingers) == {P.RIGHT_INDEX}


def test_an_officer_may_name_another_finger_than_it_looks_like(told: type[Told]) -> None:
    told.hints = iter([Hint(Why.OTHER_FINGER, P.RIGHT_THUMB, P.RIGHT_INDEX)])
    bench = Bench([Show(ROLL)] * 3, answers=[Answer(Choice.USE_AS, finger=P.RIGHT_MIDDLE)])
    bench.run(ROLLS[:3])
    assert [one.position for one in bench.stored] == [P.RIGHT_MIDDLE, P.RIGHT_THUMB, P.RIGHT_INDEX]


def test_it_is_not_stored_as_a_finger_of_which_there_is_a_better_print(told: type[Told]) -> None:
    told.hints = iter([None, Hint(Why.SAME_TWICE, P.RIGHT_INDEX, P.RIGHT_THUMB)])
    bench = Bench([Show(ROLL)] * 3, answers=[Answer(Choice.USE_AS)])
    bench.run(ROLLS[:2])
    assert [one.position for one in bench.stored] == [P.RIGHT_THUMB, P.RIGHT_INDEX]
    assert bench.stored[1].attempt == 2


def test_it_is_taken_again(told: type[Told]) -> None:
    told.hints = iter([Hint(Why.OTHER_PERSON, P.RIGHT_THUMB, None)])
    bench = Bench([Show(ROLL), Show(ROLL)], answers=[Answer(Choice.REPEAT)])
    bench.run(ROLLS[:1])
    assert [one.attempt for one in bench.stored] == [2]


def test_it_is_kept_with_a_reason(told: type[Told]) -> None:
    told.hints = iter([Hint(Why.OTHER_PERSON, P.RIGHT_THUMB, None)])
    bench = Bench([Show(ROLL)], answers=[TAKE])
    bench.run(ROLLS[:1])
    assert [(one.attempt, one.override) for one in bench.stored] == [(1, OVERRIDE)]
    assert State.ASK_OFFICER in bench.states()


def test_a_poor_print_is_not_compared_before_it_is_good_enough(told: type[Told]) -> None:
    told.hints = iter([Hint(Why.OTHER_PERSON, P.RIGHT_THUMB, None)])
    bench = Bench([Show(SMALL), Show(ROLL)], answers=[TAKE])
    bench.run(ROLLS[:1])
    assert [len(bench.of(Judged)), bench.stored[0].attempt] == [2, 2]


def test_hands_that_were_exchanged_are_put_right_by_one_answer(told: type[Told]) -> None:
    """Both slaps, then a roll: what was stored as right is left. A slap that is not good as what it is now is taken again."""
    slaps = Bench([Show(HAND)] * 6, answers=[TAKE, TAKE])
    slaps.run(plan()[:2])
    bench = Bench([Show(ROLL)], answers=[Answer(Choice.SWAP)], keeper=slaps.keeper)
    before = {one.position: one.sha256 for one in bench.stored}
    told.hints = iter([Hint(Why.SWAPPED, P.RIGHT_THUMB, P.LEFT_THUMB)])
    bench.run(plan()[:2] + ROLLS[:1], done=[P.PLAIN_RIGHT_FOUR, P.PLAIN_LEFT_FOUR])
    after = {one.position: one.sha256 for one in bench.stored}
    assert set(after) == {P.PLAIN_RIGHT_FOUR, P.PLAIN_LEFT_FOUR, P.RIGHT_THUMB}
    assert after[P.PLAIN_LEFT_FOUR] == before[P.PLAIN_RIGHT_FOUR]
    assert after[P.PLAIN_RIGHT_FOUR] == before[P.PLAIN_LEFT_FOUR]


def test_what_all_fingers_together_say_of_an_earlier_one_is_asked_at_the_end(told: type[Told]) -> None:
    told.joint = iter([Hint(Why.OTHER_FINGER, P.RIGHT_THUMB, P.RIGHT_MIDDLE)])
    bench = Bench([Show(ROLL)] * 3, answers=[Answer(Choice.REPEAT)])
    bench.run(ROLLS[:2])
    assert [one.position for one in bench.stored] == [P.RIGHT_INDEX, P.RIGHT_THUMB]
    assert bench.asked[0].position is P.RIGHT_THUMB


def test_an_earlier_finger_is_kept_with_a_reason_and_not_asked_about_again(told: type[Told]) -> None:
    told.joint = iter([Hint(Why.OTHER_FINGER, P.RIGHT_THUMB, P.RIGHT_MIDDLE)] * 2)
    bench = Bench([Show(ROLL)] * 2, answers=[TAKE])
    bench.run(ROLLS[:2])
    assert {one.position: one.override for one in bench.stored} == {P.RIGHT_THUMB: OVERRIDE, P.RIGHT_INDEX: None}


def test_the_hand_is_asked_for_once_more_where_the_state_wants_it(told: type[Told]) -> None:
    told.same = iter([True])
    bench = Bench([Show(HAND)] * 4, answers=[TAKE], rules=CaptureRules(hand_again=True))
    bench.run(plan()[:1])
    assert [one.position for one in bench.stored] == [P.PLAIN_RIGHT_FOUR]
    assert len(bench.scanner.armed) == 4
    assert list(bench.states())[-1] is State.DONE


def test_another_hand_at_the_end_is_asked_about_and_vouched_for_with_a_reason(told: type[Told]) -> None:
    told.same = iter([False])
    bench = Bench([Show(ROLL), Show(HAND)], answers=[TAKE], rules=CaptureRules(hand_again=True))
    bench.run((plan()[0], ROLLS[0]), done=[P.PLAIN_RIGHT_FOUR])
    assert [question.why for question in bench.asked] == [Why.OTHER_PERSON]
    assert [one.position for one in bench.stored] == [P.RIGHT_THUMB]
    assert bench.keeper.is_confirmed


def test_a_hand_that_is_not_laid_down_again_can_be_vouched_for(told: type[Told]) -> None:
    """The person has been led away already."""
    bench = Bench([Show(ROLL), Show(), Show(), Show()], answers=[TAKE], rules=CaptureRules(hand_again=True))
    bench.run((plan()[0], ROLLS[0]), done=[P.PLAIN_RIGHT_FOUR])
    assert "not laid on the glass once more" in bench.asked[0].sentence
    assert bench.keeper.is_confirmed


def test_after_a_crash_the_hand_is_asked_for_unless_it_was_confirmed(told: type[Told]) -> None:
    told.same = iter([True])
    bench = Bench([Show(HAND)], rules=CaptureRules(hand_again=True))
    bench.run(plan()[:1], done=[P.PLAIN_RIGHT_FOUR])
    assert len(bench.scanner.armed) == 1
    bench.run(plan()[:1], done=[P.PLAIN_RIGHT_FOUR])
    assert len(bench.scanner.armed) == 1


def test_a_finger_marked_while_the_hand_is_asked_for_comes_first(told: type[Told]) -> None:
    bench = Bench([Show(ROLL), Show(HAND, waits=True)], rules=CaptureRules(hand_again=True))

    async def mark(runner: CaptureRunner) -> None:
        while len(bench.scanner.armed) < 2 or runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        await runner.replan(plan()[:1], ())

    bench.run((plan()[0], ROLLS[0]), done=[P.PLAIN_RIGHT_FOUR], during=mark)
    assert not bench.keeper.is_confirmed


def test_a_hand_at_the_end_that_shows_too_little_is_laid_down_again(told: type[Told]) -> None:
    told.same = iter([None, None, True])
    bench = Bench([Show(ROLL), Show(HAND), Show(HAND), Show(HAND)], rules=CaptureRules(hand_again=True))
    bench.run((plan()[0], ROLLS[0]), done=[P.PLAIN_RIGHT_FOUR])
    assert bench.asked == []
    assert len(bench.scanner.armed) == 4
