"""The moment for the picture: found by a fold over looks, with one sentence of advice until then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agent.capture.autocapture import AutoCapture, Verdict, begin
from agent.capture.plan import plan
from agent.imaging.placement import Edge, Look, Place

STEP = plan()[0]
FRAME_US = 66_000

FINGER = Place(np.zeros((4, 2), np.float32), area_mm2=250, contrast=170, mean=180, turn=0, cut_off=frozenset())
NOTHING = Look((), 4, 0.0, 0.0, 0.0, np.zeros((1, 1), np.float32))
GOOD = Look((FINGER,) * 4, 4, 1000.0, 0.99, 1.0, NOTHING.fine)


def off(edge: Edge) -> Look:
    return replace(GOOD, places=(replace(FINGER, cut_off=frozenset({edge})), *GOOD.places[1:]))


def fed(looks: list[Look], auto: AutoCapture | None = None, start_us: int = 0) -> AutoCapture:
    auto = auto or begin(STEP, still_ms=300)
    for number, one in enumerate(looks):
        auto = auto.after(one, start_us + number * FRAME_US)
    return auto


def triggers(looks: list[Look]) -> list[int]:
    """Numbers of the looks in which the picture was taken."""
    auto, found = begin(STEP, still_ms=300), []
    for number, one in enumerate(looks):
        auto = auto.after(one, number * FRAME_US)
        found += [number] if auto.trigger else []
    return found


def test_good_fingers_that_lie_still_for_the_time_trigger_once() -> None:
    assert triggers([NOTHING, *[GOOD] * 30]) == [6]  # 5 pictures of 66 ms after the first good one
    assert fed([NOTHING, *[GOOD] * 30]).taken


def test_what_looks_like_the_other_hand_is_spoken_of_and_taken_when_it_stays() -> None:
    other = replace(GOOD, other_hand=0.95)
    waiting = fed([NOTHING, *[other] * 20])
    assert waiting.advice.startswith("This looks like the other hand")
    assert not waiting.taken
    assert triggers([NOTHING, *[other] * 60]) == [47]  # 3 seconds after the first


def test_one_bad_look_begins_the_waiting_anew() -> None:
    assert triggers([NOTHING, *[GOOD] * 5, replace(GOOD, likeness=0.4), *[GOOD] * 5]) == []
    assert triggers([NOTHING, *[GOOD] * 5, replace(GOOD, likeness=0.4), *[GOOD] * 6]) == [12]


def test_a_print_that_was_there_from_the_beginning_takes_no_picture() -> None:
    auto = fed([GOOD] * 40)
    assert (auto.verdict, auto.taken) == (Verdict.UNCLEAR, False)
    assert auto.advice == "Lift the hand off the glass; if nothing lies on it, clean it."
    assert fed([NOTHING, *[GOOD] * 6], auto, 40 * FRAME_US).trigger


def test_a_scanner_that_saw_the_platen_clear_needs_no_second_time() -> None:
    assert fed([GOOD] * 6, begin(STEP, still_ms=300, cleared=True)).trigger


def test_a_pause_in_the_live_view_is_not_stillness() -> None:
    auto = fed([NOTHING, GOOD, GOOD])
    late = auto.after(GOOD, 5_000_000)
    assert not late.trigger
    assert fed([GOOD] * 5, late, 5_000_000 + FRAME_US).trigger
    assert not auto.after(GOOD, 0).trigger  # nor is a clock that steps back


VERDICTS = {
    "nothing": (NOTHING, Verdict.EMPTY),
    "three of four": (replace(GOOD, places=GOOD.places[:3]), Verdict.FEW),
    "five of four": (replace(GOOD, places=(FINGER,) * 5), Verdict.MANY),
    "out to the left": (off(Edge.LEFT), Verdict.OFF_LEFT),
    "out to the right": (off(Edge.RIGHT), Verdict.OFF_RIGHT),
    "out at the top": (off(Edge.TOP), Verdict.OFF_TOP),
    "out at the bottom": (off(Edge.BOTTOM), Verdict.OFF_BOTTOM),
    "one hardly touches": (replace(GOOD, places=(replace(FINGER, area_mm2=20), *GOOD.places[1:])), Verdict.SMALL),
    "one is faint": (replace(GOOD, places=(replace(FINGER, contrast=20), *GOOD.places[1:])), Verdict.FAINT),
    "sliding": (replace(GOOD, likeness=0.5), Verdict.MOVING),
    "still coming down": (replace(GOOD, growth=1.2), Verdict.MOVING),
    "what looks like the other hand": (replace(GOOD, other_hand=0.95), Verdict.OTHER_HAND),
    "all good": (GOOD, Verdict.GOOD),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_each_look_has_one_verdict(case: str) -> None:
    one, verdict = VERDICTS[case]
    auto = fed([NOTHING, *[one] * 20])
    assert auto.verdict is verdict
    assert auto.taken is (verdict is Verdict.GOOD)


@pytest.mark.parametrize("case", VERDICTS)
def test_each_verdict_says_one_sentence(case: str) -> None:
    auto = fed([NOTHING, *[VERDICTS[case][0]] * 20])
    assert auto.advice.endswith(".")
    assert "{" not in auto.advice


def test_fingers_that_still_come_down_are_not_called_too_few() -> None:
    two, three = (replace(GOOD, places=GOOD.places[:n], growth=1.5) for n in (2, 3))
    coming = fed([NOTHING, two, three, replace(GOOD, growth=1.2)])
    assert coming.advice.startswith("Lay the right index")
    waited = fed([NOTHING, *[three] * 20])
    assert waited.advice.startswith("Not all fingers are seen")
