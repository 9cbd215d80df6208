"""The sequence check with nothing replaced but the glass: synthetic fingers, the runner, the workers, the matcher."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.capture.plan import plan
from agent.capture.questions import Answer, Choice, Why
from agent.capture.settings import CaptureRules
from agent.model.fingers import FINGERS, Position
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.person import Asked, Way
from firmware_sim.subject.synthetic.fingers import Finger, make_finger
from firmware_sim.subject.synthetic.person import SyntheticPerson
from tests.capture.scripted import Show
from tests.capture.scripted_bench import TAKE, Bench

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

P = Position
TWO = (P.RIGHT_INDEX, P.RIGHT_MIDDLE)
STEPS = plan([finger for finger in FINGERS if finger not in TWO])  # the slap of two fingers, and their rolls

Gray = NDArray[np.uint8]


@pytest.fixture(scope="module")
def fingers() -> dict[int, Finger]:
    return {int(finger): make_finger("real places", int(finger)) for finger in TWO}


def laid(fingers: dict[int, Finger], position: Position, way: Way) -> Gray:
    asked = frozenset(map(int, TWO)) if way is Way.PLAIN else frozenset({int(position)})
    touch = SyntheticPerson("real places", fingers).touch(Asked(way, int(position), asked), Condition())
    assert touch is not None
    return np.asarray(touch.pixels, np.uint8)


def test_fingers_rolled_in_the_wrong_order_are_named_and_used_as_what_they_are(fingers: dict[int, Finger]) -> None:
    slap = laid(fingers, P.PLAIN_RIGHT_FOUR, Way.PLAIN)
    index, middle = (laid(fingers, finger, Way.ROLLED) for finger in TWO)
    bench = Bench([Show(slap), Show(middle), Show(index), Show(slap)], answers=[Answer(Choice.USE_AS)], rules=CaptureRules(hand_again=True))
    bench.run(STEPS)
    assert [(question.why, question.position, question.looks_like) for question in bench.asked] == [
        (Why.OTHER_FINGER, P.RIGHT_INDEX, P.RIGHT_MIDDLE)
    ]
    assert [one.position for one in bench.stored] == [P.PLAIN_RIGHT_FOUR, P.RIGHT_MIDDLE, P.RIGHT_INDEX]
    assert np.array_equal(bench.stored[1].pixels, middle)


def test_after_a_crash_the_fingers_taken_before_it_are_compared_with(fingers: dict[int, Finger]) -> None:
    before = Bench([Show(laid(fingers, P.PLAIN_RIGHT_FOUR, Way.PLAIN))])
    before.run(STEPS[:1])
    after = Bench([Show(laid(fingers, P.RIGHT_MIDDLE, Way.ROLLED))], answers=[TAKE], keeper=before.keeper)
    after.run(STEPS[:2], done=[P.PLAIN_RIGHT_FOUR])
    assert [(question.why, question.looks_like) for question in after.asked] == [(Why.OTHER_FINGER, P.RIGHT_MIDDLE)]
    assert after.stored[-1].override == TAKE.override
