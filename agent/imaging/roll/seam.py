"""The seam between what is composed and the next strip: from top to bottom along the path where their ridges agree best."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

REACH = 24  # pixels at 250 ppi to each side of the middle between two strips, within which the seam may run
PULL = 0.15  # cost of running at the end of the reach, against 1 for ridges that contradict each other
PATCH = 5  # pixels at 250 ppi over which disagreement is averaged: one ridge
FLOOR = 12.0  # grey levels: flatter ridges are compared with noise and do not count as contradiction

FloatImage = NDArray[np.float32]


def disagreement(mosaic: FloatImage, strip: FloatImage) -> FloatImage:
    """0 where two fine bands are the same, 1 where ridges fall on valleys."""
    size = (PATCH, PATCH)
    strength = cv2.blur(np.abs(mosaic) + np.abs(strip), size) + np.float32(FLOOR)
    return np.asarray(cv2.blur(np.abs(mosaic - strip), size) / strength, np.float32)


def cheapest(cost: FloatImage) -> NDArray[np.intp]:
    """Column of the path through each row, (rows,): neighbours differ by at most one. `cost` (rows, columns) is not negative."""
    total = cost.copy()
    padded = np.full(cost.shape[1] + 2, np.inf, np.float32)
    for row in range(1, len(total)):
        padded[1:-1] = total[row - 1]
        total[row] += np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    return _traced(total)


def _traced(total: FloatImage) -> NDArray[np.intp]:
    path = np.empty(len(total), np.intp)
    path[-1] = column = int(np.argmin(total[-1]))
    for row in range(len(total) - 2, -1, -1):
        low = max(0, column - 1)
        path[row] = column = low + int(np.argmin(total[row, low : column + 2]))
    return path


def seam(contradiction: FloatImage, preferred: float) -> NDArray[np.float32]:
    """Column at 250 ppi of the seam in each row, in the columns of `contradiction`, near the preferred one."""
    columns = contradiction.shape[1]
    centre = float(np.clip(preferred, 0, columns - 1))
    low, high = max(0, round(centre) - REACH), min(columns, round(centre) + REACH + 1)
    away = (np.arange(low, high, dtype=np.float32) - np.float32(centre)) / np.float32(REACH)
    cost = contradiction[:, low:high] + np.float32(PULL) * away**2
    return np.asarray(cheapest(np.ascontiguousarray(cost, np.float32)) + low, np.float32)
