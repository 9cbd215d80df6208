"""A person from a file lays down exactly what the file holds, unless the condition says otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.subject import outlines
from firmware_sim.subject.condition import GOOD, NAMED, Condition, Flaw
from firmware_sim.subject.file import FilePerson, load
from firmware_sim.subject.person import LEFT_FOUR, MEMBERS, RIGHT_FOUR, Asked, Touch, Way
from tests.data import testdata
from tests.firmware_sim.test_motion import ridges


@pytest.fixture(scope="module")
def person() -> FilePerson:
    pictures = {(Way.ROLLED, n): ridges(400, 380, n) for n in range(1, 11)}
    for position, fingers in ((RIGHT_FOUR, (2, 3, 4, 5)), (LEFT_FOUR, (10, 9, 8, 7))):
        pictures[Way.PLAIN, position] = np.hstack([np.pad(ridges(260, 400, n), 30, constant_values=250) for n in fingers])
    return FilePerson("file", pictures, {9: "XX"})


def touch(person: FilePerson, way: Way, position: int, how: Condition = GOOD, *, attempt: int = 0) -> Touch:
    made = person.touch(Asked(way, position, MEMBERS[position], attempt), how)
    assert made is not None
    return made


def test_first_touch_is_the_picture_itself(person: FilePerson):
    assert touch(person, Way.ROLLED, 2).pixels is person._pictures[Way.ROLLED, 2]
    assert touch(person, Way.PLAIN, RIGHT_FOUR).pixels is person._pictures[Way.PLAIN, RIGHT_FOUR]


def test_a_retake_is_the_picture_again(person: FilePerson):
    assert touch(person, Way.ROLLED, 2, attempt=1).pixels is touch(person, Way.ROLLED, 2).pixels


def test_a_retake_in_another_condition_differs_and_is_always_the_same(person: FilePerson):
    dry = Condition(moisture=-0.6)
    first, second, again = (touch(person, Way.ROLLED, 2, dry, attempt=n).pixels for n in (0, 1, 1))
    assert not np.array_equal(first, second)
    assert np.array_equal(second, again)


def test_fingers_of_a_slap_are_found_and_named(person: FilePerson):
    made = touch(person, Way.PLAIN, RIGHT_FOUR)
    assert [box.finger for box in made.boxes] == [2, 3, 4, 5]
    for n, box in enumerate(made.boxes):
        assert abs(box.left + box.width / 2 - (160 + 320 * n)) < 30


def test_finger_that_is_gone_is_not_counted(person: FilePerson):
    made = touch(person, Way.PLAIN, LEFT_FOUR)
    assert [box.finger for box in made.boxes] == [10, 8, 7]
    assert made.fingers == 3


def test_missing_finger_is_wiped_away(person: FilePerson):
    made = touch(person, Way.PLAIN, RIGHT_FOUR, NAMED["missing-ring-fingers"])
    assert made.flaws == {Flaw.TOO_FEW_FINGERS}
    assert made.pixels[230, 960 : 1000 - 30].min() > 200
    assert made.pixels[230, 700:900].min() > 200 > made.pixels[230, 100:200].min()


def test_wrong_hand_and_wrong_finger(person: FilePerson):
    assert touch(person, Way.PLAIN, RIGHT_FOUR, NAMED["wrong-hand"]).pixels.shape == (460, 1280)
    assert touch(person, Way.ROLLED, 2, NAMED["wrong-hand"]).flaws == {Flaw.WRONG_HAND}
    assert touch(person, Way.ROLLED, 3, NAMED["same-finger-again"]).pixels is person._pictures[Way.ROLLED, 2]


def test_off_centre_touch_is_cut_by_the_platen(person: FilePerson):
    made = touch(person, Way.ROLLED, 2, NAMED["off-left"])
    assert made.flaws == {Flaw.OFF_LEFT}
    assert made.pixels.shape[1] < 300
    assert made.centre[0] < -250


@pytest.mark.parametrize("name", sorted(name for name in NAMED if not name.startswith("roll-")))
def test_every_condition_can_be_laid_down(person: FilePerson, name: str):
    for way, position in ((Way.PLAIN, RIGHT_FOUR), (Way.ROLLED, 7)):
        made = person.touch(Asked(way, position, MEMBERS[position]), NAMED[name])
        assert made is not None
        assert made.pixels.dtype == np.uint8
        assert made.pixels.size > 0


def test_fingers_of_the_real_card_are_found_between_its_lines_and_writing():
    card = load(testdata("prints/nist/type-4-tpcard.an2"))
    for position, fingers in ((RIGHT_FOUR, (2, 3, 4, 5)), (LEFT_FOUR, (10, 9, 8, 7))):
        made = card.touch(Asked(Way.PLAIN, position, MEMBERS[position]))
        assert made is not None
        assert tuple(box.finger for box in outlines.find(made.pixels, fingers)) == fingers
        assert all(200 < box.width < 420 and box.height > 250 for box in made.boxes)
