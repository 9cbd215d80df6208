"""What happens to ink on its way to the picture: smeared, on a dirty platen, over a print of the person before, in a breath of moisture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from firmware_sim.subject.condition import Condition
from firmware_sim.subject.person import Gray

FINGER_BLUR = 11.0  # pixels at 500 ppi, wider than from ridge to ridge
SPECKS = 60  # in a square of 500 x 500 pixels on the dirtiest platen


def spoil(ink: Gray, how: Condition, random: Generator) -> Gray:
    """Ink (255 = ridge) as the condition leaves it. The same object when nothing is wrong."""
    if how.smear:
        ink = _smear(ink, how.smear, random)
    if how.halo:
        ink = _halo(ink, how.halo)
    if how.latent:
        ink = _latent(ink, how.latent)
    if how.dirt:
        ink = _dirt(ink, how.dirt, random)
    return ink


def _smear(ink: Gray, length: float, random: Generator) -> Gray:
    """The skin drags while the picture is taken."""
    size = 2 * int(length / 2) + 3
    kernel = np.zeros((size, size), np.float32)
    angle = random.uniform(-0.5, 0.5)
    away = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = size // 2
    begin, end = (middle - away).round().astype(int), (middle + away).round().astype(int)
    cv2.line(kernel, (int(begin[0]), int(begin[1])), (int(end[0]), int(end[1])), 1.0, 1)
    dragged = cv2.filter2D(ink, -1, kernel / kernel.sum())
    return np.asarray(cv2.addWeighted(ink, 0.2, dragged, 0.85, 0), np.uint8)


def _halo(ink: Gray, strength: float) -> Gray:
    """Moisture that condenses around warm fingers."""
    inside = cv2.GaussianBlur(ink, (0, 0), FINGER_BLUR).astype(np.float32) / 90
    around = cv2.GaussianBlur(np.clip(inside, 0, 1), (0, 0), 3 * FINGER_BLUR)
    return np.asarray(np.clip(ink + 110 * strength * around * (1 - np.clip(inside, 0, 1) * 0.6), 0, 250), np.uint8)


def _latent(ink: Gray, strength: float) -> Gray:
    """A faint print that lay there before: these fingers seen in a mirror, beside where they lie now."""
    ghost = cv2.warpAffine(cv2.flip(ink, 1), np.array([[1, 0, 47], [0, 1, -83]], np.float32), (ink.shape[1], ink.shape[0]))
    return np.asarray(cv2.max(ink, cv2.convertScaleAbs(ghost, alpha=0.55 * strength)), np.uint8)


def _dirt(ink: Gray, strength: float, random: Generator) -> Gray:
    rows, columns = ink.shape
    layer: NDArray[np.uint8] = np.zeros_like(ink)
    for _ in range(round(SPECKS * strength * rows * columns / 500**2)):
        x, y, size = int(random.integers(columns)), int(random.integers(rows)), random.exponential(4) + 1
        axes, grey = (round(size * random.uniform(0.6, 1)), round(size)), int(random.integers(60, 210))
        cv2.ellipse(layer, (x, y), axes, random.uniform(0, 180), 0, 360, grey, -1, cv2.LINE_AA)
    for _ in range(round(6 * strength)):
        lint = np.stack([random.integers(0, columns, 3), random.integers(0, rows, 3)], 1).astype(np.int32)
        cv2.polylines(layer, [lint], False, int(random.integers(50, 140)), 1, cv2.LINE_AA)
    return np.asarray(cv2.max(ink, layer), np.uint8)
