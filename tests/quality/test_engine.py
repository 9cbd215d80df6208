"""NFIQ 2 through nbis-py is NIST's NFIQ 2: the reference outputs of NIST's own build are met exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.imaging.scale import halved
from agent.quality.engine import NbisEngine, trimmed
from tests.data import testdata

ENGINE = NbisEngine()


def sfinge(number: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(testdata(f"prints/nfiq2-sfinge/SFinGe_Test{number:02}.pgm")), cv2.IMREAD_GRAYSCALE), np.uint8)


@pytest.mark.parametrize("number", range(1, 6))
def test_the_score_is_that_of_nists_reference_build(number: int) -> None:
    reference = testdata(f"prints/nfiq2-sfinge/expected/SFinGe_Test{number:02}_output.txt").read_text()
    scores = dict(line.split(": ") for line in reference.splitlines())
    assert ENGINE.score(sfinge(number)).nfiq2 == int(scores["UnifiedQualityScore"])


def test_a_blank_margin_changes_no_score_however_wide() -> None:
    image = sfinge(1)
    framed = cv2.copyMakeBorder(image, 250, 250, 250, 250, cv2.BORDER_CONSTANT, value=255)
    assert framed.shape[1] > 800
    assert ENGINE.score(np.asarray(framed, np.uint8)) == ENGINE.score(image)


def test_a_thousand_ppi_is_scored_at_five_hundred() -> None:
    image = sfinge(2)
    twice = np.asarray(cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert ENGINE.score(twice, 1000) == ENGINE.score(halved(twice))


NOT_SCORED = {
    "blank": (np.full((400, 400), 255, np.uint8), "blank"),
    "black": (np.zeros((400, 400), np.uint8), "too little ridge"),
    "tiny": (np.full((5, 5), 9, np.uint8), "too little ridge"),
    "a whole slap": (np.zeros((400, 900), np.uint8), "not one fingertip"),
}


@pytest.mark.parametrize("what", NOT_SCORED)
def test_what_cannot_be_scored_has_a_reason_and_no_number(what: str) -> None:
    image, reason = NOT_SCORED[what]
    quality = ENGINE.score(image)
    assert quality.nfiq2 is None
    assert reason in quality.reason


def test_trimming_keeps_the_print_and_takes_the_margin() -> None:
    image = np.full((50, 60), 255, np.uint8)
    image[10:20, 30:45] = 7
    assert np.array_equal(trimmed(image), np.full((10, 15), 7, np.uint8))
