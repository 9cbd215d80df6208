"""What touches the glass in one frame: the strip of contact, its edges, and whatever else lies there. At a quarter of the size."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

SHRINK = 4  # frames are looked at in blocks of 4 x 4 pixels
SPREAD = 7  # blocks: 28 pixels, three ridges of 500 ppi
DARK = 12.0  # grey levels below the bare glass, mean over SPREAD: sensor noise gives 1, a light dry ridge pattern 25
LEAST_MM2 = 8.0  # contact that is less is none
LEVEL = 0.5  # share of the strip's height at which a column belongs to it

FloatImage = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Strip:
    """Columns in pixels of the frame."""

    left: float
    right: float
    top: float  # rows, in pixels
    bottom: float
    area_mm2: float
    other_mm2: float  # contact that does not belong to the strip
    other_x: float  # its middle, 0 without one
    contact: FloatImage = field(repr=False)  # 0..1, (rows, columns) / SHRINK: the strip alone

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def find_strip(pixels: GrayImage, ppi: int) -> Strip | None:
    """None where nothing touches. `pixels` is a whole frame."""
    dark = _darkness(pixels)
    touching = (dark > DARK).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(touching, connectivity=4)
    block = (SHRINK / ppi * 25.4) ** 2  # mm²
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA] * block
    main = 1 + int(np.argmax(areas))
    if areas[main - 1] < LEAST_MM2:
        return None
    others = [n for n in range(1, count) if n != main and _stands_apart(stats, main, n)]
    other = max(others, key=lambda n: areas[n - 1], default=0)
    contact = np.where(labels == main, np.clip(dark / (2 * DARK), 0, 1), 0).astype(np.float32)
    there = (float(areas[other - 1]), float(centres[other, 0]) * SHRINK) if other else (0.0, 0.0)
    return _measured(labels == main, contact, float(areas[main - 1]), there)


def _darkness(pixels: GrayImage) -> FloatImage:
    """Grey levels below the bare glass, averaged over three ridges."""
    small = cv2.resize(pixels, (max(1, pixels.shape[1] // SHRINK), max(1, pixels.shape[0] // SHRINK)), interpolation=cv2.INTER_AREA)
    bare = float(np.percentile(small[::SHRINK, ::SHRINK], 90))
    return np.asarray(np.float32(bare) - cv2.blur(small, (SPREAD, SPREAD)).astype(np.float32), np.float32)


def _stands_apart(stats: NDArray[np.int32], main: int, one: int) -> bool:
    """Beside the strip, not above or below it: a print has gaps along its own length."""
    left, right = (stats[n, cv2.CC_STAT_LEFT] for n in (main, one))
    ends = (left + stats[main, cv2.CC_STAT_WIDTH], right + stats[one, cv2.CC_STAT_WIDTH])
    overlap = min(ends) - max(left, right)
    return bool(overlap < stats[one, cv2.CC_STAT_WIDTH] / 2)


def _measured(mask: NDArray[np.bool_], contact: FloatImage, area: float, other: tuple[float, float]) -> Strip:
    left, right = _ends(mask.sum(axis=0).astype(np.float32))
    top, bottom = _ends(mask.sum(axis=1).astype(np.float32))
    return Strip(left, right, top, bottom, area, other[0], other[1], contact)


def _ends(profile: FloatImage) -> tuple[float, float]:
    """Where a profile first and last passes LEVEL of its height, between blocks, in pixels."""
    high = float(np.percentile(profile[profile > 0], 80)) * LEVEL
    above = np.flatnonzero(profile >= high)
    first, last = int(above[0]), int(above[-1])
    before = float(profile[first - 1]) if first else high
    after = float(profile[last + 1]) if last + 1 < profile.size else high
    begin = first - (profile[first] - high) / max(1e-6, profile[first] - before) if first else 0.0
    end = last + (profile[last] - high) / max(1e-6, profile[last] - after) if last + 1 < profile.size else last + 0.5
    return (float(begin) + 0.5) * SHRINK if first else 0.0, (float(end) + 0.5) * SHRINK
