"""What touches the glass in one frame: the strip of contact, its edges, and whatever else lies there. At a quarter of the size."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

BLOCK = 4  # frames are looked at in blocks of 4 x 4 pixels at 500 ppi
SPREAD = 7  # blocks: 28 pixels at 500 ppi, three ridges
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
    contact: FloatImage = field(repr=False)  # 0..1, (rows, columns) / block: all that touches but a second finger
    block: int  # pixels

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
    block = BLOCK * ppi // 500
    dark = _darkness(pixels, block)
    count, labels, stats, centres = cv2.connectedComponentsWithStats((dark > DARK).astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA] * (block / ppi * 25.4) ** 2  # mm²; the first is the glass
    main = 1 + int(np.argmax(areas[1:])) if count > 1 else 0
    if not main or areas[main] < LEAST_MM2:
        return None
    other = max((n for n in range(1, count) if n != main and _stands_apart(stats, main, n)), key=lambda n: areas[n], default=0)
    contact = np.clip(dark / (2 * DARK), 0, 1) * (dark > DARK)
    if other:
        contact[labels == other] = 0
    there = (float(areas[other]), float(centres[other, 0]) * block) if other else (0.0, 0.0)
    return _measured(labels == main, block, contact.astype(np.float32), float(areas[main]), there)


def _darkness(pixels: GrayImage, block: int) -> FloatImage:
    """Grey levels below the bare glass, averaged over three ridges, of each block."""
    size = (max(1, pixels.shape[1] // block), max(1, pixels.shape[0] // block))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    bare = float(np.percentile(small[::4, ::4], 90))
    return np.asarray(np.float32(bare) - cv2.blur(small, (SPREAD, SPREAD)).astype(np.float32), np.float32)


def _stands_apart(stats: NDArray[np.int32], main: int, one: int) -> bool:
    """Beside the strip, not above or below it: a print has gaps along its own length."""
    left, right = (stats[n, cv2.CC_STAT_LEFT] for n in (main, one))
    ends = (left + stats[main, cv2.CC_STAT_WIDTH], right + stats[one, cv2.CC_STAT_WIDTH])
    overlap = min(ends) - max(left, right)
    return bool(overlap < stats[one, cv2.CC_STAT_WIDTH] / 2)


def _measured(mask: NDArray[np.bool_], block: int, contact: FloatImage, area: float, other: tuple[float, float]) -> Strip:
    left, right = _ends(mask.sum(axis=0).astype(np.float32))
    top, bottom = _ends(mask.sum(axis=1).astype(np.float32))
    return Strip(left * block, right * block, top * block, bottom * block, area, other[0], other[1], contact, block)


def _ends(profile: FloatImage) -> tuple[float, float]:
    """Where a profile first and last passes LEVEL of its height, between blocks, in blocks."""
    high = float(np.percentile(profile[profile > 0], 80)) * LEVEL
    above = np.flatnonzero(profile >= high)
    first, last = int(above[0]), int(above[-1])
    begin = first + 0.5 - (profile[first] - high) / max(1e-6, profile[first] - profile[first - 1]) if first else 0.0
    rest = (profile[last] - high) / max(1e-6, profile[last] - profile[last + 1]) if last + 1 < profile.size else 0.5
    return float(begin), float(last + 0.5 + rest)
