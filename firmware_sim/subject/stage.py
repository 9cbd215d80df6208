"""The ink of one touch in a window of the platen, and how much of it shows at a given contact. Ink is 255 = ridge, 0 = bare."""

from __future__ import annotations

from functools import cache, cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware_sim.subject.person import Gray, Touch
from firmware_sim.subject.roll import Moment

SPREAD = 25  # pixels at 500 ppi, further than from ridge to ridge: what lies within is one finger
SOFT = 8.0  # pixels at 500 ppi, how wide the edge of a rolling strip is


class Stage:
    """`size` is the window's, rows and columns."""

    def __init__(self, touch: Touch, area: tuple[int, int], scale: int) -> None:
        self._scale = scale
        self.size = (area[1] // scale, area[0] // scale)  # rows, columns
        self._place_picture(touch)
        self._inked = self._columns_with_ink()
        self._bands = self._finger_columns(touch)

    @property
    def ink_width(self) -> int:
        """Columns that hold ink."""
        return self._inked[1] - self._inked[0]

    def pressed(self, contact: list[float], slid: int = 0) -> Gray:
        """Fingers in `contact` 0..1 from left to right, slid sideways by some pixels of the window."""
        seen = self._ink.copy()
        for band, level in zip(self._bands, contact, strict=True):
            if level < 1:
                gain = cv2.LUT(np.ascontiguousarray(self._depth[:, band]), _curve(round(level, 3)))
                seen[:, band] = cv2.multiply(seen[:, band], gain, scale=1 / 255)
        return _moved(seen, slid, 0) if slid else seen

    def strip(self, moment: Moment, width: float, gain: float, jitter: tuple[float, float]) -> tuple[Gray, tuple[int, int]]:
        """Ink under a strip of this width in pixels of the window, and the columns it takes."""
        seen = np.zeros(self.size, np.uint8)
        shift = [value / self._scale for value in moment.shift]
        skin = [value / self._scale for value in moment.skin]
        middle = self._inked[0] + moment.part * self.ink_width + shift[0]
        left, right = (int(np.clip(middle + side * width / 2, 0, self.size[1])) for side in (-1, 1))
        if moment.touching and right > left:
            right_shift, down = (s + k + j / self._scale for s, k, j in zip(shift, skin, jitter, strict=True))
            pivot = (self._inked[0] + moment.pivot * self.ink_width, self.size[0] / 2)
            matrix = cv2.getRotationMatrix2D(pivot, -moment.turn, 1.0)
            matrix[:, 2] += right_shift - left, down
            under = cv2.warpAffine(self._ink, matrix, (right - left, self.size[0]), flags=cv2.INTER_LINEAR)
            mask = self._strip_mask(round(width), round(shift[1]))
            begin = max(0, left - round(middle - width / 2))
            part = mask[:, begin : begin + right - left]
            seen[:, left : left + part.shape[1]] = cv2.multiply(under[:, : part.shape[1]], part, scale=gain / 255)
        if moment.second:
            self._add_neighbour(seen, left, right)
        return seen, (left, right)

    def cut(self, window: Gray) -> Gray:
        """The part of a window of full size where the touch's picture lies."""
        return np.ascontiguousarray(window[self._rows, self._columns])

    def _place_picture(self, touch: Touch) -> None:
        ink = _shrunk(255 - touch.pixels, self._scale)
        window, into, rows, columns = _overlap(self.size, ink.shape, (touch.centre[1] // self._scale, touch.centre[0] // self._scale))
        self._rows, self._columns = window
        self._ink = np.zeros(self.size, np.uint8)
        self._ink[window] = ink[into]
        self._origin = (rows, columns)

    def _columns_with_ink(self) -> tuple[int, int]:
        """First, and the one behind the last."""
        seen = np.flatnonzero(cv2.reduce(self._ink, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0] > 4)
        return (int(seen[0]), int(seen[-1]) + 1) if seen.size else (0, self.size[1])

    def _finger_columns(self, touch: Touch) -> list[slice]:
        """All columns of the window by the finger that is nearest; a finger beyond the window has a few at its edge."""
        left, right = self._inked
        edges = [int(edge) for edge in np.linspace(left, right, max(1, touch.fingers) + 1)][1:-1]
        if len(touch.boxes) == touch.fingers:
            begins = [self._origin[1] + box.left // self._scale for box in touch.boxes]
            ends = [self._origin[1] + (box.left + box.width) // self._scale for box in touch.boxes]
            edges = [int(np.clip((a + b) // 2, 0, self.size[1] - 4)) for a, b in zip(ends, begins[1:], strict=False)]
        return [slice(a, max(a + 1, b)) for a, b in pairwise([0, *edges, self.size[1]])]

    @cached_property
    def _depth(self) -> Gray:
        """0 on the outline of each finger to 255 at its middle, where it touches first."""
        small = cv2.resize(self._ink, None, fx=1 / 4, fy=1 / 4, interpolation=cv2.INTER_AREA)
        solid = (cv2.GaussianBlur(small, (0, 0), SPREAD / self._scale / 8) > 30).astype(np.uint8)
        depth = np.zeros(small.shape, np.float32)
        for band in self._bands:
            part = slice(band.start // 4, max(band.start // 4 + 1, band.stop // 4))
            distance = cv2.distanceTransform(cv2.copyMakeBorder(solid[:, part], 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 5)[
                1:-1, 1:-1
            ]
            depth[:, part] = distance * (255 / max(float(distance.max()), 1.0))
        smooth = cv2.GaussianBlur(depth, (0, 0), 3)
        return np.asarray(cv2.resize(smooth, (self.size[1], self.size[0]), interpolation=cv2.INTER_LINEAR), np.uint8)

    def _strip_mask(self, width: int, down: int) -> Gray:
        """A strip with soft edges, narrower towards the tip and the base of the finger."""
        rows = self.size[0]
        away = np.abs(np.arange(rows, dtype=np.float32) - rows / 2 - down) / (rows / 2)
        half = (width / 2) * np.sqrt(np.clip(1 - 0.35 * away**2, 0, 1))
        inside = half[:, None] - np.abs(np.arange(width, dtype=np.float32) - (width - 1) / 2)[None, :]
        return np.asarray(255 * np.clip(inside * self._scale / SOFT, 0, 1), np.uint8)

    def _add_neighbour(self, seen: Gray, strip_left: int, strip_right: int) -> None:
        """The next finger's tip beside the strip, to the right where there is room: a patch of the print itself will do for one."""
        rows, columns = self.size
        size, away = (160 // self._scale, 220 // self._scale), 40 // self._scale
        fits = strip_right + away + size[0] <= columns
        left = strip_right + away if fits else max(0, strip_left - away - size[0])
        y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
        patch = self._ink[(rows - size[1]) // 2 :, (columns - size[0]) // 2 :][: size[1], : size[0]]
        there = seen[rows // 3 : rows // 3 + size[1], left : left + size[0]]
        np.maximum(there, np.where(x * x + y * y < 1, patch[: there.shape[0], : there.shape[1]], 0), out=there)


def _overlap(
    window: tuple[int, int], picture: tuple[int, ...], centre: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice], int, int]:
    """Which part of the window shows which part of the picture, and where the picture begins."""
    into_window, into_picture, begins = [], [], []
    for size, length, away in zip(window, picture, centre, strict=True):
        begin = (size - length) // 2 + away
        low, high = int(np.clip(begin, 0, size)), int(np.clip(begin + length, 0, size))
        into_window.append(slice(low, high))
        into_picture.append(slice(low - begin, high - begin))
        begins.append(begin)
    return (into_window[0], into_window[1]), (into_picture[0], into_picture[1]), begins[0], begins[1]


def _shrunk(picture: Gray, scale: int) -> Gray:
    if scale == 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), np.uint8)


def _moved(picture: Gray, right: int, down: int) -> Gray:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, (picture.shape[1], picture.shape[0]), flags=cv2.INTER_NEAREST), np.uint8)


@cache
def _curve(level: float) -> NDArray[np.uint8]:
    """How much of the ink shows at each depth when the contact has reached this level."""
    depth = np.arange(256) / 255
    return np.asarray(np.clip((depth + level - 1) * 8, 0, 1) * 255 * (0.6 + 0.4 * level), np.uint8)
