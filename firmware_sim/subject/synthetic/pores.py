"""Sweat pores: small openings on the crest of ridges, some two ridge widths apart. At 500 ppi a pore is about two pixels wide."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from firmware_sim.subject.synthetic.noise import Floats

SPACING = 12  # pixels, on average, along and across
LOOK = 5  # pixels around, where the crest is looked for
DEPTH, WIDTH = 1.5, 1.0  # how much lower than the ridge, and how wide (standard deviation, pixels)


def pierce(ridges: Floats, random: Generator) -> Floats:
    """The same ridges, with pores."""
    rows, columns = ridges.shape
    y, x = np.mgrid[LOOK : rows - LOOK : SPACING, LOOK : columns - LOOK : SPACING].reshape(2, -1)
    y, x = (np.clip(at + random.integers(-4, 5, at.size), LOOK, size - LOOK - 1) for at, size in ((y, rows), (x, columns)))
    smooth = cv2.GaussianBlur(ridges, (0, 0), 1.5)
    holes = np.zeros_like(ridges)
    for row, column in zip(y, x, strict=True):
        around = smooth[row - LOOK : row + LOOK + 1, column - LOOK : column + LOOK + 1]
        down, right = np.unravel_index(int(np.argmax(around)), around.shape)
        holes[row - LOOK + down, column - LOOK + right] = random.uniform(0.5, 1)
    spread = cv2.GaussianBlur(holes, (0, 0), WIDTH) * np.float32(2 * np.pi * WIDTH**2)
    return np.asarray(ridges - DEPTH * np.clip(spread, 0, 1), np.float32)
