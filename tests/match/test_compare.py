"""Two prints: the same finger scores high however it lies, different fingers low, and every step can be watched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agent.match.compare import FMR_1E3, coarse, compare, prepare
from agent.match.compare_overlay import shared_area
from agent.match.compare_pairs import CANDIDATES, candidates
from agent.match.template import NO_FLOW, Template, TemplateError
from tests.match.prints import prepared

FINGERS = range(1, 5)


@pytest.mark.parametrize("number", FINGERS)
def test_two_impressions_of_a_finger_match(number: int) -> None:
    assert compare(prepared(number, 0), prepared(number, 1)).reaches(FMR_1E3)


@pytest.mark.parametrize("number", FINGERS)
def test_other_fingers_score_less_than_the_same_finger(number: int) -> None:
    same = compare(prepared(number, 0), prepared(number, 1)).score
    others = [compare(prepared(number, 0), prepared(other, 1)).score for other in FINGERS if other != number]
    assert max(others) < same
    assert not any(score >= FMR_1E3 for score in others)


def turned(template: Template, quarters: int) -> Template:
    """The same print, the finger turned by quarters of a circle, counter-clockwise."""
    for _ in range(quarters):
        template = replace(
            template,
            width=template.height,
            height=template.width,
            x=template.y,
            y=(template.width - 1 - template.x).astype(np.int16),
            direction=(template.direction + np.uint8(64)).astype(np.uint8),
            flow=np.rot90(template.flow),
        )
    return template


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_however_the_finger_is_turned_it_scores_the_same(quarters: int) -> None:
    straight = compare(prepared(1, 0), prepared(1, 1))
    askew = compare(prepared(1, 0), prepare(turned(prepared(1, 1).template, quarters)))
    assert abs(askew.score - straight.score) < 0.3 * straight.score


def test_pairs_are_one_to_one() -> None:
    pairs = compare(prepared(1, 0), prepared(1, 1)).pairs
    assert len(pairs) > 8
    assert len(set(pairs.a.tolist())) == len(set(pairs.b.tolist())) == len(pairs)


def test_of_candidates_that_are_equally_alike_the_earlier_ones_are_kept() -> None:
    alike = np.zeros((6, 50), np.float32)
    alike[:, ::2] = 0.5  # 150 equals
    alike[5, 1] = 0.6
    kept = candidates(alike)
    assert list(zip(kept.a.tolist(), kept.b.tolist(), strict=True)) == [*((n // 25, 2 * (n % 25)) for n in range(CANDIDATES - 1)), (5, 1)]


def test_what_both_show_is_less_when_one_shows_half() -> None:
    whole = prepared(1, 0)
    half = prepare(replace(whole.template, flow=np.where(np.arange(whole.template.flow.shape[1]) < 12, whole.template.flow, NO_FLOW)))
    pairs = compare(whole, whole).pairs
    assert shared_area(whole, whole, pairs) == int((whole.template.flow != NO_FLOW).sum())
    assert 0 < shared_area(whole, half, pairs) < shared_area(whole, whole, pairs)


def test_the_same_two_prints_always_score_the_same() -> None:
    first = compare(prepared(1, 0), prepared(1, 1))
    again = compare(prepare(prepared(1, 0).template), prepare(prepared(1, 1).template))
    assert (first.score, first.raw) == (again.score, again.raw)


def test_every_step_offers_its_result() -> None:
    seen: dict[str, object] = {}
    compare(prepared(1, 0), prepared(1, 1), seen.setdefault)
    assert {"similarities", "candidates", "agreement", "worth", "chosen"} <= set(seen)


def test_templates_of_two_extractors_are_not_compared() -> None:
    other = prepare(replace(prepared(1, 1).template, extractor="another"))
    with pytest.raises(TemplateError, match="two different extractors"):
        compare(prepared(1, 0), other)


def test_the_coarse_score_already_tells_fingers_apart() -> None:
    probe = prepared(1, 0).descriptors
    same, *others = (coarse(probe, prepared(number, 1).descriptors) for number in FINGERS)
    assert same > max(others)


def test_two_rich_prints_that_have_nothing_in_common_end_early() -> None:
    random = np.random.default_rng(2)
    strangers = [prepare(_scattered(prepared(1, n).template, random)) for n in (0, 1)]
    seen: list[str] = []
    assert compare(strangers[0], strangers[1], lambda step, _result: seen.append(step)).score == 0
    assert seen == ["similarities"]


def _scattered(template: Template, random: np.random.Generator) -> Template:
    """As many minutiae at places of no meaning, few enough near each other that nothing is alike by chance."""
    count = 60
    return replace(
        template,
        x=random.integers(0, template.width, count).astype(np.int16),
        y=random.integers(0, template.height, count).astype(np.int16),
        direction=random.integers(0, 256, count).astype(np.uint8),
        bifurcation=np.zeros(count, np.bool_),
        quality=np.full(count, 90, np.uint8),
    )
