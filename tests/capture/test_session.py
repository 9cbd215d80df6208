"""The course of a capture, row by row."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.plan import plan
from agent.capture.session import LIVE, TABLE, Event, NoSuchMove, Session, State, begin, table_in_words
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


def test_a_finger_that_does_not_come_in_its_time_is_a_question_to_the_officer() -> None:
    waited = after(begin(plan()), E.EXPIRED, E.EXPIRED)
    assert (waited.state, waited.waits) == (S.AWAIT_CLEAR, 2)
    asked = waited.after(E.TIME_UP)
    assert asked.state is S.ASK_OFFICER
    assert after(asked, E.OFFICER_REPEATS).waits == 0


def test_an_image_used_as_another_finger_leaves_the_present_step_to_do() -> None:
    asked = after(begin(plan()[4:]), *TAKE, E.QUESTIONED)
    moved = asked.moved({Position.RIGHT_RING})
    assert (moved.step.position, moved.attempt, moved.state) == (Position.RIGHT_THUMB, 2, S.AWAIT_LIFT)
    for _ in range(3):
        moved = after(moved, *TAKE, E.ACCEPTED)
    assert moved.step.position is Position.RIGHT_LITTLE


def test_hands_exchanged_at_the_last_step_end_the_capture() -> None:
    session = after(begin(plan()[:2]), *TAKE, E.ACCEPTED, *TAKE, E.QUESTIONED)
    assert session.moved({Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR}).state is S.DONE


def test_a_finger_marked_as_missing_changes_the_steps_that_are_left() -> None:
    session = after(begin(plan()), *TAKE, E.ACCEPTED, E.PLATEN_CLEAR, E.FINGER_SEEN)
    marked = session.replanned(plan([Position.LEFT_RING]), session.done)
    assert (marked.state, marked.step.position) == (S.AWAIT_CLEAR, Position.PLAIN_LEFT_FOUR)
    assert marked.step.missing == {Position.LEFT_RING}
    assert Position.LEFT_RING not in {step.position for step in marked.steps}


def test_attempts_at_a_step_that_a_mark_does_not_touch_are_counted_on() -> None:
    session = after(begin(plan()), *TAKE, E.REJECTED)
    assert session.replanned(plan([Position.LEFT_RING]), ()).attempt == 2
    assert session.replanned(plan([Position.RIGHT_RING]), ()).attempt == 1


def test_a_mark_that_leaves_nothing_to_do_ends_the_capture() -> None:
    assert begin(plan()[-1:]).replanned((), ()).state is S.DONE


def test_attempts_that_are_on_disk_count_as_tries() -> None:
    session = begin(plan(), tried=2)
    assert (session.attempt, session.tries) == (3, 3)


def test_the_table_in_the_architecture_is_the_one_in_the_code() -> None:
    text = Path("ARCHITECTURE.md").read_text("utf-8")
    printed = text.partition("<!-- session table -->\n")[2].partition("\n<!-- end of session table -->")[0]
    assert printed == table_in_words()


MOVES = st.one_of(st.sampled_from(list(Event)), st.frozensets(st.sampled_from(FINGERS), max_size=4))


@given(st.lists(MOVES, max_size=80))
@settings(max_examples=300)
def test_whatever_comes_no_step_is_passed_without_being_stored(moves: list[Event | frozenset[Position]]) -> None:
    """A model beside the table: what is stored, what is still wanted. A set of fingers is a mark on the hand diagram."""
    session, stored, wanted = begin(plan()), set[Position](), list(plan())
    for move in moves:
        before = session
        try:
            if isinstance(move, frozenset):
                wanted = list(plan(move))
                session = session.replanned(wanted, stored)
            else:
                session = session.after(move)
        except NoSuchMove:
            assert before.ended or isinstance(move, Event)
            continue
        if move in (E.ACCEPTED, E.OFFICER_ACCEPTED):
            stored.add(before.step.position)
        left = [step for step in wanted if step.position not in stored]
        assert session.ended or session.step == left[0]
        assert (session.state is S.DONE) == (not left and session.state is not S.CANCELLED)
        assert session.attempt >= 1


@given(st.lists(st.sampled_from(list(Event)), max_size=80), st.sampled_from([E.CANCEL, E.UNPLUGGED]))
@settings(max_examples=200)
def test_cancel_and_unplug_are_legal_wherever_a_capture_has_come_to(moves: list[Event], event: Event) -> None:
    session = begin(plan())
    for move in moves:
        try:
            session = session.after(move)
        except NoSuchMove:
            continue
    if not session.ended:
        assert session.after(event).index == session.index
