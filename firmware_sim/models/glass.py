"""The glass of a scanner, and what people leave on it until somebody wipes it: dirt, and the grease of their ridges.

It belongs to the device: every picture that is taken through it shows it. Ink is 255 = ridge, 0 = bare, at 500 ppi over the flat area.
"""

from __future__ import annotations

import cv2
import numpy as np

from firmware_sim.subject.condition import Condition
from firmware_sim.subject.effects import spoil
from firmware_sim.subject.person import FLAT_AREA, ROLL_AREA, Gray, Touch, Way
from firmware_sim.subject.platen import sensor_noise

GREASE = 0.55  # of the ink of a ridge that the greasiest finger leaves behind
SPREAD = 0.8  # pixels, sigma: grease runs a little


class Glass:
    def __init__(self) -> None:
        self.greasy = 0.0  # 0..1, how much of its print each finger leaves from now on
        self._ink: Gray | None = None  # (rows, columns) of the flat area; None: clean

    def soil(self, dirt: float) -> None:
        """0..1 as `Condition.dirt`."""
        bare = np.zeros((FLAT_AREA[1], FLAT_AREA[0]), np.uint8)
        self._add(spoil(bare, Condition(dirt=dirt), np.random.default_rng(7)), (0, 0))

    def wipe(self) -> None:
        self._ink = None

    def touched(self, touch: Touch) -> None:
        """The fingers leave; what they leave behind stays."""
        if self.greasy:
            ink = cv2.GaussianBlur(cv2.convertScaleAbs(255 - touch.pixels, alpha=GREASE * self.greasy), (0, 0), SPREAD)
            left, top = corner(touch)
            right, down = _middled(touch.way)
            self._add(np.asarray(ink, np.uint8), (left + right, top + down))

    def through(self, pixels: Gray, way: Way, at: tuple[int, int] = (0, 0), scale: int = 1) -> Gray:
        """A picture taken through the glass. `at`: its corner in the area of its mode; `scale`: pixels of the glass to one of it."""
        if self._ink is None:
            return pixels
        right, down = _middled(way)
        rows, columns = (scale * side for side in pixels.shape)
        left = self._window((at[0] * scale + right, at[1] * scale + down), rows, columns)
        if scale > 1:
            left = np.asarray(cv2.resize(left, pixels.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        noise = cv2.bitwise_and(sensor_noise(pixels.shape, int(pixels[0].sum())), cv2.compare(left, 0, cv2.CMP_GT))
        return np.asarray(cv2.min(pixels, cv2.bitwise_not(cv2.add(left, noise))), np.uint8)

    def _window(self, corner_: tuple[int, int], rows: int, columns: int) -> Gray:
        """Of the ink, bare beyond the glass."""
        assert self._ink is not None
        seen = np.zeros((rows, columns), np.uint8)
        part, into = _overlap(corner_, seen.shape)
        seen[into] = self._ink[part]
        return seen

    def _add(self, ink: Gray, corner_: tuple[int, int]) -> None:
        if self._ink is None:
            self._ink = np.zeros((FLAT_AREA[1], FLAT_AREA[0]), np.uint8)
        part, into = _overlap(corner_, ink.shape)
        np.maximum(self._ink[part], ink[into], out=self._ink[part])


def corner(touch: Touch) -> tuple[int, int]:
    """Left and top of a touch's picture in the area of its mode, pixels at 500 ppi."""
    area = ROLL_AREA if touch.way is Way.ROLLED else FLAT_AREA
    rows, columns = touch.pixels.shape
    return (area[0] - columns) // 2 + touch.centre[0], (area[1] - rows) // 2 + touch.centre[1]


def _middled(way: Way) -> tuple[int, int]:
    """Where the area of a mode begins on the glass: the roll area lies in its middle."""
    return (0, 0) if way is Way.PLAIN else ((FLAT_AREA[0] - ROLL_AREA[0]) // 2, (FLAT_AREA[1] - ROLL_AREA[1]) // 2)


def _overlap(corner_: tuple[int, int], shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Which part of the glass a picture of this size with its corner there covers, and which part of the picture that is."""
    on_glass, in_picture = [], []
    for begin, length, size in zip((corner_[1], corner_[0]), shape, (FLAT_AREA[1], FLAT_AREA[0]), strict=True):
        low, high = min(max(begin, 0), size), max(0, min(begin + length, size))
        on_glass.append(slice(low, max(low, high)))
        in_picture.append(slice(low - begin, max(low, high) - begin))
    return (on_glass[0], on_glass[1]), (in_picture[0], in_picture[1])
