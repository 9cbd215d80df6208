"""The whole check of one impression, as the process pool runs it."""

from __future__ import annotations

import numpy as np
import pytest

from agent.model.fingers import Position
from agent.model.impression import ImpressionKind, Verdict
from agent.quality.assess import Asked, assess
from agent.quality.measures import grey_levels, measure
from agent.quality.thresholds import QualityThresholds
from tests.imaging.drawn import drawn, right_hand
from tests.prints import nist_card

LIMITS = QualityThresholds()
PLAIN, ROLLED = ImpressionKind.PLAIN, ImpressionKind.ROLLED


def asked(position: Position, kind: ImpressionKind = PLAIN, missing: frozenset[Position] = frozenset()) -> Asked:
    return Asked(position, kind, missing, 500)


def test_each_finger_of_a_slap_has_its_own_score() -> None:
    report = assess(nist_card()[Position.PLAIN_LEFT_FOUR], asked(Position.PLAIN_LEFT_FOUR), LIMITS, 1)
    scores = {finger: quality.nfiq2 for finger, quality in report.fingers.items()}
    assert list(scores) == [Position.LEFT_LITTLE, Position.LEFT_RING, Position.LEFT_MIDDLE, Position.LEFT_INDEX]
    assert scores[Position.LEFT_RING] is not None
    assert scores[Position.LEFT_RING] > 60  # the clearest print of the card


def test_each_finger_of_a_slap_has_its_own_place_in_the_image() -> None:
    image = nist_card()[Position.PLAIN_LEFT_FOUR]
    report = assess(image, asked(Position.PLAIN_LEFT_FOUR), LIMITS, 1)
    polygons = [np.array(quality.polygon) for quality in report.fingers.values()]
    assert all(polygon.shape == (4, 2) for polygon in polygons)
    assert all((polygon >= 0).all() and (polygon < image.shape[::-1]).all() for polygon in polygons)
    middles = [float(polygon[:, 0].mean()) for polygon in polygons]
    assert middles == sorted(middles)
    for (ulx, uly), (urx, _), (_, lry), _ in polygons:  # clockwise from the upper left
        assert ulx < urx
        assert uly < lry


def test_every_roll_of_the_nist_card_is_accepted() -> None:
    for finger in map(Position, range(1, 11)):
        report = assess(nist_card()[finger], asked(finger, ROLLED), LIMITS, 1)
        assert report.verdict is Verdict.ACCEPT, finger
        score = report.fingers[finger].nfiq2
        assert score is not None
        assert 25 <= score <= 100


def test_a_slap_with_a_finger_lifted_is_taken_again() -> None:
    report = assess(drawn(right_hand()[:3]), asked(Position.PLAIN_RIGHT_FOUR), LIMITS, 1)
    assert (report.verdict, report.found, report.expected, report.fingers) == (Verdict.RETRY, 3, 4, {})


@pytest.mark.parametrize("kind", [PLAIN, ROLLED])
def test_an_empty_glass_is_taken_again(kind: ImpressionKind) -> None:
    report = assess(np.full((750, 800), 255, np.uint8), asked(Position.RIGHT_THUMB, kind), LIMITS, 1)
    assert (report.verdict, report.found) == (Verdict.RETRY, 0)


def test_the_area_of_a_drawn_pad_is_measured_in_square_millimetres() -> None:
    measured = measure(drawn(right_hand()[:1]))
    assert measured.area_mm2 == pytest.approx(np.pi * 7.5 * 11, rel=0.15)  # the mask reaches half a ridge beyond
    assert measured.contrast > 150


def test_grey_levels_ignore_speckle() -> None:
    image = np.full((1000, 1000), 255, np.uint8)
    image[:500] = np.arange(100, 200, dtype=np.uint8).repeat(10)
    image[0, :9] = np.arange(9)  # nine levels of one pixel each
    assert grey_levels(image) == 101
