"""Which raw score stands for which false match rate, from a run's impostor comparisons, with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from agent.bench.match import Result
from agent.bench.match_rates import DRAWS, SEED, Floats, Scores

DECADES = (1, 2, 3, 4)


def calibrate(result: Result) -> dict[str, Any]:
    """Raw scores at false match rates of 1e-1 to 1e-4; a rate that fewer than ten comparisons would show is marked as a guess."""
    scores = result.scores
    raw = [_raised(scores.impostor, np.ones(len(scores.impostor)), decade) for decade in DECADES]
    low, high = np.percentile(_drawn(scores), (2.5, 97.5), axis=0, method="nearest")
    return {
        "extractor": result.matcher,
        "fingers": scores.fingers,
        "impostor": len(scores.impostor),
        "raw": [round(value, 4) for value in (0.0, *raw)],
        "intervals_95": [[round(float(a), 4), round(float(b), 4)] for a, b in zip(low, high, strict=True)],
        "guess": [len(scores.impostor) * 10.0**-decade < 10 for decade in DECADES],
    }


def _raised(values: Floats, weight: Floats, decade: int) -> float:
    """The score that 1 in 10**decade of the weight reaches."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weight[order])
    at = int(np.searchsorted(summed, summed[-1] * (1 - 10.0**-decade)))
    return float(values[order][min(at, len(order) - 1)])


def _drawn(scores: Scores) -> Floats:
    random = np.random.default_rng(SEED)
    rows = []
    for _ in range(DRAWS):
        times = np.bincount(random.integers(scores.fingers, size=scores.fingers), minlength=scores.fingers).astype(float)
        weight = times[scores.impostor_fingers].prod(1)
        rows.append([_raised(scores.impostor, weight, decade) for decade in DECADES])
    return np.array(rows)
