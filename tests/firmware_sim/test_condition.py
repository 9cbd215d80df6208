"""Conditions a scenario may set, and the truth a touch tells of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.subject.condition import GOOD, NAMED, Condition, Flaw, Part, RollFault, RollFaultKind, condition, other_finger
from firmware_sim.subject.laying import laid_fingers, other_position
from firmware_sim.subject.person import LEFT_FOUR, MEMBERS, RIGHT_FOUR, TWO_THUMBS, Asked, Way


def test_named_condition_with_one_thing_changed():
    assert condition({"name": "dry", "moisture": -0.9}) == Condition(moisture=-0.9)


def test_nothing_said_is_a_good_finger():
    assert condition({}) == GOOD


def test_every_kind_of_value_is_read_from_plain_tables():
    table = {
        "offset": [0.1, -0.2],
        "part": "base",
        "missing": [3, 4],
        "instead": {"2": 3},
        "roll_faults": [{"kind": "slip", "at": 0.3, "amount": 10}],
    }
    read = condition(table)
    assert (read.offset, read.part, read.missing, read.instead) == ((0.1, -0.2), Part.BASE, frozenset({3, 4}), ((2, 3),))
    assert read.roll_faults == (RollFault(RollFaultKind.SLIP, 0.3, 10),)


WRONG = {
    "unknown name": {"name": "perfect"},
    "unknown key": {"wetness": 1},
    "too wet": {"moisture": 1.5},
    "text for a number": {"moisture": "very"},
    "off the table": {"offset": [3, 0]},
    "half an offset": {"offset": [0.5]},
    "no list": {"missing": 4},
    "unknown fault of a roll": {"roll_faults": [{"kind": "jump"}]},
    "fault without a kind": {"roll_faults": [{"at": 0.5}]},
    "unknown part": {"part": "nail"},
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_condition_is_said_in_one_sentence(case: str):
    with pytest.raises(ValueError) as refused:
        condition(WRONG[case])
    assert len(str(refused.value)) > 10


def test_other_hand():
    assert [other_finger(n) for n in range(1, 11)] == [6, 7, 8, 9, 10, 1, 2, 3, 4, 5]
    assert other_position(RIGHT_FOUR) == LEFT_FOUR
    assert other_position(TWO_THUMBS) == TWO_THUMBS
    assert other_position(11) == 12


def test_wrong_hand_and_swapped_and_missing_fingers():
    four = Asked(Way.PLAIN, RIGHT_FOUR, MEMBERS[RIGHT_FOUR])
    assert laid_fingers(four, NAMED["wrong-hand"]) == {2: 7, 3: 8, 4: 9, 5: 10}
    assert laid_fingers(four, NAMED["missing-ring-fingers"]) == {2: 2, 3: 3, 5: 5}
    assert laid_fingers(Asked(Way.ROLLED, 3, frozenset({3})), NAMED["same-finger-again"]) == {3: 2}
    assert laid_fingers(Asked(Way.ROLLED, 7, frozenset({7})), NAMED["index-fingers-of-both-hands-swapped"]) == {7: 2}


def test_flaws_have_the_names_of_the_protocols_advice():
    beyond_a_scanner = {Flaw.ROTATED, Flaw.PARTIAL, Flaw.WRONG_FINGER, Flaw.ANOTHER_PERSON}
    protocol = (Path(__file__).parents[2] / "docs/fap60-protocol.md").read_text()
    for flaw in set(Flaw) - beyond_a_scanner:
        assert f"| {flaw.value.upper().replace('-', '_')} |" in protocol
