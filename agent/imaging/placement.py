"""What one picture of the live view shows: contact, fingers, where each lies, how dark, cut off where, and whether anything moved.

    frame ─▶ 250 ppi ─▶ fine band ─▶ 62.5 ppi mask ─▶ blobs ─▶ a place for each finger
                            └─▶ compared with the picture before: likeness

A quick and blunt relative of `segment`, for pictures that come fifteen times a second: about 13 ms on one core at 1600 x 1500, and as much
for a preview of half the size. It counts and places; only `segment` names and cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.blobs import Blob, blobs_of
from agent.imaging.hand import fingertips, hand_direction, left_hand, on_axis, single
from agent.imaging.ridges import WORK_PPI, at_work_scale, mm
from agent.model.fingers import Position, fingers_of
from agent.model.impression import GrayImage

COARSE = 4  # pixels at 250 ppi to one of the coarse mask, 0.4 mm
BAND = 5  # pixels at 250 ppi, one ridge period: what is finer than this box's mean is ridge
RIDGE = (5.0, 15.0)  # grey levels, mean of the fine band from which a place is ridge: on a quiet sensor, at most on a noisy one
ABOVE_NOISE = 2.0  # times the band's value where nothing lies: sensor noise of 4 grey levels at 500 ppi gives 1.5
BARE = 10  # percent of the picture that no hand covers
NECKS = (0.75, 0.93)  # as for `blobs_of`: a clear look, then fingers held together
EDGE_LENGTH = 2.5  # mm along the border of the picture from which a finger is cut off by it
SHORT = 15.0  # mm: a tip that is shorter and runs out of the picture below lacks its crease
TIP = 32.0  # mm from the tip to the first crease, longest

FloatImage = NDArray[np.float32]


class Edge(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, eq=False)
class Place:
    """One finger in the picture."""

    polygon: NDArray[np.float32]  # (4, 2) x, y in pixels of the picture: upper left, upper right, lower right, lower left of the finger
    area_mm2: float  # mm² of ridges, up to a fifth too much: its outline is blurred
    contrast: float  # 0..255, 95th minus 5th percentile of its grey levels
    mean: float  # 0..255, mean grey: high is light
    turn: float  # degrees clockwise from upright
    cut_off: frozenset[Edge]  # borders of the picture that end it


@dataclass(frozen=True, eq=False)
class Look:
    """What `look` found in one picture."""

    places: tuple[Place, ...]  # fingers, from left to right
    expected: int
    area_mm2: float  # mm² of anything with ridges: 0 is a clear platen
    likeness: float  # -1..1, correlation of the ridges with those of the picture before; 0 without one. 0.9 is a shift of 0.03 mm
    growth: float  # area against the picture before, 1 = the same; 0 without one
    fine: FloatImage = field(repr=False)  # (rows, columns) at 250 ppi, the fine band within the mask: for the next look
    other_hand: float = 0.5  # 0..1, how likely four fingers are those of the other hand; 0.5 where their geometry does not tell

    @property
    def found(self) -> int:
        return len(self.places)

    @property
    def cut_off(self) -> frozenset[Edge]:
        return frozenset().union(*(place.cut_off for place in self.places))


def look(pixels: GrayImage, ppi: int, wanted: Sequence[Position], before: Look | None = None) -> Look:
    """One picture, 200 to 1000 ppi, any size above 0; `wanted`: single fingers that should lie there.

    `before`: the look at the picture before; of another size it counts as none. Never raises for what the picture shows.
    """
    small = at_work_scale(pixels, ppi)
    fine = cv2.subtract(small, cv2.blur(small, (BAND, BAND)), dtype=cv2.CV_32F)
    mask = _mask(fine)
    full = cv2.resize(mask, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_NEAREST)
    kept = np.where(full > 0, fine, np.float32(0))
    tips = [tip.shortened(mm(TIP)) for tip in _tips(full, len(wanted))]
    direction = hand_direction(tips)
    tips = [on_axis(tip, direction) for tip in tips]
    area = float(np.count_nonzero(mask)) * COARSE**2 / mm(1.0) ** 2
    likeness, growth = _against(kept, area, before)
    scale = np.float32(ppi / WORK_PPI)
    places = tuple(_place(tip, small, full, scale) for tip in tips)
    return Look(places, len(wanted), area, likeness, growth, kept, _other_hand(tips, wanted))


def _mask(fine: FloatImage) -> GrayImage:
    """Places with ridges, 0 or 255, at 62.5 ppi; gaps of a millimetre closed, what is thinner than two taken away."""
    size = (max(1, fine.shape[1] // COARSE), max(1, fine.shape[0] // COARSE))
    energy = cv2.GaussianBlur(cv2.resize(np.abs(fine), size, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    least = np.clip(ABOVE_NOISE * np.percentile(energy, BARE), *RIDGE)
    found = np.where(energy >= least, 255, 0).astype(np.uint8)
    disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)), np.uint8)
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, disc[1:-1, 1:-1])
    around = cv2.copyMakeBorder(closed, 5, 5, 5, 5, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(cv2.morphologyEx(around, cv2.MORPH_OPEN, disc)[5:-5, 5:-5])


def _tips(mask: GrayImage, expected: int) -> list[Blob]:
    first: list[Blob] = []
    for neck in NECKS:
        tips = single(fingertips(blobs_of(mask, neck), expected), expected)
        if len(tips) >= expected:
            return tips
        first = first or tips
    return first


def _other_hand(tips: Sequence[Blob], wanted: Sequence[Position]) -> float:
    if tuple(wanted) == fingers_of(Position.PLAIN_RIGHT_FOUR):
        return left_hand(tips)
    return 1 - left_hand(tips) if tuple(wanted) == fingers_of(Position.PLAIN_LEFT_FOUR) else 0.5


def _against(fine: FloatImage, area: float, before: Look | None) -> tuple[float, float]:
    """Likeness and growth."""
    if before is None or before.fine.shape != fine.shape or before.area_mm2 <= 0 or area <= 0:
        return 0.0, 0.0
    one, other = fine.ravel(), before.fine.ravel()
    both = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    return (float(np.dot(one, other)) / both if both > 0 else 0.0), area / before.area_mm2


def _place(tip: Blob, small: GrayImage, mask: GrayImage, scale: np.float32) -> Place:
    polygon = tip.polygon(0.0)
    contrast, mean = _tone(polygon, small, mask)
    return Place(polygon * scale, tip.area / mm(1.0) ** 2, contrast, mean, tip.angle, _cut_off(tip, small.shape))


def _tone(polygon: NDArray[np.float32], small: GrayImage, mask: GrayImage) -> tuple[float, float]:
    """Contrast and mean of the ridges within an upright box around the finger."""
    low = np.clip(np.floor(polygon.min(axis=0)).astype(int), 0, None)
    high = np.ceil(polygon.max(axis=0)).astype(int) + 1
    part = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    counts = cv2.calcHist([small[part]], [0], mask[part], [256], [0, 256]).ravel()
    total = float(counts.sum())
    if total <= 0:
        return 0.0, 255.0
    dark, light = np.searchsorted(np.cumsum(counts), [0.05 * total, 0.95 * total])
    return float(light - dark), float(counts @ np.arange(256) / total)


def _cut_off(tip: Blob, shape: tuple[int, ...]) -> frozenset[Edge]:
    """Borders along which the finger lies for a length; below only when it is too short to have ended at its crease."""
    x, y = tip.points[:, 0], tip.points[:, 1]
    near = 2 * COARSE
    lengths = {
        Edge.LEFT: _length(y[x < near]),
        Edge.RIGHT: _length(y[x >= shape[1] - near]),
        Edge.TOP: _length(x[y < near]),
        Edge.BOTTOM: _length(x[y >= shape[0] - near]) if tip.height < mm(SHORT) else 0.0,
    }
    return frozenset(edge for edge, length in lengths.items() if length >= mm(EDGE_LENGTH))


def _length(along: NDArray[np.float32]) -> float:
    return float(along.max() - along.min()) if along.size else 0.0
