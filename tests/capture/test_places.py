"""Is each finger in its place: on synthetic people, whose prints are known."""

from __future__ import annotations

from functools import cache

import pytest

from agent.capture.places import Hint, Places, Prints
from agent.capture.questions import Why
from agent.capture.reading import read_print
from agent.match.compare import Print
from agent.model.fingers import Position, fingers_of
from agent.model.impression import ImpressionKind
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.person import Asked, Way
from firmware_sim.subject.synthetic.fingers import make_finger
from firmware_sim.subject.synthetic.person import SyntheticPerson

P = Position
PLAIN, ROLLED = ImpressionKind.PLAIN, ImpressionKind.ROLLED
GROWN = (P.RIGHT_INDEX, P.RIGHT_MIDDLE, P.LEFT_INDEX, P.LEFT_MIDDLE, P.RIGHT_THUMB)


@cache
def print_of(finger: Position, way: Way, person: str = "places") -> Print:
    """One touch of one finger, as the station reads it."""
    someone = SyntheticPerson(person, {int(finger): make_finger(person, int(finger))})
    touch = someone.touch(Asked(way, int(finger), frozenset({int(finger)})), Condition())
    assert touch is not None
    found = read_print(touch.pixels, 500)
    assert found is not None
    return found


def laid(*fingers: Position) -> Prints:
    return {finger: print_of(finger, Way.PLAIN) for finger in fingers}


def rolled(finger: Position, of: Position | None = None, person: str = "places") -> Prints:
    """Taken as `finger`, in truth `of`."""
    return {finger: print_of(of or finger, Way.ROLLED, person)}


@pytest.fixture
def places() -> Places:
    known = Places()
    known.remember(PLAIN, laid(*GROWN))
    return known


def test_a_roll_in_its_place_is_nothing_to_ask_about(places: Places) -> None:
    assert places.hint(P.RIGHT_INDEX, ROLLED, rolled(P.RIGHT_INDEX)) is None


def test_a_roll_of_another_finger_is_named(places: Places) -> None:
    hint = places.hint(P.RIGHT_INDEX, ROLLED, rolled(P.RIGHT_INDEX, of=P.RIGHT_MIDDLE))
    assert hint == Hint(Why.OTHER_FINGER, P.RIGHT_INDEX, P.RIGHT_MIDDLE)
    assert hint.sentence == "This looks like the right middle finger, not the right index finger."


def test_a_finger_rolled_twice_is_named(places: Places) -> None:
    places.remember(ROLLED, rolled(P.RIGHT_INDEX))
    hint = places.hint(P.RIGHT_MIDDLE, ROLLED, rolled(P.RIGHT_MIDDLE, of=P.RIGHT_INDEX))
    assert hint == Hint(Why.SAME_TWICE, P.RIGHT_MIDDLE, P.RIGHT_INDEX)


def test_another_persons_finger_is_asked_about(places: Places) -> None:
    hint = places.hint(P.RIGHT_INDEX, ROLLED, rolled(P.RIGHT_INDEX, person="somebody else"))
    assert hint == Hint(Why.OTHER_PERSON, P.RIGHT_INDEX, None)


def test_hands_that_were_exchanged_show_after_some_rolls() -> None:
    """The right hand was laid as the left one and the other way round; the rolls are right."""
    swapped = Places()
    mirror = {P.RIGHT_INDEX: P.LEFT_INDEX, P.RIGHT_MIDDLE: P.LEFT_MIDDLE}
    pairs = {**mirror, **{other: one for one, other in mirror.items()}}
    swapped.remember(PLAIN, {said: print_of(true, Way.PLAIN) for said, true in pairs.items()})
    for finger in (P.RIGHT_INDEX, P.RIGHT_MIDDLE):
        assert swapped.hint(finger, ROLLED, rolled(finger)) == Hint(Why.OTHER_FINGER, finger, pairs[finger])
        swapped.remember(ROLLED, rolled(finger))
    hint = swapped.hint(P.LEFT_INDEX, ROLLED, rolled(P.LEFT_INDEX))
    assert hint is not None
    assert (hint.why, hint.looks_like) == (Why.SWAPPED, P.RIGHT_INDEX)


def test_a_hand_that_is_laid_twice_is_noticed_before_the_rolls() -> None:
    known = Places()
    known.remember(PLAIN, laid(P.RIGHT_INDEX, P.RIGHT_MIDDLE))
    again = {P.LEFT_MIDDLE: print_of(P.RIGHT_INDEX, Way.PLAIN), P.LEFT_INDEX: print_of(P.RIGHT_MIDDLE, Way.PLAIN)}
    assert known.hint(P.PLAIN_LEFT_FOUR, PLAIN, again) == Hint(Why.SAME_TWICE, P.PLAIN_LEFT_FOUR, P.PLAIN_RIGHT_FOUR)
    assert known.hint(P.PLAIN_LEFT_FOUR, PLAIN, laid(P.LEFT_INDEX, P.LEFT_MIDDLE)) is None


def test_all_together_find_what_one_by_one_did_not(places: Places) -> None:
    """Taken before there was anything to compare it with."""
    alone = Places()
    alone.remember(ROLLED, rolled(P.RIGHT_INDEX, of=P.RIGHT_MIDDLE))
    alone.remember(PLAIN, laid(*GROWN))
    doubts = alone.doubts(rolled(P.RIGHT_THUMB))
    assert doubts == [Hint(Why.OTHER_FINGER, P.RIGHT_INDEX, P.RIGHT_MIDDLE)]


def test_what_is_forgotten_is_not_compared(places: Places) -> None:
    places.forget(P.PLAIN_RIGHT_FOUR)
    assert places.hint(P.RIGHT_INDEX, ROLLED, rolled(P.RIGHT_INDEX)) is None


def test_the_person_of_the_beginning_is_known_again(places: Places) -> None:
    fingers = [finger for finger in fingers_of(P.PLAIN_RIGHT_FOUR) if finger in GROWN]
    assert places.same_person({finger: print_of(finger, Way.ROLLED) for finger in fingers}) is True
    assert places.same_person({finger: print_of(finger, Way.ROLLED, "somebody else") for finger in fingers}) is False
    assert places.same_person({}) is None
