"""Error rates from scores: false matches, false non-matches, where they are equal, and how sure that is (ISO/IEC 19795-1).

Intervals are by bootstrap over fingers, since the comparisons of one finger are not independent of each other: a finger that is drawn twice
counts twice in its genuine comparisons, and in an impostor comparison as often as both its fingers were drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVELS = (1e-2, 1e-3, 1e-4)  # false match rates at which false non-matches are counted
DRAWS, SEED = 200, 5
BOUNDS = (2.5, 97.5)  # per cent: a 95 % interval


@dataclass(frozen=True, eq=False)
class Scores:
    """All comparisons of a run, higher is more alike; fingers numbered over all folders."""

    genuine: Floats
    genuine_finger: NDArray[np.int64]  # (genuine,)
    impostor: Floats
    impostor_fingers: NDArray[np.int64] = field(repr=False)  # (impostor, 2)
    fingers: int


@dataclass(frozen=True, eq=False)
class Curve:
    """Rates at each threshold, thresholds rising: a score at or above the threshold is a match."""

    threshold: Floats
    fmr: Floats
    fnmr: Floats

    @property
    def eer(self) -> float:
        """Where both rates are nearest, their mean."""
        nearest = int(np.abs(self.fmr - self.fnmr).argmin())
        return float(self.fmr[nearest] + self.fnmr[nearest]) / 2

    def at(self, fmr: float) -> tuple[float, float]:
        """The lowest threshold with at most this false match rate, and the false non-match rate there."""
        first = int(np.argmax(self.fmr <= fmr))
        return float(self.threshold[first]), float(self.fnmr[first])


def curve(genuine: Floats, impostor: Floats, weights: tuple[Floats, Floats] | None = None) -> Curve:
    """Rates of weighted comparisons; without weights each counts once."""
    weight_g, weight_i = weights or (np.ones(len(genuine)), np.ones(len(impostor)))
    threshold = np.append(np.unique(np.concatenate([genuine, impostor])), np.inf)
    below_g, below_i = (_below(threshold, *pair) for pair in ((genuine, weight_g), (impostor, weight_i)))
    return Curve(threshold, 1 - below_i, below_g)


def _below(threshold: Floats, scores: Floats, weight: Floats) -> Floats:
    """Share of the weight whose score is less than each threshold."""
    order = np.argsort(scores, kind="stable")
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(summed[np.searchsorted(scores[order], threshold, "left")] / max(summed[-1], 1e-12), np.float64)


@dataclass(frozen=True)
class Rates:
    eer: float  # 0..1
    fnmr: tuple[float, ...]  # at LEVELS
    threshold: tuple[float, ...]  # at LEVELS


def rates(found: Curve) -> Rates:
    points = [found.at(level) for level in LEVELS]
    return Rates(found.eer, tuple(fnmr for _, fnmr in points), tuple(threshold for threshold, _ in points))


@dataclass(frozen=True)
class Interval:
    eer: tuple[float, float]
    fnmr: tuple[tuple[float, float], ...]
    threshold: tuple[tuple[float, float], ...]


def interval(scores: Scores, draws: int = DRAWS) -> Interval:
    """95 % intervals; the same every time."""
    random = np.random.default_rng(SEED)
    drawn = []
    for _ in range(draws):
        times = np.bincount(random.integers(scores.fingers, size=scores.fingers), minlength=scores.fingers).astype(float)
        weights = times[scores.genuine_finger], times[scores.impostor_fingers].prod(1)
        drawn.append(rates(curve(scores.genuine, scores.impostor, weights)))
    return Interval(
        _bounds([one.eer for one in drawn]),
        tuple(_bounds([one.fnmr[n] for one in drawn]) for n in range(len(LEVELS))),
        tuple(_bounds([one.threshold[n] for one in drawn]) for n in range(len(LEVELS))),
    )


def share_at_least(hits: int, of: int, confidence: float = 0.95) -> float:
    """The lowest share that so many hits are compatible with: one-sided, exact (Clopper and Pearson, Biometrika 26, 1934)."""
    low, high = 0.0, hits / of if of else 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(hits, of, middle) < 1 - confidence else (low, middle)
    return low


def _at_least(hits: int, of: int, share: float) -> float:
    """Probability of so many hits or more."""
    if share <= 0:
        return 0.0
    log = [
        math.lgamma(of + 1) - math.lgamma(n + 1) - math.lgamma(of - n + 1) + n * math.log(share) + (of - n) * math.log1p(-share)
        for n in range(hits, of + 1)
    ]
    return sum(map(math.exp, log))


def _bounds(values: list[float]) -> tuple[float, float]:
    low, high = np.percentile(np.nan_to_num(np.array(values), posinf=1e9), BOUNDS, method="nearest")
    return float(low), float(high)
