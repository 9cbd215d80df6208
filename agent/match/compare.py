"""How alike two prints are.

    prepare ─▶ similarities (hopeless?) ─▶ candidates ─▶ agreement ─▶ relax ─▶ choose ─▶ strength ─▶ lay over ─▶ score

Most different fingers end at `strength`; only what is promising is laid over. Each step is a function of `compare_*` that takes arrays and
returns arrays; a watcher is offered the result of each (`livescan match A B --draw`). The same two templates give the same score on every
machine: bits are counted, the rest is rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.match import compare_pairs as steps
from agent.match.compare_descriptors import Descriptors, similarities
from agent.match.compare_overlay import Overlay, lay_over
from agent.match.compare_pairs import Pairs, Print, prepare
from agent.match.compare_score import FMR_1E2, FMR_1E3, FMR_1E4, calibration_of
from agent.match.template import TemplateError

__all__ = ["FMR_1E2", "FMR_1E3", "FMR_1E4", "Comparison", "Print", "coarse", "compare", "prepare"]

Watcher = Callable[[str, object], None]  # name of a step, its result
FEWEST = 3  # candidates from which anything can be said
SHARE = 0.65  # power by which the number of minutiae counts: 0 not at all, 1 in proportion
COVERS = 1.5  # power by which the cover counts
RICH, ALIEN = 40, 0.45  # minutiae in both prints, and mean likeness of the eight best surroundings, below which nothing is looked for
PROMISING = 0.7  # strength from which prints are laid over; nearly two thirds of all pairs of different fingers have less
UNPROMISING = 0.08  # what stands for the cover of those that are not, to its power
COARSE = 8  # pairs of which the coarse score is the mean


@dataclass(frozen=True, eq=False)
class Comparison:
    score: float  # decades of false matches: 3.0 is reached by one in a thousand different fingers
    raw: float
    pairs: Pairs  # what was found to belong together
    overlay: Overlay | None = None  # one print laid on the other, where that was worth looking at

    def reaches(self, threshold: float) -> bool:
        """Whether it scores FMR_1E2, FMR_1E3, FMR_1E4 or more."""
        return self.score >= threshold


NOTHING = Pairs(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.float32), np.zeros(0, np.float32))


def _unwatched(_step: str, _result: object) -> None:
    pass


def compare(a: Print, b: Print, watch: Watcher = _unwatched) -> Comparison:
    """The full comparison of two prepared prints. Raises TemplateError for templates of two extractors."""
    if a.template.same_make != b.template.same_make:
        raise TemplateError("These templates come from two different extractors.", do="Extract both prints with the same one.")
    alike = similarities(a.descriptors, b.descriptors)
    watch("similarities", alike)
    if hopeless(alike):
        return Comparison(0.0, 0.0, NOTHING)
    considered = steps.candidates(alike)
    watch("candidates", considered)
    if len(considered) < FEWEST:
        return Comparison(0.0, 0.0, NOTHING)
    agree = steps.agreement(a, b, considered)
    watch("agreement", agree)
    worth = steps.relax(considered.alike, agree)
    watch("worth", worth)
    chosen = steps.choose(considered, agree, worth)
    watch("chosen", chosen)
    strong = strength(chosen, len(a), len(b))
    if strong < PROMISING or len(chosen) < FEWEST:
        return _scored(a, UNPROMISING * strong, chosen)
    laid = lay_over(a, b, chosen)
    watch("overlay", laid)
    return _scored(a, laid.cover**COVERS * strong, chosen, laid)


def _scored(a: Print, raw: float, chosen: Pairs, laid: Overlay | None = None) -> Comparison:
    raw = round(raw, 4)
    return Comparison(calibration_of(a.template.same_make).decades(raw), raw, chosen, laid)


def hopeless(alike: steps.Floats) -> bool:
    """Whether nothing in one print has surroundings as in the other, though both show enough that something would have to.

    On prints of `agent.bench.match_prints` this ends half of all comparisons of different fingers and none of the same finger.
    """
    if min(alike.shape) < RICH:
        return False
    best = alike.max(1)
    return float(np.partition(best, len(best) - COARSE)[len(best) - COARSE :].mean()) < ALIEN


def strength(chosen: Pairs, of_a: int, of_b: int) -> float:
    """The raw score: how many pairs agree how well, for how many minutiae there were to agree."""
    there = max(8, min(of_a, of_b)) ** SHARE
    return float((chosen.alike * chosen.support).sum() / there)


def coarse(a: Descriptors, b: Descriptors) -> float:
    """A quick likeness 0..1 from the descriptors alone, for choosing whom to compare in full."""
    if not (len(a) and len(b)):
        return 0.0
    best = similarities(a, b).max(1)
    count = min(COARSE, len(best))
    return float(np.partition(best, len(best) - count)[len(best) - count :].mean())
