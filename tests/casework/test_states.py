"""The state tables of casework against the rules written above them."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.casework.answer_states import Answer, IdentState, ImmigrationState, move_ident, move_immigration
from agent.casework.errors import NoSuchMove
from agent.casework.submission_states import SUBMISSION_MOVES, SubmissionEvent, SubmissionState, move

S, E = SubmissionState, SubmissionEvent
NEWS = (E.SEALED, E.QUEUED, E.DELIVERED, E.ACKNOWLEDGED, E.REJECTED)


def test_a_submission_goes_its_way() -> None:
    state = S.DRAFT
    for event in (E.CAPTURED, E.QUALITY_PASSED, E.VALIDATED, E.SEALED, E.QUEUED, E.DELIVERED, E.ACKNOWLEDGED):
        state = move(state, event)
    assert state is S.ACKNOWLEDGED


def test_receipt_before_any_news_of_queueing() -> None:
    assert move(move(S.SEALED, E.ACKNOWLEDGED), E.QUEUED) is S.ACKNOWLEDGED


@given(st.lists(st.sampled_from(NEWS), max_size=8))
def test_news_of_the_link_in_any_order_gives_one_state(news: list[SubmissionEvent]) -> None:
    states = set()
    for order in (news, news[::-1], sorted(news)):
        state = S.SEALED
        for event in order:
            state = move(state, event)
        states.add(state)
    assert len(states) == 1


def test_nothing_unsealed_can_be_acknowledged() -> None:
    for state in (S.DRAFT, S.CAPTURED, S.QUALITY_PASSED, S.VALIDATED):
        with pytest.raises(NoSuchMove, match=f"'{state}'.*'acknowledged'"):
            move(state, E.ACKNOWLEDGED)


def test_only_a_receipt_acknowledges() -> None:
    causes = {event for (state, event), new in SUBMISSION_MOVES.items() if new is S.ACKNOWLEDGED and state is not S.ACKNOWLEDGED}
    assert causes == {E.ACKNOWLEDGED}


@given(st.lists(st.sampled_from([a for a in Answer if a not in (Answer.SENT, Answer.IMMIGRATION_OFF)]), max_size=4))
def test_answers_in_any_order_give_one_state(answers: list[Answer]) -> None:
    outcomes = set()
    for order in permutations(answers):
        ident, immigration = IdentState.AWAITED, ImmigrationState.AWAITED
        for answer in order:
            ident, immigration = move_ident(ident, answer), move_immigration(immigration, answer)
        outcomes.add((ident, immigration))
    assert len(outcomes) == 1


@pytest.mark.parametrize("answer", [Answer.IDR_NO_MATCH, Answer.IDR_MATCH, Answer.IDR_ERROR, Answer.IAR])
def test_an_immigration_response_never_touches_the_identification(answer: Answer) -> None:
    assert all(move_ident(state, answer) is state for state in IdentState)


def test_only_the_bureaus_message_leads_to_no_match() -> None:
    for answer in set(Answer) - {Answer.IDR_NO_MATCH, Answer.IMMIGRATION_OFF}:
        assert move_immigration(ImmigrationState.AWAITED, answer) is not ImmigrationState.NO_MATCH


def test_match_after_no_match_is_for_a_person() -> None:
    assert move_immigration(ImmigrationState.NO_MATCH, Answer.IDR_MATCH) is ImmigrationState.CONTRADICTORY
    assert move_ident(IdentState.IDENTIFIED, Answer.SRE_NON_IDENT) is IdentState.CONTRADICTORY
