"""The course of a capture, row by row."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.plan import plan
from agent.capture.session import LIVE, TABLE, Event, NoSuchMove, Session, State, begin
from agent.model.fingers import FINGERS, Position

E, S = Event, State
TAKE = (E.PLATEN_CLEAR, E.FINGER_SEEN, E.IMAGE_TAKING, E.IMAGE_TAKEN)


def after(session: Session, *events: Event) -> Session:
    return reduce(Session.after, events, session)


def test_a_capture_without_trouble_ends_after_its_last_step() -> None:
    session = begin(plan())
    for _ in plan():
        session = after(session, *TAKE, E.ACCEPTED)
    assert session.state is S.DONE
    assert session.ended


def test_the_next_step_waits_for_the_hand_to_go() -> None:
    session = after(begin(plan()), *TAKE, E.ACCEPTED)
    assert (session.state, session.index, session.attempt) == (S.AWAIT_LIFT, 1, 1)
    assert after(session, E.PLATEN_CLEAR).state is S.AWAIT_FINGER


def test_a_rejected_print_is_taken_again_at_the_same_step() -> None:
    session = after(begin(plan()), *TAKE, E.REJECTED)
    assert (session.state, session.index, session.attempt, session.tries) == (S.AWAIT_LIFT, 0, 2, 2)


def test_an_officer_who_asks_for_more_gets_a_new_round_of_tries() -> None:
    session = after(begin(plan()), *TAKE, E.REJECTED, *TAKE, E.TRIES_USED, E.OFFICER_REPEATS)
    assert (session.index, session.attempt, session.tries) == (0, 3, 1)


def test_an_officer_who_accepts_goes_on() -> None:
    session = after(begin(plan()), *TAKE, E.TRIES_USED, E.OFFICER_ACCEPTED)
    assert (session.index, session.attempt, session.tries, session.state) == (1, 1, 1, S.AWAIT_LIFT)


def test_a_finger_that_goes_away_is_waited_for() -> None:
    assert after(begin(plan()), E.PLATEN_CLEAR, E.FINGER_SEEN, E.FINGER_GONE).state is S.AWAIT_FINGER


def test_after_the_scanner_comes_back_the_same_finger_is_taken() -> None:
    session = after(begin(plan()), *TAKE, E.ACCEPTED, *TAKE, E.REJECTED, E.PLATEN_CLEAR, E.UNPLUGGED, E.UNPLUGGED, E.PLUGGED_IN)
    assert (session.state, session.index, session.attempt) == (S.AWAIT_CLEAR, 1, 2)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_cancel_and_unplug_are_legal_in_every_live_state(state: State) -> None:
    session = replace(begin(plan()), state=state)
    assert session.after(E.CANCEL).state is S.CANCELLED
    unplugged = session.after(E.UNPLUGGED)
    assert unplugged.state in (S.PAUSED, state)
    assert (unplugged.index, unplugged.attempt) == (session.index, session.attempt)


@pytest.mark.parametrize(("state", "event"), [(s, e) for s in State for e in Event if (s, e) not in TABLE])
def test_an_event_with_no_row_is_an_error_that_names_both(state: State, event: Event) -> None:
    with pytest.raises(NoSuchMove) as caught:
        replace(begin(plan()), state=state).after(event)
    assert state.value in caught.value.what
    assert event.value in caught.value.what


def test_what_is_done_is_not_taken_again() -> None:
    session = begin(plan(), {Position.PLAIN_RIGHT_FOUR, Position.PLAIN_RIGHT_THUMB})
    assert session.step.position is Position.PLAIN_LEFT_FOUR
    assert len(session.steps) == 12


def test_nothing_to_do_is_done() -> None:
    assert begin(()).state is S.DONE
    assert begin(plan(), {step.position for step in plan()}).ended
    assert begin(plan(FINGERS)).ended


@given(st.lists(st.sampled_from(list(Event)), max_size=60))
@settings(max_examples=200)
def test_whatever_comes_no_step_is_passed_without_being_accepted(events: list[Event]) -> None:
    session, accepted = begin(plan()), 0
    for event in events:
        try:
            session = session.after(event)
        except NoSuchMove:
            continue
        accepted += event in (E.ACCEPTED, E.OFFICER_ACCEPTED)
        assert session.index == accepted
