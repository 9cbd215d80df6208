"""What a raw score is worth: decades of false matches, so that 3.0 means "one in a thousand different fingers scores this much".

Measured on prints made by `agent.bench.match_prints` (docs/matching.md names seed, counts and interval): of each interval the upper end, so
that a rate is rather kept than promised. Measured anew for a site's own prints by `livescan bench match --calibrate DIR`. Between the steps
lines are straight; beyond the last, each further decade takes as many times the raw score as the last one took: a guess, meant for joining
several fingers, never for a claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

FMR_1E2, FMR_1E3, FMR_1E4 = 2.0, 3.0, 4.0  # calibrated scores: false match rates of one finger against one other finger


@dataclass(frozen=True)
class Calibration:
    """Raw scores at which 1, 1/10, 1/100 ... of different fingers score as much or more."""

    raw: tuple[float, ...]  # rising from 0, for 0, 1, 2, 3 and 4 decades

    def decades(self, raw: float) -> float:
        """The calibrated score, to three places, the same on every machine."""
        steps = np.array(self.raw)
        if raw >= steps[-1]:
            times = max(float(steps[-1] / steps[-2]), 1.01)
            return round(len(steps) - 1 + math.log(raw / float(steps[-1])) / math.log(times), 3)
        return round(float(np.interp(raw, steps, np.arange(len(steps)))), 3)


# Of each extractor and version; an unknown one is judged like the weakest we know.
CALIBRATIONS: Mapping[tuple[str, int], Calibration] = {
    ("leader", 1): Calibration((0.0, 0.180, 0.473, 0.891, 1.683)),
    ("mindtct", 1): Calibration((0.0, 0.287, 0.918, 1.842, 3.141)),
}
WEAKEST = ("mindtct", 1)


def calibration_of(make: tuple[str, int]) -> Calibration:
    return CALIBRATIONS.get(make, CALIBRATIONS[WEAKEST])
