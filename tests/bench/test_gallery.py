"""The gallery's bench: what it counts is what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.bench.gallery import Plan, measure, stages
from agent.bench.gallery_people import Wear, person
from agent.bench.match_rates import share_at_least
from agent.match.fused import compare_people, ready


def test_a_person_is_the_same_person_at_every_impression_and_no_other() -> None:
    first, again, other = (ready(person(seed, n)) for seed, n in (("a", 0), ("a", 1), ("b", 0)))
    assert compare_people(first, {f: one.template for f, one in again.items()}).score > 30
    assert compare_people(first, {f: one.template for f, one in other.items()}).score < 4


def test_the_same_seed_gives_the_same_templates() -> None:
    assert [one.serialise() for one in person("a", 3).values()] == [one.serialise() for one in person("a", 3).values()]


def test_wear_is_what_makes_impressions_differ() -> None:
    none = Wear(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    first, again = person("a", 0, none), person("a", 1, none)
    assert [sorted(one.x.tolist()) for one in first.values()] == [sorted(one.x.tolist()) for one in again.values()]


@pytest.mark.parametrize(("hits", "of", "least"), [(3000, 3000, 0.999002), (2999, 3000, 0.998419), (0, 10, 0.0), (10, 10, 0.741134)])
def test_the_lowest_share_is_exact(hits: int, of: int, least: float) -> None:
    """(0.05)^(1/3000), and tables of the exact binomial bound."""
    assert share_at_least(hits, of) == pytest.approx(least, abs=2e-6)


@pytest.mark.long
def test_a_small_gallery_is_measured(tmp_path: Path) -> None:
    told: list[str] = []
    found = measure(Plan(subjects=60, probes=12, strangers=6, rendered=1), tmp_path, lambda what, _done, _of: told.append(what))
    assert found["templates_alone"]["searches"] == 12 and found["templates_alone"]["rank_1"] >= 11
    assert found["rendered"]["rank_1"] == 1 and found["strangers"] == {**found["strangers"], "searches": 6, "false_hints": 0}
    assert found["prefilter_s"] > 0 and found["full_s"] > 0 and found["peak_rss_mb"] > found["rss_before_mb"]
    assert {"people rendered and read", "people enrolled", "mated searches", "searches of strangers"} <= set(told)
    assert all(len(row) == 3 for row in stages(found))
