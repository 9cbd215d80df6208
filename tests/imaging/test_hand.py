"""Which way a hand points, which of its blobs are one finger, and whether it is the left: on blobs without pixels of ridge."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.imaging.blobs import Blob, from_points
from agent.imaging.hand import fingertips, hand_direction, left_hand, on_axis, single
from agent.imaging.ridges import mm


def oval(x: float, y: float, width: float = 15.0, height: float = 23.0, turn: float = 0.0) -> Blob:
    """A fingertip in millimetres, turned clockwise."""
    return from_points(_oval(x, y, width, height, turn), float(np.pi / 4 * mm(width) * mm(height)), at_side=False)


def _oval(x: float, y: float, width: float, height: float, turn: float) -> NDArray[np.float32]:
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 61), np.linspace(-1, 1, 61)), axis=-1).reshape(-1, 2)
    inside = grid[(grid**2).sum(axis=1) <= 1] * (mm(width) / 2, mm(height) / 2)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return (inside @ np.array([[c, s], [-s, c]]) + (mm(x), mm(y))).astype(np.float32)


def joined(*blobs: Blob) -> Blob:
    return from_points(np.concatenate([blob.points for blob in blobs]), sum(blob.area for blob in blobs), at_side=False)


def hand(turn: float = 0.0, *, left: bool = False) -> list[Blob]:
    """Four tips from left to right, the whole hand turned about the platen's middle."""
    tips = [(14.0, 28.0, 15.0, 23.0), (33.0, 22.0, 15.5, 24.0), (52.0, 25.0, 15.0, 23.0), (71.0, 38.0, 13.5, 20.0)]
    if left:
        tips = [(85.0 - x, y, width, height) for x, y, width, height in reversed(tips)]
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    places = [(42 + c * (x - 42) - s * (y - 38), 38 + s * (x - 42) + c * (y - 38), width, height) for x, y, width, height in tips]
    return [oval(x, y, width, height, turn) for x, y, width, height in places]


@pytest.mark.parametrize("turn", [-45, -20, 0, 20, 45])
def test_a_hand_points_where_its_fingers_do(turn: float) -> None:
    assert hand_direction(hand(turn)) == pytest.approx(turn, abs=2)
    assert len(fingertips(hand(turn), 4)) == 4


def test_two_joints_that_touch_are_outvoted() -> None:
    across = joined(oval(30, 60, 13, 13), oval(42, 52, 13, 13))
    assert abs(across.lean) > 45
    assert hand_direction([*hand(-30), across]) == pytest.approx(-30, abs=3)


def test_round_blobs_tell_no_direction() -> None:
    assert hand_direction([oval(20, 20, 15, 15)]) == 0.0


@pytest.mark.parametrize("turn", [-40, 0, 40])
def test_fingers_that_are_one_blob_are_parted(turn: float) -> None:
    one, two, *others = hand(turn)
    assert len(fingertips([joined(one, two), *others], 4)) == 4


def test_a_single_wide_finger_is_not_parted() -> None:
    assert len(fingertips([oval(30, 30, 40, 35)], 1)) == 1


def test_two_fingers_that_were_not_told_apart_are_no_finger() -> None:
    first, *others = hand()
    wide = oval(14, 28, 31, 24).turned(0)
    assert single([wide, *others], 4) == others
    assert single([wide], 1) == [wide]
    assert len(single([first, *others], 4)) == 4


def test_a_tip_is_boxed_along_its_own_axis() -> None:
    tip = on_axis(oval(30, 30, turn=12).turned(0), 0.0)
    assert 6 < tip.angle < 12  # the middles of an oval lean less than it does; a fingertip is more of a rectangle
    assert tip.width == pytest.approx(mm(15), abs=mm(1.2))


@pytest.mark.parametrize("turn", [-45, 0, 45])
def test_a_left_hand_is_told_from_a_right_one_however_it_is_turned(turn: float) -> None:
    right, left = ([on_axis(tip, turn) for tip in hand(turn, left=which)] for which in (False, True))
    assert left_hand(right) < 0.1
    assert left_hand(left) > 0.9


def test_three_fingers_do_not_tell_the_hand() -> None:
    assert left_hand(hand()[:3]) == 0.5
