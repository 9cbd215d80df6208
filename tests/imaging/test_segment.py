"""Fingertips found, cut, set upright and named: on the NIST card (reviewed by eye), on drawn hands, and on what is no hand at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from agent.imaging.segment import Segmentation, segment, upright
from agent.model.fingers import Position, fingers_of
from tests.imaging.drawn import Pad, drawn, joints, right_hand
from tests.prints import nist_amputation, nist_card

RIGHT, LEFT = Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR

# Centres (x, y) and sizes (width, height) of the fingertips in pixels, measured by eye on the card.
REVIEWED = {
    RIGHT: {2: (260, 690, 290, 460), 3: (552, 260, 290, 510), 4: (922, 230, 250, 450), 5: (1358, 582, 260, 370)},
    LEFT: {10: (290, 780, 225, 290), 9: (590, 310, 310, 480), 8: (925, 155, 250, 370), 7: (1280, 370, 260, 450)},
    Position.PLAIN_RIGHT_THUMB: {1: (262, 565, 260, 520)},
    Position.PLAIN_LEFT_THUMB: {6: (204, 590, 390, 540)},
}


@pytest.mark.parametrize("position", REVIEWED, ids=lambda position: position.words)
def test_every_fingertip_of_the_nist_card_is_found_and_named(position: Position) -> None:
    found = segment(nist_card()[position], position)
    assert found.found == found.expected == len(REVIEWED[position])
    assert [tip.finger for tip in found.fingertips] == list(fingers_of(position))
    for tip in found.fingertips:
        x, y, width, height = REVIEWED[position][tip.finger]
        assert np.linalg.norm(tip.polygon.mean(axis=0) - (x, y)) < 45, tip.finger
        assert tip.pixels.shape[1] == pytest.approx(width, abs=70), tip.finger
        assert tip.pixels.shape[0] == pytest.approx(height, abs=70), tip.finger


def test_every_roll_of_the_nist_card_is_one_finger() -> None:
    for finger in map(Position, range(1, 11)):
        found = segment(nist_card()[finger], finger)
        assert found.found == 1, finger
        assert found.fingertips[0].finger is finger
        assert min(found.fingertips[0].pixels.shape) > 350, finger


def test_an_amputated_finger_of_the_nist_card_is_named_by_no_other() -> None:
    image, ring = nist_amputation()[LEFT], Position.LEFT_RING
    assert (segment(image, LEFT).found, segment(image, LEFT).fingertips) == (3, ())
    found = segment(image, LEFT, frozenset({ring}))
    assert [tip.finger for tip in found.fingertips] == [Position.LEFT_LITTLE, Position.LEFT_MIDDLE, Position.LEFT_INDEX]


def test_two_thumbs_of_the_nist_card_on_one_image() -> None:
    found = segment(nist_amputation()[Position.PLAIN_THUMBS], Position.PLAIN_THUMBS)
    assert [tip.finger for tip in found.fingertips] == [Position.LEFT_THUMB, Position.RIGHT_THUMB]


def test_a_slap_takes_little_time() -> None:
    image, began = nist_card()[RIGHT], cv2.getTickCount()
    segment(image, RIGHT)
    assert (cv2.getTickCount() - began) / cv2.getTickFrequency() < 0.5  # 0.03 s on a quiet core


def tips(found: Segmentation) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (outline.mean(axis=0) for outline in found.outlines)]


def near(found: Segmentation, pads: list[Pad], within: float = 2.0) -> bool:
    """Whether the tips found are these pads, from left to right, each within some mm."""
    return all(
        np.hypot(x - pad.x / 25.4 * 500, y - pad.y / 25.4 * 500) < within / 25.4 * 500
        for (x, y), pad in zip(tips(found), pads, strict=True)
    )


def test_joints_below_the_tips_are_left_out() -> None:
    hand = right_hand()
    found = segment(drawn(hand + joints(hand)), RIGHT)
    assert near(found, hand)


@pytest.mark.parametrize("gap", [4.0, 0.3, -0.5, -0.8], ids=lambda gap: f"{gap} mm apart")
def test_fingers_held_together_are_told_apart(gap: float) -> None:
    hand = right_hand(gap)
    assert near(segment(drawn(hand), RIGHT), hand)


@pytest.mark.parametrize("turn", [-30, -15, 15, 30], ids=lambda turn: f"turned {turn} degrees")
def test_a_turned_hand_is_set_upright(turn: int) -> None:
    hand = [Pad(p.x + 5, p.y + 5, p.width, p.length) for p in right_hand(2.0)]
    found = segment(drawn(hand, turn=turn), RIGHT)
    assert [tip.finger for tip in found.fingertips] == list(fingers_of(RIGHT))
    for tip in found.fingertips:
        along = tip.polygon[3] - tip.polygon[0]
        assert np.degrees(np.arctan2(-along[0], along[1])) == pytest.approx(turn, abs=6)
        assert tip.pixels.shape == pytest.approx((457, 327), abs=25)


def test_a_faint_finger_among_clear_ones_is_found_and_named() -> None:
    hand = right_hand(depth=(1, 1, 0.08, 1))
    found = segment(drawn(hand, speckle=1.0), RIGHT)
    assert near(found, hand)
    assert found.fingertips[2].finger is Position.RIGHT_RING


def test_three_fingers_of_four_are_counted_and_not_named() -> None:
    found = segment(drawn(right_hand()[:3]), RIGHT)
    assert (found.found, found.expected, found.fingertips) == (3, 4, ())
    assert len(found.outlines) == 3


def test_five_fingers_are_counted_and_not_named() -> None:
    found = segment(drawn([*right_hand(1.0), Pad(70, 55)]), RIGHT)
    assert (found.found, found.expected, found.fingertips) == (5, 4, ())


def test_the_three_fingers_of_a_hand_that_lacks_one_are_named_without_it() -> None:
    hand = right_hand()
    found = segment(drawn([hand[0], *hand[2:]]), RIGHT, frozenset({Position.RIGHT_MIDDLE}))
    assert [tip.finger for tip in found.fingertips] == [Position.RIGHT_INDEX, Position.RIGHT_RING, Position.RIGHT_LITTLE]


def test_two_thumbs_stand_left_and_right() -> None:
    found = segment(drawn([Pad(20, 30, 20, 28), Pad(50, 30, 20, 28)]), Position.PLAIN_THUMBS)
    assert [tip.finger for tip in found.fingertips] == [Position.LEFT_THUMB, Position.RIGHT_THUMB]


def test_a_thousand_ppi_is_the_same_hand_twice_as_large() -> None:
    image = drawn(right_hand())
    twice = np.asarray(cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    small, large = segment(image, RIGHT), segment(twice, RIGHT, ppi=1000)
    for one, two in zip(small.fingertips, large.fingertips, strict=True):
        assert two.polygon == pytest.approx(2 * one.polygon, abs=20)


def stripes() -> NDArray[np.uint8]:
    return np.tile(np.array([0] * 4 + [255] * 5, np.uint8), (1500, 180))


NOT_A_HAND = {
    "blank": np.full((1000, 1600), 255, np.uint8),
    "black": np.zeros((1000, 1600), np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (1000, 1600), np.uint8),
    "soft noise": cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (700, 800), np.uint8), (0, 0), 2),
    "stripes from edge to edge": stripes(),
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": np.zeros((1, 900), np.uint8),
    "three columns": np.zeros((900, 3), np.uint8),
}


@pytest.mark.parametrize("what", NOT_A_HAND)
def test_what_is_no_hand_gives_no_finger(what: str) -> None:
    assert segment(NOT_A_HAND[what], RIGHT).found == 0


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 120), st.integers(1, 160))), st.sampled_from(list(Position)))
@settings(max_examples=60, deadline=None)
def test_no_image_makes_it_fail(image: NDArray[np.uint8], position: Position) -> None:
    found = segment(image, position, ppi=100)
    assert len(found.fingertips) in (0, found.expected)


def test_a_rotated_box_is_cut_upright() -> None:
    image = np.full((200, 200), 255, np.uint8)
    image[50:150, 90:110] = 0
    box = np.array([[80, 40], [120, 40], [120, 160], [80, 160]], np.float32)
    assert np.array_equal(upright(image, box)[:, 20], image[40:160, 100])
    turned = upright(image, np.roll(box, -1, axis=0))  # upper left is now the box's upper right corner
    assert turned.shape == (40, 120)
