"""The table of a scanner's life, checked against the procedure."""

from __future__ import annotations

import pytest

from drivers.states import CAPTURE, SPEAKING, TABLE, Cause, DeviceState, NoSuchMove, after, legal

S, C = DeviceState, Cause

A_CAPTURE = [
    (C.OPEN, S.OPENING),
    (C.OPENED, S.READY),
    (C.ARM, S.AWAIT_CLEAR),
    (C.PLATEN_CLEAR, S.ARMED),
    (C.FINGER_SEEN, S.TRACKING),
    (C.ROLL_BEGUN, S.ROLL_ACTIVE),
    (C.TAKE, S.TAKING),
    (C.TAKEN, S.RESULT),
    (C.RELEASED, S.READY),
    (C.CLOSED, S.ABSENT),
]


def test_one_capture_from_plugged_in_to_put_away() -> None:
    state = S.ABSENT
    for cause, expected in A_CAPTURE:
        before, state = state, after(state, cause)
        assert state is expected
        assert legal(before, state)


@pytest.mark.parametrize("state", sorted(SPEAKING | {S.LOST}))
def test_unplugged_in_every_state_is_lost(state: DeviceState) -> None:
    assert after(state, C.UNPLUGGED) is S.LOST


@pytest.mark.parametrize("state", sorted(CAPTURE))
def test_a_capture_can_be_cancelled_and_can_run_out_of_time_in_every_state(state: DeviceState) -> None:
    assert after(state, C.CANCELLED) is S.READY
    assert after(state, C.EXPIRED) is S.READY
    assert after(state, C.FAULT) is S.ERROR


def test_nothing_is_taken_before_the_platen_was_clear() -> None:
    seen, left = set(), {S.READY}
    while left:
        state = left.pop()
        seen.add(state)
        left |= {to for (here, cause), to in TABLE.items() if here is state and cause is not C.PLATEN_CLEAR} - seen
    assert S.ARMED not in seen
    assert S.TAKING not in seen


def test_out_of_lost_leads_only_letting_go() -> None:
    assert {(cause, to) for (state, cause), to in TABLE.items() if state is S.LOST} == {(C.UNPLUGGED, S.LOST), (C.CLOSED, S.ABSENT)}


def test_a_second_capture_at_a_time_has_no_row() -> None:
    for state in CAPTURE:
        with pytest.raises(NoSuchMove, match=f"'arm' has no place in the state '{state}'"):
            after(state, C.ARM)
    assert not legal(S.READY, S.TRACKING)


def test_every_state_is_reached_and_left() -> None:
    assert {to for (state, _), to in TABLE.items() if to is not state} == set(S)
    assert {state for (state, _), to in TABLE.items() if to is not state} == set(S)
