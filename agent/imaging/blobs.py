"""Blobs of ridge: their shape, the direction of the hand they belong to, and the finger columns they form. Pixels at 250 ppi."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.ridges import FloatImage, mm
from agent.model.impression import GrayImage

MIN_AREA = mm(7.0) ** 2  # a child's little fingertip is about 8 x 12 mm
MAX_WIDTH = mm(45.0)  # the widest roll is 40 mm (FAP 60, 1.6 inches); wider is noise or a cloth
ELONGATED = 1.25  # length to width from which a blob tells its direction
MAX_LEAN = 40.0  # degrees that a hand may be turned on the platen
MAX_FAN = 25.0  # degrees that one finger may differ from its hand
FRAGMENT = 0.6  # of the median width: narrower than this at the border is a piece of something else
CRUMB = 0.4  # of the largest piece of a finger: a smaller one above it is dirt, not its tip
MIN_RADIUS = mm(2.8) / 4  # pixels at 62.5 ppi: half the width of the narrowest fingertip
TIP = (mm(15.0), mm(32.0))  # from the tip to the first crease, shortest and longest


@dataclass(frozen=True, eq=False)
class Blob:
    """One region of ridge and its box. `angle` is the direction of the finger, degrees clockwise from upright."""

    points: NDArray[np.float32] = field(repr=False)  # (n, 2) x, y of its pixels, thinned
    area: float  # pixels
    angle: float  # degrees, -90..90
    elongation: float  # length to width, at least 1
    at_side: bool  # touches the left or right border of the image
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # along `angle`: left, top, right, bottom in its own turned frame

    @property
    def centre(self) -> NDArray[np.float32]:
        return np.asarray(self.points.mean(axis=0), np.float32)

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    def turned(self, angle: float) -> Blob:
        """The same blob with its box along another direction."""
        across, along = _frame(angle)
        u, v = self.points @ across, self.points @ along
        low, high = np.percentile(np.stack([u, v]), [0.5, 99.5], axis=1)
        return replace(self, angle=angle, box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])))

    def shortened(self, longest: float) -> Blob:
        """Ended at most `longest` pixels below its tip."""
        left, top, right, bottom = self.box
        return replace(self, box=(left, top, right, min(bottom, top + longest)))

    def polygon(self, margin: float) -> NDArray[np.float32]:
        """Corners (4, 2) x, y: upper left, upper right, lower right, lower left of the upright finger."""
        left, top, right, bottom = self.box[0] - margin, self.box[1] - margin, self.box[2] + margin, self.box[3] + margin
        across, along = _frame(self.angle)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return np.array([u * across + v * along for u, v in corners], np.float32)


def _frame(angle: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors across a finger (to its right) and along it (from tip to palm) for a finger leaning `angle` degrees clockwise."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([c, s], np.float32), np.array([-s, c], np.float32)


def blobs_of(mask: GrayImage, neck: float) -> list[Blob]:
    """Every region of a mask (0 or 255) that can be a fingertip.

    Regions joined by a neck are told apart when it is narrower than `neck` (0..1) of the thinner one.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_parted(mask, neck), connectivity=4)
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(n) for n in stats[label])
        if area >= MIN_AREA and w <= MAX_WIDTH:
            found.append(_blob(labels[y : y + h, x : x + w] == label, x, y, area, x == 0 or x + w >= mask.shape[1]))
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
    count, regions = cv2.connectedComponents(inside, connectivity=4)
    labels = np.zeros(inside.shape, np.int32)
    for region in range(1, count):
        for part in _fall_apart(np.where(regions == region, depth, 0).astype(np.float32), neck):
            labels[part] = labels.max() + 1
    return labels


def _fall_apart(depth: FloatImage, neck: float) -> list[NDArray[np.bool_]]:
    deepest = float(depth.max())
    for share in (0.35, 0.45, 0.55, 0.65, 0.75, 0.82, 0.88):
        count, parts = cv2.connectedComponents((depth > share * deepest).astype(np.uint8), connectivity=4)
        lobes = [parts == n for n in range(1, count)]
        real = [lobe for lobe in lobes if float(depth[lobe].max()) >= max(MIN_RADIUS, share * deepest / neck)]
        if len(real) > 1:
            return [piece for lobe in real for piece in _fall_apart(np.where(lobe, depth, 0).astype(np.float32), neck)]
    return [depth > 0]


def _blob(window: NDArray[np.bool_], x: int, y: int, area: int, at_side: bool) -> Blob:
    rows, cols = np.nonzero(window[::2, ::2])
    points = np.stack([cols * 2 + x, rows * 2 + y], axis=1).astype(np.float32)
    return from_points(points, float(area), at_side)


def from_points(points: NDArray[np.float32], area: float, at_side: bool) -> Blob:
    """A blob from its pixels (n, 2): direction by second moments, box along it."""
    spread = np.cov(points.T) + np.eye(2)
    values, vectors = np.linalg.eigh(spread)
    dx, dy = vectors[:, 1] * np.sign(vectors[1, 1] or 1.0)
    angle = float(np.degrees(np.arctan2(-dx, dy)))
    return Blob(points, area, angle, float(np.sqrt(values[1] / values[0])), at_side).turned(angle)


def hand_direction(blobs: Sequence[Blob]) -> float:
    """Degrees clockwise from upright in which the fingers point: the mean of the elongated blobs, weighted by how elongated they are."""
    long = [b for b in blobs if b.elongation >= ELONGATED and abs(b.angle) <= MAX_LEAN]
    if not long:
        return 0.0
    weights = [b.area * (b.elongation - 1.0) for b in long]
    return float(np.average([b.angle for b in long], weights=weights))


def fingertips(blobs: Sequence[Blob], direction: float, expected: int) -> list[Blob]:
    """From left to right, the tip of each finger: blobs that follow one another in the direction of the hand are one finger."""
    turned = [_along(blob, direction) for blob in blobs]
    columns: list[list[Blob]] = []
    for blob in sorted(turned, key=lambda b: _in(b, direction)[1]):
        home = next((column for column in columns if _below(blob, column, direction)), None)
        if home is None:
            columns.append([blob])
        else:
            home.append(blob)
    tips = _without_fragments([_tip(column) for column in columns], expected)
    return sorted(tips, key=lambda tip: _in(tip, direction)[0])


def _tip(column: Sequence[Blob]) -> Blob:
    """The topmost piece that is no crumb beside what lies below it."""
    largest = max(blob.area for blob in column)
    return next(blob for blob in column if blob.area >= CRUMB * largest)


def _along(blob: Blob, direction: float) -> Blob:
    """Boxed along its own direction where it has one near the hand's, else along the hand's."""
    own = blob.elongation >= ELONGATED and abs(blob.angle - direction) <= MAX_FAN
    return blob.turned(blob.angle if own else direction)


def _in(blob: Blob, direction: float) -> tuple[float, float]:
    across, along = _frame(direction)
    return float(blob.centre @ across), float(blob.centre @ along)


def _below(blob: Blob, column: Sequence[Blob], direction: float) -> bool:
    """Whether a blob continues a finger: its centre falls within the width of the column's last piece, along that piece or the hand."""
    last = column[-1]
    for angle in (direction, column[0].angle):
        upper, lower = last.turned(angle), blob.turned(angle)
        middle = (lower.box[0] + lower.box[2]) / 2
        if upper.box[0] <= middle <= upper.box[2] and lower.box[1] >= upper.box[1] + 0.5 * upper.height:
            return True
    return False


def _without_fragments(tips: list[Blob], expected: int) -> list[Blob]:
    """Pieces of a neighbouring print dropped: narrow, and cut off by the left or right border."""
    if len(tips) <= expected:
        return tips
    usual = float(np.median([tip.width for tip in tips]))
    return [tip for tip in tips if not (tip.at_side and tip.width < FRAGMENT * usual)]


def alike(tips: Sequence[Blob]) -> bool:
    """Whether none of them is much narrower or smaller than is usual among them."""
    widths, areas = np.array([tip.width for tip in tips]), np.array([tip.area for tip in tips])
    return bool(widths.min() >= FRAGMENT * np.median(widths) and areas.min() >= CRUMB * np.median(areas))


def cut_at_crease(tip: Blob, energy: FloatImage) -> Blob:
    """The blob ended at its first crease: the weakest line across it between 15 and 32 mm from its tip, or 32 mm where there is none."""
    if tip.height <= TIP[0]:
        return tip
    profile = _profile(tip, energy)
    first, last = int(TIP[0]), int(min(TIP[1], len(profile)))
    strongest = float(profile[:first].max())
    valley = first + int(np.argmin(profile[first:last]))
    rises_again = valley + int(mm(2.0)) < len(profile) and profile[valley:].max() > 1.15 * profile[valley] + 0.05 * strongest
    end = valley if rises_again and profile[valley] < 0.75 * strongest else last
    left, top, right, _ = tip.box
    return replace(tip, box=(left, top, right, top + float(end))) if end < tip.height else tip


def _profile(tip: Blob, energy: FloatImage) -> NDArray[np.float32]:
    """Ridge energy summed across the finger, one value per pixel from the tip on, smoothed over 1 mm."""
    _, along = _frame(tip.angle)
    depth = np.clip((tip.points @ along - tip.box[1]).astype(int), 0, max(0, int(tip.height)))
    x, y = tip.points[:, 0].astype(int), tip.points[:, 1].astype(int)
    total = np.bincount(depth, weights=energy[y, x], minlength=int(tip.height) + 1).astype(np.float32)
    return np.asarray(cv2.blur(total.reshape(-1, 1), (1, max(1, round(mm(1.0)) | 1))).ravel(), np.float32)
