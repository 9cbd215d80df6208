"""What the sensor sees while fingers come down, lie still, or roll: the previews before the picture is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware_sim.subject.person import FLAT_AREA, Gray, Touch

NOISE = 3.0  # grey levels, standard deviation of the live sensor
SPREAD = 31  # pixels at half size, how far skin pressure spreads


@dataclass(frozen=True)
class Hand:
    """When each thing happens, in milliseconds of the subject's time after the scanner is armed. Choices, not measurements."""

    reach_ms: int = 400  # until the first finger touches
    stagger_ms: int = 60  # between fingers
    press_ms: int = 450  # from touch to full contact
    roll_ms: int = 1500  # nail to nail
    lift_ms: int = 300  # from "thank you" to a clear platen

    def settled_ms(self, fingers: int) -> int:
        """From the first touch until every finger has full contact."""
        return self.stagger_ms * (fingers - 1) + self.press_ms

    def contact(self, since_ms: float, fingers: int) -> list[float]:
        """0..1 for each finger, since the first touch."""
        return [min(1.0, max(0.0, (since_ms - n * self.stagger_ms) / self.press_ms)) for n in range(fingers)]


class View:
    """One touch as the live picture shows it, in a window of the whole platen."""

    def __init__(self, touch: Touch, area: tuple[int, int], *, half: bool) -> None:
        scale = 2 if half else 1
        self._size = (area[1] // scale, area[0] // scale)  # rows, columns
        self._ink = self._place(_shrunk(touch.pixels, scale))
        self._pressure = _pressure(self._ink, SPREAD * 2 // scale)
        self._bands = _bands(self._ink, touch.fingers)
        self._random = np.random.default_rng(touch.position)

    def pressed(self, contact: Sequence[float]) -> Gray:
        """Fingers in `contact` 0..1, from left to right."""
        seen = self._ink.copy()
        for band, level in zip(self._bands, contact, strict=True):
            if level < 1:
                gain = cv2.LUT(np.ascontiguousarray(self._pressure[:, band]), _contact_curve(level))
                seen[:, band] = cv2.multiply(seen[:, band], gain, scale=1 / 255)
        return self._finish(seen)

    def rolled(self, part: float) -> Gray:
        """A roll from the left edge of the ink to its right edge, done to `part` 0..1."""
        left, right = self._bands[0].start, self._bands[-1].stop
        seen = self._ink.copy()
        seen[:, left + round((right - left) * part) :] = 0
        return self._finish(seen)

    def _place(self, picture: Gray) -> Gray:
        """Ink (255 = ridge) of the picture at the middle of the window."""
        sheet = np.zeros(self._size, np.uint8)
        rows, columns = (min(a, b) for a, b in zip(picture.shape, self._size, strict=True))
        top, left = (self._size[0] - rows) // 2, (self._size[1] - columns) // 2
        sheet[top : top + rows, left : left + columns] = 255 - picture[:rows, :columns]
        return sheet

    def _finish(self, ink: NDArray[np.uint8]) -> Gray:
        return np.asarray(cv2.bitwise_not(cv2.add(ink, sensor_noise(ink.shape, int(self._random.integers(1 << 32))))), np.uint8)


def sensor_noise(shape: tuple[int, ...], number: int) -> Gray:
    """Noise of a live sensor, one of 4096 parts of the same sheet."""
    down, right = np.random.default_rng(number).integers(0, 64, 2)
    return _noise()[down : down + shape[0], right : right + shape[1]]


@cache
def _noise() -> NDArray[np.uint8]:
    """A sheet of sensor noise from which every picture takes a part."""
    shape = (FLAT_AREA[1] + 64, FLAT_AREA[0] + 64)
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    return np.asarray(np.rint(np.abs(NOISE * noise)), np.uint8)


def _shrunk(picture: Gray, scale: int) -> Gray:
    if scale == 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), np.uint8)


def _pressure(ink: Gray, spread: int) -> Gray:
    """0..255, highest where the finger is thickest: there it touches first."""
    small = cv2.resize(ink, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), spread / 16)
    even = cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)
    return np.asarray(cv2.resize(even, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def _contact_curve(level: float) -> NDArray[np.uint8]:
    """How much of the ink shows at each pressure when the contact has reached this level."""
    pressure = np.arange(256) / 255
    return np.asarray(np.clip((pressure + level - 1) * 5, 0, 1) * 255, np.uint8)


def _bands(ink: Gray, fingers: int) -> list[slice]:
    """Columns of each finger: the width of the ink in equal parts."""
    columns = np.flatnonzero(cv2.reduce(ink, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0] > 4)
    left, right = (int(columns[0]), int(columns[-1]) + 1) if columns.size else (0, ink.shape[1])
    edges = np.linspace(left, right, fingers + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges)]
