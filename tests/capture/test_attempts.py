"""Which attempt is sent, which give way, and each finger's best."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from agent.capture.attempts import best_fingers, best_first, given_up
from agent.model.fingers import Position
from agent.model.impression import DeviceTag, FingerQuality, Impression, ImpressionKind, QualityReport, Verdict

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FINGERS = (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE, Position.RIGHT_RING, Position.RIGHT_LITTLE)


def slap(attempt: int, *scores: int) -> Impression:
    fingers = {finger: FingerQuality(score) for finger, score in zip(FINGERS, scores, strict=True)}
    report = QualityReport(fingers, 4, 4, 200, Verdict.RETRY)
    device = DeviceTag("Nobody", "Script", "1", "1", simulated=True)
    pixels = np.zeros((2, 2), np.uint8)
    return Impression(Position.PLAIN_RIGHT_FOUR, ImpressionKind.PLAIN, pixels, 500, attempt, device, NOON, report)


def test_the_slap_that_is_sent_is_the_one_whose_worst_finger_is_best() -> None:
    tried = [slap(1, 90, 90, 90, 10), slap(2, 30, 30, 30, 30), slap(3, 60, 20, 60, 60)]
    assert [one.attempt for one in best_first(tried)] == [2, 3, 1]


def test_each_fingers_best_may_be_from_another_attempt() -> None:
    tried = [slap(1, 90, 90, 90, 10), slap(2, 30, 30, 95, 30)]
    assert {finger: attempt for finger, (attempt, _) in best_fingers(tried).items()} == dict(zip(FINGERS, (1, 1, 2, 2), strict=True))


def test_of_three_attempts_the_worst_makes_room() -> None:
    tried = [slap(1, 90, 90, 90, 10), slap(2, 30, 30, 30, 30)]
    assert given_up(tried) is None
    assert given_up([*tried, slap(3, 60, 20, 60, 60)]) == 1
