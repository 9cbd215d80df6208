"""Regions of ridge and their shape: found in a mask, parted at their necks. Pixels at 250 ppi."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.ridges import FloatImage, mm
from agent.model.impression import GrayImage

MIN_AREA = mm(7.0) ** 2  # a child's little fingertip is about 8 x 12 mm
MAX_WIDTH = mm(80.0)  # four fingers held together; wider is noise or a cloth
RAGGED = 0.005  # share of a blob's pixels that its box leaves out at each side
THIN = 15  # one pixel of so many is enough for a rough look
MIN_RADIUS = mm(2.8) / 4  # pixels at 62.5 ppi: half the width of the narrowest fingertip


@dataclass(frozen=True, eq=False)
class Blob:
    """One region of ridge, its own direction and its box along any direction: degrees clockwise from upright."""

    points: NDArray[np.float32] = field(repr=False)  # (n, 2) x, y of its pixels, thinned
    area: float  # pixels
    lean: float  # degrees, -90..90: its own direction, of its longer axis
    elongation: float  # length to width, at least 1
    at_side: bool  # touches the left or right border of the image
    centre: NDArray[np.float32]  # (2,) x, y
    angle: float = 0.0  # degrees, of the box
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # left, top, right, bottom in the frame turned by `angle`

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    def turned(self, angle: float) -> Blob:
        """The same blob with its box along another direction."""
        across, along = frame(angle)
        (left, right), (top, bottom) = ends(self.points @ across, RAGGED), ends(self.points @ along, RAGGED)
        return replace(self, angle=angle, box=(left, top, right, bottom))

    def rough(self, angle: float) -> tuple[float, float, float, float]:
        """Its box along another direction from a few of its pixels: within a millimetre, in no time."""
        u, v = (self.points[::THIN] @ axis for axis in frame(angle))
        return float(u.min()), float(v.min()), float(u.max()), float(v.max())

    def shortened(self, longest: float) -> Blob:
        """Ended at most `longest` pixels below its tip."""
        return self if self.height <= longest else self.part(self.points @ frame(self.angle)[1] <= self.box[1] + longest)

    def part(self, inside: NDArray[np.bool_]) -> Blob:
        """Some of its pixels, boxed along the same direction; all of them when fewer than three would be left."""
        count = int(np.count_nonzero(inside))
        if count < 3:
            return self
        return from_points(self.points[inside], self.area * count / len(inside), self.at_side).turned(self.angle)

    def polygon(self, margin: float) -> NDArray[np.float32]:
        """Corners (4, 2) x, y: upper left, upper right, lower right, lower left of the upright finger."""
        left, top, right, bottom = self.box[0] - margin, self.box[1] - margin, self.box[2] + margin, self.box[3] + margin
        across, along = frame(self.angle)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return np.array([u * across + v * along for u, v in corners], np.float32)


def ends(values: NDArray[np.float32], share: float) -> tuple[float, float]:
    """The least and the greatest of some values, but for a share of them at each end."""
    out = int(share * len(values))
    ordered = np.partition(values, (out, len(values) - 1 - out))
    return float(ordered[out]), float(ordered[-1 - out])


def frame(angle: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors across a finger (to its right) and along it (from tip to palm) for a finger leaning `angle` degrees clockwise."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([c, s], np.float32), np.array([-s, c], np.float32)


def blobs_of(mask: GrayImage, neck: float) -> list[Blob]:
    """Every region of a mask (0 or 255) that can be a fingertip.

    Regions joined by a neck are told apart when it is narrower than `neck` (0..1) of the thinner one.
    """
    half = np.ascontiguousarray(_parted(mask, neck)[::2, ::2])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(half, connectivity=4)
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(n) for n in stats[label])
        if 4 * area >= MIN_AREA and 2 * w <= MAX_WIDTH:
            found.append(_blob(labels[y : y + h, x : x + w] == label, x, y, 4 * area, x == 0 or x + w >= half.shape[1]))
    return found


def _parted(mask: GrayImage, neck: float) -> GrayImage:
    """The mask with a cut through every neck: fingers held together, a print that touches another, a tip and the joint below it."""
    small = cv2.resize(mask, (max(1, mask.shape[1] // 4), max(1, mask.shape[0] // 4)), interpolation=cv2.INTER_AREA)
    inside = np.where(cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0) >= 128, 255, 0).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    lobes = _lobes(inside[1:-1, 1:-1], depth, neck)
    if lobes.max() < 2:
        return mask
    _, nearest = cv2.distanceTransformWithLabels(
        np.where(lobes > 0, 0, 255).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP
    )
    edges = cv2.morphologyEx(nearest.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0
    cuts = cv2.resize(edges.astype(np.uint8), (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.where(cuts > 0, 0, mask).astype(np.uint8)


def _lobes(inside: GrayImage, depth: FloatImage, neck: float) -> NDArray[np.int32]:
    """Labels 1.. of the round parts of the foreground at a quarter of the working scale, 0 elsewhere.

    Each region is thinned from its outside until it falls apart; parts count when each is at least a fingertip wide and the neck between
    them is narrower than `neck` of the thinner part.
    """
    _, regions, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    labels, number = np.zeros(inside.shape, np.int32), 0
    for region, window in enumerate(_windows(stats), start=1):
        for part in _fall_apart(np.where(regions[window] == region, depth[window], 0).astype(np.float32), neck):
            number += 1
            labels[window][part] = number
    return labels


def _fall_apart(depth: FloatImage, neck: float) -> list[NDArray[np.bool_]]:
    """Of one region, as large as its window."""
    deepest = float(depth.max())
    for share in (0.35, 0.45, 0.55, 0.65, 0.75, 0.82, 0.88):
        _, parts, stats, _ = cv2.connectedComponentsWithStats((depth > share * deepest).astype(np.uint8), connectivity=4)
        least = max(MIN_RADIUS, share * deepest / neck)
        real = [n for n, window in enumerate(_windows(stats), start=1) if _deep(depth[window], parts[window] == n, least)]
        if len(real) > 1:
            return [piece for n in real for piece in _fall_apart(np.where(parts == n, depth, 0).astype(np.float32), neck)]
    return [depth > 0]


def _deep(depth: FloatImage, lobe: NDArray[np.bool_], least: float) -> bool:
    return bool(((depth >= least) & lobe).any())


def _windows(stats: NDArray[np.int32]) -> list[tuple[slice, slice]]:
    """Of each component but the background."""
    return [(slice(y, y + h), slice(x, x + w)) for x, y, w, h, _ in stats[1:].tolist()]


def _blob(window: NDArray[np.bool_], x: int, y: int, area: int, at_side: bool) -> Blob:
    """Of a window at half the scale, whose upper left corner lies at x, y there."""
    rows, cols = np.nonzero(window)
    points = np.stack([cols + x, rows + y], axis=1).astype(np.float32) * 2
    return from_points(points, float(area), at_side)


def from_points(points: NDArray[np.float32], area: float, at_side: bool) -> Blob:
    """A blob from its pixels (n, 2): direction by second moments, box along it."""
    centre = points.mean(axis=0)
    away = points - centre
    spread = (away.T @ away).astype(np.float64) / max(1, len(points) - 1) + np.eye(2)
    values, vectors = np.linalg.eigh(spread)
    dx, dy = vectors[:, 1] * np.sign(vectors[1, 1] or 1.0)
    angle = float(np.degrees(np.arctan2(-dx, dy)))
    return Blob(points, area, angle, float(np.sqrt(values[1] / values[0])), at_side, centre).turned(angle)
