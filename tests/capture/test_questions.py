"""What the officer may answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.capture.questions import Answer, Choice, NotAnAnswer, Question, Why, checked
from agent.model.fingers import Position
from agent.model.impression import Override

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
POOR = Question(Why.POOR, Position.RIGHT_INDEX, "Press the right index finger a little firmer.")


def taken(reason: str = "scar", second: str = "") -> Answer:
    return Answer(Choice.TAKE, Override(reason, "officer-7", NOON, second))


@pytest.mark.parametrize("why", list(Why))
def test_every_question_has_an_answer_that_goes_on(why: Why) -> None:
    question = Question(why, Position.RIGHT_INDEX, "")
    assert Choice.REPEAT in question.choices
    assert checked(Answer(Choice.REPEAT), question, second_officer=True) == Answer(Choice.REPEAT)


def test_a_poor_print_is_kept_with_a_reason_only() -> None:
    assert checked(taken(), POOR, second_officer=False) == taken()
    for answer in (Answer(Choice.TAKE), taken("  ")):
        with pytest.raises(NotAnAnswer, match="only with a reason"):
            checked(answer, POOR, second_officer=False)


@pytest.mark.parametrize("second", ["", "officer-7"])
def test_where_the_state_wants_a_second_officer_one_is_not_enough(second: str) -> None:
    with pytest.raises(NotAnAnswer, match="second officer"):
        checked(taken(second=second), POOR, second_officer=True)
    assert checked(taken(second="officer-9"), POOR, second_officer=True).override is not None


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(NotAnAnswer, match="does not fit"):
        checked(Answer(Choice.SWAP), POOR, second_officer=False)
