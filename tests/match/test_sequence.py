"""Which finger is in which place: cases in numbers, and whole hands of a person who does not exist."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.match.sequence import Evidence, Finding, assign, check, judge, mirrored
from agent.model.fingers import FINGERS, Position
from tests.match.prints import prepared

SAME, OTHER = 9.0, 0.4  # decades: a finger against itself, against another
HAND = FINGERS[:5]
BOTH = FINGERS


def evidence(laid: dict[Position, int], plain: tuple[Position, ...] = BOTH, clear: bool = True) -> Evidence:
    """`laid`: under which name which finger was rolled; 1..10 the person's own, others somebody else's."""
    rolled = tuple(laid)
    cross = np.array([[SAME if laid[r] == p else OTHER for p in plain] for r in rolled]).reshape(len(rolled), len(plain))
    repeats = np.array([[SAME if laid[r] == laid[q] and r != q else OTHER for q in rolled] for r in rolled])
    return Evidence(rolled, plain, cross, repeats, frozenset(rolled if clear else ()))


def straight(**instead: int) -> dict[Position, int]:
    return {position: instead.get(position.name, int(position)) for position in BOTH}


CASES = {
    "all ten where they belong": (straight(), Finding.RIGHT, {}),
    "index and middle swapped": (
        straight(RIGHT_INDEX=3, RIGHT_MIDDLE=2),
        Finding.OTHER_FINGER,
        {Position.RIGHT_INDEX: Finding.OTHER_FINGER, Position.RIGHT_MIDDLE: Finding.OTHER_FINGER},
    ),
    "the ring finger rolled again as little finger": (straight(RIGHT_LITTLE=4), Finding.TWICE, {Position.RIGHT_LITTLE: Finding.TWICE}),
    "the left hand rolled as the right and the other way round": (
        {position: int(mirrored(position)) for position in BOTH},
        Finding.SWAPPED,
        dict.fromkeys(BOTH, Finding.SWAPPED),
    ),
    "one finger of somebody else": (straight(LEFT_RING=99), Finding.ANOTHER_PERSON, {Position.LEFT_RING: Finding.ANOTHER_PERSON}),
    "ten fingers of somebody else": (
        {position: 90 + int(position) for position in BOTH},
        Finding.ANOTHER_PERSON,
        dict.fromkeys(BOTH, Finding.ANOTHER_PERSON),
    ),
    "only the right hand so far": ({position: int(position) for position in HAND}, Finding.RIGHT, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_laid_down_is_found(case: str) -> None:
    laid, whole, special = CASES[case]
    found = judge(evidence(laid))
    assert found.whole is whole
    assert {position: place.finding for position, place in found.places.items()} == {
        position: special.get(position, Finding.RIGHT) for position in laid
    }
    assert set(found.doubts) == set(special)


def test_a_repeated_finger_names_the_one_it_repeats() -> None:
    place = judge(evidence(straight(RIGHT_LITTLE=4))).places[Position.RIGHT_LITTLE]
    assert place.other is Position.RIGHT_RING
    assert place.words(Position.RIGHT_LITTLE) == "The print taken as right little seems to be the right ring once more."


def test_of_a_finger_that_shows_little_nothing_is_said() -> None:
    found = judge(evidence(straight(LEFT_RING=99), clear=False))
    assert found.places[Position.LEFT_RING].finding is Finding.UNSURE
    assert found.doubts == ()


def test_without_plain_prints_there_is_nothing_to_compare_with() -> None:
    found = judge(evidence({Position.RIGHT_THUMB: 1}, plain=()))
    assert found.places[Position.RIGHT_THUMB].finding is Finding.NOTHING_TO_COMPARE
    assert found.whole is Finding.UNSURE


def test_a_weak_finger_is_placed_by_its_neighbours() -> None:
    """Pair by pair the ring finger looks more like the middle; together with the others it can only be itself."""
    given_ = evidence(straight())
    given_.cross[3, 3], given_.cross[3, 2] = 2.4, 3.0
    assert judge(given_).places[Position.RIGHT_RING].finding is Finding.RIGHT


@given(st.integers(1, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_assignment_is_the_best_there_is(rows: int, columns: int, random: object) -> None:
    scores = np.array([[random.randint(0, 9) for _ in range(columns)] for _ in range(rows)], float)  # type: ignore[attr-defined]
    wide = np.hstack([scores, np.zeros((rows, rows))])
    best = max(sum(wide[r, c] for r, c in enumerate(order)) for order in permutations(range(columns + rows), rows))
    pairs = assign(scores)
    assert sum(scores[r, c] for r, c in pairs) == best
    assert len({c for _, c in pairs}) == len({r for r, _ in pairs}) == len(pairs)


def test_real_comparisons_put_fingers_where_they_belong() -> None:
    own = {Position(n): prepared(n, 0) for n in range(1, 5)}
    later = {Position(n): prepared(n, 1) for n in range(1, 5)}
    assert check(own, later).whole is Finding.RIGHT
    swapped = {**own, Position.RIGHT_INDEX: own[Position.RIGHT_MIDDLE], Position.RIGHT_MIDDLE: own[Position.RIGHT_INDEX]}
    found = check(swapped, later)
    assert found.doubts == (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE)
    assert found.places[Position.RIGHT_INDEX].other is Position.RIGHT_MIDDLE
