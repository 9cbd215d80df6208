"""What one booking needs."""

from __future__ import annotations

import pytest

from agent.capture.plan import plan
from agent.model.fingers import FINGERS, Position
from agent.model.impression import ImpressionKind
from drivers.device import Mode

P = Position


def test_fourteen_impressions_slaps_first() -> None:
    steps = plan()
    assert [step.position for step in steps] == [P.PLAIN_RIGHT_FOUR, P.PLAIN_LEFT_FOUR, P.PLAIN_RIGHT_THUMB, P.PLAIN_LEFT_THUMB, *FINGERS]
    assert [step.mode for step in steps] == [Mode.SLAP_RIGHT, Mode.SLAP_LEFT, Mode.FLAT_1, Mode.FLAT_1, *[Mode.ROLL] * 10]
    assert [step.kind for step in steps] == [ImpressionKind.PLAIN] * 4 + [ImpressionKind.ROLLED] * 10


def test_a_missing_finger_has_no_roll_and_is_not_looked_for_in_the_slap() -> None:
    steps = {step.position: step for step in plan({P.RIGHT_RING})}
    assert P.RIGHT_RING not in steps
    assert len(steps) == 13
    assert steps[P.PLAIN_RIGHT_FOUR].fingers == (P.RIGHT_INDEX, P.RIGHT_MIDDLE, P.RIGHT_LITTLE)
    assert steps[P.PLAIN_RIGHT_FOUR].missing == {P.RIGHT_RING}
    assert steps[P.PLAIN_LEFT_FOUR].missing == frozenset()


def test_a_position_without_a_finger_is_left_out() -> None:
    left_hand = {finger for finger in FINGERS if finger >= P.LEFT_THUMB}
    assert [step.position for step in plan(left_hand)] == [P.PLAIN_RIGHT_FOUR, P.PLAIN_RIGHT_THUMB, *FINGERS[:5]]


def test_a_person_without_fingers_needs_nothing() -> None:
    assert plan(FINGERS) == ()


@pytest.mark.parametrize(("raw", "mode", "asked"), [(True, Mode.ROLL, True), (False, Mode.ROLL, False), (True, Mode.SLAP_LEFT, False)])
def test_only_a_roll_is_asked_for_picture_by_picture(raw: bool, mode: Mode, asked: bool) -> None:
    step = next(step for step in plan() if step.mode is mode)
    assert step.request(ppi=500, still_ms=300, timeout_s=60.0, raw=raw).roll_frames is asked


def test_a_scanner_is_asked_for_the_fingers_that_are_there() -> None:
    request = plan({P.RIGHT_RING})[0].request(ppi=500, still_ms=300, timeout_s=60.0)
    assert (request.mode, request.fingers, request.missing) == (Mode.SLAP_RIGHT, {2, 3, 5}, {4})
    assert (request.ppi, request.still_ms, request.timeout_s, request.auto) == (500, 300, 60.0, True)
