"""What the person is asked to do is drawn: every drawing there is, the right hand and fingers, and the same that the sentence says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from agent.capture.advice import CAUSES, named, sentence
from agent.capture.plan import plan
from agent.capture.session import State
from agent.capture.signs import Sign, sign_of_advice, sign_of_cause
from agent.capture.view import Standing
from agent.kiosk import frame
from agent.kiosk.pictograms import NAMES, pictogram
from agent.kiosk.words import words
from agent.model.fingers import Position
from agent.model.quality import Cause
from drivers.device import Advice

STEPS = {step.position: step for step in plan()}
TEMPLATE = (Path(frame.__file__).parent / "templates" / "pictograms.html").read_text("utf-8")
EN = words("en")


def at(position: Position, state: State = State.AWAIT_FINGER, sign: Sign = Sign.NONE) -> Standing:
    return Standing(booking="b", state=state, step=STEPS[position], sign=sign)


def test_every_drawing_is_drawn_and_none_looks_like_another() -> None:
    hand = re.search(r'set hand = "([^"]+)"', TEMPLATE)
    assert hand is not None
    belongs = [found.replace("{{ hand }}", hand[1]).split() for found in re.findall(r'data-for="([^"]+)"', TEMPLATE)]
    parts = {name: frozenset(n for n, names in enumerate(belongs) if name in names) for name in NAMES}
    assert all(parts.values())
    alike = [(a, b) for a in NAMES for b in NAMES if a < b and parts[a] == parts[b]]
    assert alike == [("hold", "still")], "which mean the same"
    assert {name for names in belongs for name in names} == set(NAMES)


@pytest.mark.parametrize(
    ("position", "name", "left", "fingers"),
    [
        (Position.PLAIN_RIGHT_FOUR, "lay", False, (2, 3, 4, 5)),
        (Position.PLAIN_LEFT_FOUR, "lay", True, (2, 3, 4, 5)),
        (Position.PLAIN_LEFT_THUMB, "lay", True, (1,)),
        (Position.RIGHT_LITTLE, "roll", False, (5,)),
        (Position.LEFT_INDEX, "roll", True, (2,)),
    ],
)
def test_the_hand_and_the_fingers_are_those_that_are_asked_for(position: Position, name: str, left: bool, fingers: tuple[int, ...]) -> None:
    drawn = pictogram(EN, at(position))
    assert (drawn.name, drawn.left, sorted(drawn.fingers)) == (name, left, list(fingers))
    assert EN(f"finger.{int(position)}") in drawn.says


def test_a_finger_that_is_missing_is_not_drawn_as_one_that_is_meant() -> None:
    (step, *_) = plan({Position.RIGHT_INDEX})
    assert pictogram(EN, replace(at(step.position), step=step)).fingers == (3, 4, 5)


@pytest.mark.parametrize(
    ("standing", "name"),
    [
        (at(Position.PLAIN_RIGHT_FOUR, State.TRACKING), "hold"),
        (at(Position.RIGHT_INDEX, State.TRACKING), "roll"),
        (at(Position.RIGHT_INDEX, State.AWAIT_LIFT), "lift"),
        (at(Position.RIGHT_INDEX, State.AWAIT_LIFT, Sign.MOISTEN), "moisten"),
        (at(Position.RIGHT_INDEX, State.PAUSED, Sign.MOISTEN), "scanner_gone"),
        (at(Position.RIGHT_INDEX, State.AWAIT_CLEAR, Sign.OTHER_SCANNER), "other_scanner"),
        (at(Position.RIGHT_INDEX, State.ASK_OFFICER), "wait"),
        (Standing(state=State.DONE), "done"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_drawing_goes_with_where_the_capture_stands(standing: Standing, name: str) -> None:
    assert pictogram(EN, standing).name == name


@pytest.mark.parametrize("flag", [one for one in Advice if one & CAUSES])
def test_what_the_scanner_saw_is_drawn_as_its_sentence_says(flag: Advice) -> None:
    said = sentence(flag, STEPS[Position.RIGHT_INDEX])
    assert said
    expected = {Cause.OTHER_HAND: Sign.OTHER_HAND, Cause.SMEARED: Sign.STILL, Cause.SPOILT: Sign.NONE}[named(flag)]
    assert sign_of_cause(named(flag)) is expected
    assert sign_of_advice(flag) in (expected, Sign.SLOWER), said


def test_no_warning_is_no_sign() -> None:
    assert sign_of_advice(Advice.NONE) is Sign.NONE is sign_of_cause(Cause.NONE)
