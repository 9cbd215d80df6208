"""The rules of the verdict, and the words that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agent.model.fingers import FINGERS, Position, fingers_of
from agent.model.impression import FingerQuality, ImpressionKind, QualityReport, Verdict
from agent.quality.measures import Measures
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import Observed, judge, rank, several, unchecked, words

LIMITS = QualityThresholds()
GOOD = Measures(grey_levels=220, area_mm2=250.0, mean=150.0, contrast=180.0)
ROLLED = replace(GOOD, area_mm2=600.0)
SLAP = Position.PLAIN_RIGHT_FOUR


def slap(
    scores: tuple[int | None, ...] = (60, 60, 60, 60), *, found: int = 4, measures: Mapping[Position, Measures] | None = None
) -> Observed:
    fingers = fingers_of(SLAP)
    named = fingers if found == 4 else ()
    quality = {f: FingerQuality(s, "" if s is not None else "no ridges") for f, s in zip(named, scores, strict=False)}
    return Observed(SLAP, ImpressionKind.PLAIN, fingers, found, 220, quality, dict.fromkeys(named, GOOD) | dict(measures or {}))


def roll(measured: Measures = ROLLED, score: int | None = None) -> Observed:
    finger = Position.RIGHT_INDEX
    return Observed(finger, ImpressionKind.ROLLED, (finger,), 1, 220, {finger: FingerQuality(score, "roll")}, {finger: measured})


def test_a_good_slap_is_accepted_without_words() -> None:
    report = judge(slap(), LIMITS, 1)
    assert (report.verdict, report.advice, report.found, report.expected, report.contrast) == (Verdict.ACCEPT, "", 4, 4, 220)
    assert {f: q.nfiq2 for f, q in report.fingers.items()} == dict.fromkeys(fingers_of(SLAP), 60)


def test_one_bad_finger_does_not_hide_behind_three_good_ones() -> None:
    report = judge(slap((90, 90, 24, 90)), LIMITS, 1)
    assert report.verdict is Verdict.RETRY
    assert report.advice == "Wipe the right ring finger, then lay it flat and hold it still."


def test_between_the_two_limits_a_finger_is_accepted_with_a_warning() -> None:
    report = judge(slap((39, 40, 25, 99)), LIMITS, 1)
    assert report.verdict is Verdict.ACCEPT
    assert report.advice == "Accepted, but the right index and right ring fingers are only just good enough."


def test_a_finger_without_a_score_is_taken_again() -> None:
    assert judge(slap((60, None, 60, 60)), LIMITS, 1).verdict is Verdict.RETRY


def test_a_light_finger_is_pressed_firmer_and_a_dark_one_lighter() -> None:
    light = slap((60, 60, 10, 60), measures={Position.RIGHT_RING: replace(GOOD, mean=210.0)})
    dark = slap((60, 60, 60, 10), measures={Position.RIGHT_LITTLE: replace(GOOD, mean=80.0)})
    assert judge(light, LIMITS, 1).advice == "Press the right ring finger a little firmer."
    assert judge(dark, LIMITS, 1).advice == "Dry the right little finger and press a little lighter."


def test_fingers_with_the_same_trouble_share_one_sentence() -> None:
    light = replace(GOOD, mean=210.0)
    both = slap((10, 12, 60, 60), measures={Position.RIGHT_INDEX: light, Position.RIGHT_MIDDLE: light})
    assert judge(both, LIMITS, 1).advice == "Press the right index and right middle fingers a little firmer."


def test_the_worst_finger_is_the_one_that_is_named() -> None:
    mixed = slap((20, 60, 5, 60), measures={Position.RIGHT_INDEX: replace(GOOD, mean=210.0)})
    assert "right ring finger" in judge(mixed, LIMITS, 1).advice


def test_a_small_touch_is_laid_flatter() -> None:
    small = slap(measures={Position.RIGHT_INDEX: replace(GOOD, area_mm2=40.0)})
    assert judge(small, LIMITS, 1).advice == "Lay the right index finger down flatter, so that more of it touches the glass."


def test_too_few_and_too_many_fingers_are_taken_again() -> None:
    few, many = judge(slap(found=3), LIMITS, 1), judge(slap(found=5), LIMITS, 1)
    assert few.verdict is many.verdict is Verdict.RETRY
    assert few.advice.startswith(
        "Only 3 of 4 fingers are seen: lay the right index, right middle, right ring and right little fingers flat"
    )
    assert many.advice.startswith("More is on the glass than the right index")


def test_at_the_last_try_a_person_decides() -> None:
    assert [judge(slap((10, 60, 60, 60)), LIMITS, n).verdict for n in (1, 2, 3)] == [Verdict.RETRY, Verdict.RETRY, Verdict.ASK_OFFICER]
    assert judge(slap(), LIMITS, 3).verdict is Verdict.ACCEPT


def test_a_roll_is_judged_without_nfiq2() -> None:
    assert judge(roll(), LIMITS, 1) == QualityReport(roll().scores, 1, 1, 220, Verdict.ACCEPT, "", measures=roll().measures)


def test_a_touch_is_no_roll() -> None:
    report = judge(roll(measured=replace(GOOD, area_mm2=150.0)), LIMITS, 1)
    assert (report.verdict, report.advice) == (Verdict.RETRY, "Roll the right index finger again from nail to nail, slowly and evenly.")


def test_few_grey_levels_warn_and_fewer_are_taken_again() -> None:
    assert judge(roll(measured=replace(ROLLED, grey_levels=100)), LIMITS, 1).advice.startswith("Accepted, but")
    assert judge(roll(measured=replace(ROLLED, grey_levels=40)), LIMITS, 1).verdict is Verdict.RETRY


def test_attempts_are_ranked_by_their_worst_finger() -> None:
    attempts = [judge(slap(scores), LIMITS, 1) for scores in ((10, 90, 90, 90), (30, 31, 32, 33), (30, 90, 90, 90))]
    attempts.append(judge(slap(found=3), LIMITS, 1))
    assert sorted(attempts, key=rank, reverse=True) == [attempts[2], attempts[1], attempts[0], attempts[3]]


def test_a_check_that_broke_down_is_another_try() -> None:
    assert unchecked(SLAP, 4, LIMITS, 1).verdict is Verdict.RETRY
    assert unchecked(SLAP, 4, LIMITS, 3).verdict is Verdict.ASK_OFFICER


@pytest.mark.parametrize("position", list(Position))
def test_every_position_has_words(position: Position) -> None:
    assert words(position).startswith(("right", "left", "thumbs"))


def test_words_of_several_fingers() -> None:
    assert several([Position.RIGHT_THUMB]) == "right thumb"
    assert several([Position.LEFT_THUMB, Position.RIGHT_THUMB]) == "left thumb and right thumb"
    assert several(FINGERS[1:3]) == "right index and right middle fingers"


@pytest.mark.parametrize(
    ("score", "advice"), [(60, ""), (25, ""), (24, "Accepted, but the right index finger is not clear everywhere."), (0, "Accepted")]
)
def test_the_score_of_a_roll_warns_and_decides_nothing(score: int, advice: str) -> None:
    report = judge(roll(score=score), LIMITS, 1)
    assert report.verdict is Verdict.ACCEPT
    assert report.advice.startswith(advice)
    assert bool(report.advice) is bool(advice)
