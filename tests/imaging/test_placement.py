"""The live view read picture by picture: drawn hands come down, lie, slide and run out of the picture."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from agent.imaging.placement import Edge, Look, look
from agent.model.fingers import Position, fingers_of
from tests.imaging.drawn import Pad, drawn, right_hand

FOUR = fingers_of(Position.PLAIN_RIGHT_FOUR)


@cache
def hand(turn: float = 0.0) -> NDArray[np.uint8]:
    return drawn(right_hand(), turn=turn)


def seen(pixels: NDArray[np.uint8], before: Look | None = None, ppi: int = 500) -> Look:
    return look(pixels, ppi, FOUR, before)


def moved(right: int, down: int) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(hand(), matrix, hand().shape[::-1], borderValue=250), np.uint8)


def test_four_fingers_are_placed_where_they_lie() -> None:
    found = seen(hand())
    assert (found.found, found.expected) == (4, 4)
    for place, pad in zip(found.places, right_hand(), strict=True):
        assert place.polygon.mean(axis=0) * 25.4 / 500 == pytest.approx((pad.x, pad.y), abs=1.5)
        assert place.area_mm2 == pytest.approx(np.pi / 4 * pad.width * pad.length, rel=0.2)
        assert place.contrast > 150
    assert found.cut_off == frozenset()


def test_a_preview_of_half_the_size_shows_the_same() -> None:
    full, half = seen(hand()), seen(np.ascontiguousarray(cv2.resize(hand(), (800, 750), interpolation=cv2.INTER_AREA)), ppi=250)
    assert half.found == full.found
    for one, other in zip(half.places, full.places, strict=True):
        assert 2 * one.polygon == pytest.approx(other.polygon, abs=16)


@pytest.mark.parametrize("turn", [-30, 30])
def test_a_turned_hand_is_placed_and_its_turn_told(turn: int) -> None:
    pads = [Pad(p.x + 5, p.y + 5, p.width, p.length) for p in right_hand(2.0)]
    found = seen(drawn(pads, turn=turn))
    assert found.found == 4
    assert [place.turn for place in found.places] == pytest.approx([turn] * 4, abs=8)


@pytest.mark.parametrize("wanted", [0, 1, 2, 3])
def test_fewer_fingers_are_counted(wanted: int) -> None:
    assert seen(drawn(right_hand()[:wanted])).found == wanted


def test_a_bare_platen_has_no_contact() -> None:
    assert seen(np.full((1500, 1600), 250, np.uint8)).area_mm2 == 0
    noise = np.random.default_rng(1).normal(250, 4, (1500, 1600)).clip(0, 255).astype(np.uint8)
    assert seen(noise).area_mm2 == 0


def test_a_noisy_sensor_shows_the_same_fingers() -> None:
    noisy = drawn(right_hand(), speckle=18.0)
    assert seen(noisy).found == 4
    assert seen(noisy).area_mm2 == pytest.approx(seen(hand()).area_mm2, rel=0.2)


@pytest.mark.parametrize(
    ("right", "down", "edge"),
    [(-200, 0, Edge.LEFT), (200, 0, Edge.RIGHT), (0, -350, Edge.TOP), (0, 870, Edge.BOTTOM)],
    ids=str,
)
def test_a_finger_that_the_edge_cuts_off_is_told_with_the_edge(right: int, down: int, edge: Edge) -> None:
    assert seen(moved(right, down)).cut_off == frozenset({edge})


def test_a_hand_that_lies_still_is_like_itself_and_one_that_slides_is_not() -> None:
    first = seen(hand())
    again = seen(drawn(right_hand(), seed=2), first)
    assert again.likeness > 0.97
    assert again.growth == pytest.approx(1, abs=0.02)
    assert seen(moved(0, 3), first).likeness < 0.7
    assert first.likeness == first.growth == 0


def test_the_other_hand_is_likely_where_its_little_finger_comes_first() -> None:
    pads = [Pad(p.x, p.y, p.width if i < 3 else 12.0, p.length if i < 3 else 18.0) for i, p in enumerate(right_hand())]
    picture = drawn(pads)
    assert look(picture, 500, FOUR).other_hand < 0.1
    assert look(picture, 500, fingers_of(Position.PLAIN_LEFT_FOUR)).other_hand > 0.9
    assert look(picture, 500, FOUR[:3]).other_hand == 0.5


def test_a_picture_of_another_size_is_not_compared() -> None:
    assert seen(hand()[:700, :800], seen(hand())).likeness == 0


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 120))), st.sampled_from([200, 250, 500, 1000]))
@settings(max_examples=60, deadline=None)
def test_no_picture_makes_it_fail(pixels: NDArray[np.uint8], ppi: int) -> None:
    first = look(pixels, ppi, FOUR)
    assert -1.001 <= look(pixels, ppi, FOUR, first).likeness <= 1.001
