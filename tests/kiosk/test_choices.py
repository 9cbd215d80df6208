"""Retake, accept best, cannot do better: always on the page, and where the capture does not allow one it says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.booking.states import BookingState
from agent.capture.plan import plan
from agent.capture.questions import CHOICES, Choice, Why
from agent.kiosk.capturing import Work, refused

WHYS = ("asked_otherwise", "untried", "nothing_yet", "retaking", "tries_left", "all_taken", "held")  # of the catalogue: why_not.NAME
WORK = Work("20261124-00000001", BookingState.CAPTURING, "", "", plan(), (), (), 3, None)


@pytest.mark.parametrize("why", list(Why))
def test_a_question_takes_what_it_has_as_an_answer_and_nothing_else(why: Why) -> None:
    said = refused(replace(WORK, question={"choices": list(CHOICES[why])}), tried=why is not Why.NOBODY)
    assert (said["repeat"], said["cannot"]) == ("", "")
    assert said["take"] == ("" if Choice.TAKE in CHOICES[why] else "untried")


@pytest.mark.parametrize(
    ("work", "tried", "whys"),
    [
        (WORK, False, ("nothing_yet", "untried", "")),
        (WORK, True, ("retaking", "tries_left", "")),
        (replace(WORK, state=BookingState.HELD), True, ("held", "held", "")),
        (replace(WORK, done=len(WORK.steps)), False, ("all_taken", "all_taken", "all_taken")),
    ],
    ids=["before the first attempt", "between two attempts", "held for a person", "all taken"],
)
def test_while_nothing_is_asked_each_says_why_it_waits(work: Work, tried: bool, whys: tuple[str, str, str]) -> None:
    said = refused(work, tried)
    assert (said["repeat"], said["take"], said["cannot"]) == whys
    assert set(filter(None, whys)) <= set(WHYS)
