"""Many people for searches one against many, and the other person who steps in."""

from __future__ import annotations

import numpy as np

from firmware_sim.subject.choose import Pair
from firmware_sim.subject.condition import NAMED, Flaw
from firmware_sim.subject.file import FilePerson
from firmware_sim.subject.person import Asked, Way
from firmware_sim.subject.synthetic import scoring
from firmware_sim.subject.synthetic.crowd import crowd, make_member


def test_member_is_the_same_in_any_crowd():
    alone = make_member("crowd", 1, fingers=(3,), impressions=1).prints[3][0]
    together = list(crowd("crowd", 2, fingers=(3,), impressions=1))
    assert [member.number for member in together] == [0, 1]
    assert np.array_equal(together[1].prints[3][0], alone)


def test_members_match_themselves_and_nobody_else():
    members = [[scoring.minutiae(one) for one in make_member("crowd", n).prints[2]] for n in range(3)]
    for n, (first, second) in enumerate(members):
        assert first.compare(second) > 60 > 3 * max(first.compare(other[1]) for m, other in enumerate(members) if m != n) / 2


def person(name: str, grey: int) -> FilePerson:
    return FilePerson(name, {(Way.ROLLED, 2): np.full((100, 90), grey, np.uint8)}, {})


def test_another_person_steps_in_when_the_condition_says_so():
    both = Pair(person("one", 100), person("two", 50))
    asked = Asked(Way.ROLLED, 2, frozenset({2}))
    own, strange = both.touch(asked), both.touch(asked, NAMED["another-person"])
    assert own is not None
    assert strange is not None
    assert (both.name, own.pixels[0, 0], strange.pixels[0, 0]) == ("one", 100, 50)
    assert strange.flaws == {Flaw.ANOTHER_PERSON}
    assert both.touch(Asked(Way.ROLLED, 3, frozenset({3})), NAMED["another-person"]) is None
