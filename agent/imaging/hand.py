"""From blobs of ridge to the tips of one hand: its direction, its fingers as columns, the tip of each, and which hand it is.

Pixels at 250 ppi.

A hand has one direction, turned up to 45 degrees and more with the fan of its fingers. What follows one another in that direction is one
finger, and its tip is the topmost piece. Fingers held together make one wide blob: it is parted where it is lowest. Each tip has an axis of
its own, the line through the middles of its outline.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.blobs import MIN_AREA, Blob, ends, frame
from agent.imaging.ridges import FloatImage, mm

ELONGATED = 1.25  # length to width from which a blob tells its direction
MAX_LEAN = 62.0  # degrees of one blob: 45 of the hand and the fan of its fingers
USUAL = 320.0 * mm(1.0) ** 2  # area of a fingertip: more of it tells no more
TELLING = 1.5  # elongation from which more tells no more
AGREE = 20.0  # degrees between two blobs of one hand
UNLIKELY = 120.0  # degrees of turn that no hand has: the nearer to it, the less a vote counts
MAX_FAN = 25.0  # degrees that one finger may differ from its hand
FRAGMENT = 0.6  # of the median: narrower than this at the border, or narrower or smaller at a second look, is a piece of something else
SLIVER = 0.45  # of the median width: narrower than this anywhere, where there are too many, is no finger
CRUMB = 0.4  # of the largest piece of a finger: a smaller one above it is dirt, not its tip
TIP = (mm(15.0), mm(32.0))  # from the tip to the first crease, shortest and longest
WIDE = 0.95  # width to height from which a blob may be two fingers; one fingertip has 0.55 to 0.8
WIDEST = mm(25.0)  # of one plain fingertip, a thumb's: 24 mm at most
LARGEST = 620.0 * mm(1.0) ** 2  # area of one plain fingertip, a large thumb's
TWICE = 1.4  # times the median width from which a wide blob is two fingers
UTMOST = mm(30.0)  # and at most; a rolled finger apart
ROLLED = mm(45.0)  # the widest roll is 40 mm (FAP 60, 1.6 inches)
FAN = 14.0  # degrees to each side of the hand's direction in which a place to part fingers is looked for
DIP = 0.8  # of the lower side: a wide blob that is not lower than this in between is one finger
AXIS_ROWS = (0.12, 0.88)  # share of a tip's height whose middles make its axis: the ends are round
AXIS_STRIPS = 8
OWN = 0.85  # share of its own axis that a tip keeps against the direction of the hand
# How the tips of four fingers tell the hand, as mean and spread: degrees that the line from the index to the little fingertip falls against
# the direction of the hand, and the logarithm of their sizes' ratio. Synthetic hands have 6.4 +- 2.4 and 0.24 +- 0.11, the two of the NIST
# card 7 and 17, 0.43 and 0.53; the spreads are widened for the people nobody measured.
FALL, FALL_SPREAD = 7.0, 5.0
SMALLER, SMALLER_SPREAD = 0.25, 0.25


def hand_direction(blobs: Sequence[Blob]) -> float:
    """Degrees clockwise from upright in which the fingers point: where most elongated blobs agree, and there their mean.

    Blobs too large for one fingertip lean as their fingers lie together, not as these point: they count only where there are no others. Two
    joints that touch lean across the hand; they are outvoted.
    """
    leaning = [b for b in blobs if b.elongation >= ELONGATED and abs(b.lean) <= MAX_LEAN]
    long = [b for b in leaning if b.area <= LARGEST] or leaning
    if not long:
        return 0.0
    leans = np.array([b.lean for b in long])
    votes = np.array([min(b.area, USUAL) * (min(b.elongation, TELLING) - 1.0) for b in long])
    agree = np.abs(leans[:, None] - leans[None, :]) <= AGREE
    best = int(np.argmax((agree @ votes) * (1 - np.abs(leans) / UNLIKELY)))
    return float(np.average(leans[agree[best]], weights=votes[agree[best]]))


def fingertips(blobs: Sequence[Blob], expected: int) -> list[Blob]:
    """From left to right, the tip of each finger: blobs that follow one another in the direction of the hand are one finger."""
    direction = hand_direction(blobs)
    if expected > 1:
        blobs = [piece for blob in blobs for piece in _parted(blob.turned(direction))]
        direction = hand_direction(blobs)
    tips = _without_fragments([_tip(column) for column in _columns(blobs, direction)], expected)
    return sorted(tips, key=lambda tip: _in(tip, direction)[0])


def _columns(blobs: Sequence[Blob], direction: float) -> list[list[Blob]]:
    columns: list[list[Blob]] = []
    for blob in sorted((_along(blob, direction) for blob in blobs), key=lambda b: _in(b, direction)[1]):
        home = next((column for column in columns if _below(blob, column, direction)), None)
        if home is None:
            columns.append([blob])
        else:
            home.append(blob)
    return columns


def _parted(blob: Blob) -> list[Blob]:
    """Fingers held together, told apart at the lowest place between them; a blob of one finger as it is."""
    if blob.width <= min(WIDE * blob.height, WIDEST) or blob.area < 2 * MIN_AREA:
        return [blob]
    depth, angle, cut = min(_lowest(blob, blob.angle + away) for away in (0.0, -FAN, FAN))
    if depth > DIP:
        return [blob]
    across = blob.points @ frame(angle)[0]
    halves = (blob.part(across < cut), blob.part(across >= cut))
    return [piece for half in halves if half.area >= MIN_AREA for piece in _parted(half)]


def _lowest(blob: Blob, angle: float) -> tuple[float, float, float]:
    """How low a blob is between two sides, 0..1 of the lower one; the direction in which it was looked at; where, across that direction."""
    across = blob.points @ frame(angle)[0]
    heights = np.histogram(across, bins=max(8, int((across.max() - across.min()) / mm(1.0))))[0].astype(np.float32)
    heights = np.asarray(cv2.blur(heights.reshape(-1, 1), (1, 3)).ravel(), np.float32)
    first, last = int(0.25 * len(heights)), int(np.ceil(0.75 * len(heights)))
    lowest = first + int(np.argmin(heights[first:last]))
    cut = float(across.min() + (lowest + 0.5) / len(heights) * (across.max() - across.min()))
    return float(heights[lowest] / max(min(heights[:lowest].max(), heights[lowest:].max()), 1.0)), angle, cut


def _tip(column: Sequence[Blob]) -> Blob:
    """The topmost piece that is no crumb beside what lies below it."""
    largest = max(blob.area for blob in column)
    return next(blob for blob in column if blob.area >= CRUMB * largest)


def _along(blob: Blob, direction: float) -> Blob:
    """Boxed along its own direction where it has one near the hand's, else along the hand's."""
    own = blob.elongation >= ELONGATED and abs(blob.lean - direction) <= MAX_FAN
    return blob.turned(blob.lean if own else direction)


def _in(blob: Blob, direction: float) -> tuple[float, float]:
    across, along = frame(direction)
    return float(blob.centre @ across), float(blob.centre @ along)


def _below(blob: Blob, column: Sequence[Blob], direction: float) -> bool:
    """Whether a blob continues a finger: its centre falls within the width of the column's last piece, along that piece or the hand."""
    last = column[-1]
    for angle in (direction, column[0].angle):
        (left, top, right, bottom), lower = last.rough(angle), blob.rough(angle)
        if left <= (lower[0] + lower[2]) / 2 <= right and lower[1] >= (top + bottom) / 2:
            return True
    return False


def _without_fragments(tips: list[Blob], expected: int) -> list[Blob]:
    """Pieces of a neighbouring print dropped: narrow, and cut off by the left or right border, or slivers."""
    if len(tips) <= expected:
        return tips
    usual = float(np.median([tip.width for tip in tips]))
    return [tip for tip in tips if tip.width >= (FRAGMENT if tip.at_side else SLIVER) * usual]


def single(tips: Sequence[Blob], expected: int) -> list[Blob]:
    """Those that are one finger: two that were not told apart are better missed than named."""
    usual = float(np.median([tip.width for tip in tips])) if tips else 0.0
    widest = ROLLED if expected < 2 else float(np.clip(TWICE * usual, WIDEST, UTMOST))
    return [tip for tip in tips if tip.width <= widest]


def alike(tips: Sequence[Blob]) -> bool:
    """Whether none of them is much narrower or smaller than is usual among them."""
    widths, areas = np.array([tip.width for tip in tips]), np.array([tip.area for tip in tips])
    return bool(widths.min() >= FRAGMENT * np.median(widths) and areas.min() >= FRAGMENT * np.median(areas))


def cut_at_crease(tip: Blob, energy: FloatImage) -> Blob:
    """The blob ended at its first crease: the weakest line across it between 15 and 32 mm from its tip, or 32 mm where there is none."""
    if tip.height <= TIP[0]:
        return tip
    profile = _profile(tip, energy)
    first, last = int(TIP[0]), int(min(TIP[1], len(profile)))
    strongest = float(profile[:first].max())
    valley = first + int(np.argmin(profile[first:last]))
    rises_again = valley + int(mm(2.0)) < len(profile) and profile[valley:].max() > 1.15 * profile[valley] + 0.05 * strongest
    return tip.shortened(float(valley if rises_again and profile[valley] < 0.75 * strongest else last))


def on_axis(tip: Blob, direction: float) -> Blob:
    """The tip boxed along its own axis, the line through the middles of its outline, drawn a little towards the hand's direction."""
    for _ in range(2):
        across, along = frame(tip.angle)
        some = tip.points[::3]
        u, v = some @ across, (some @ along - tip.box[1]) / max(tip.height, 1.0)
        rows = np.floor((v - AXIS_ROWS[0]) / (AXIS_ROWS[1] - AXIS_ROWS[0]) * AXIS_STRIPS).astype(int)
        middles = [_middle(u[rows == row]) for row in range(AXIS_STRIPS)]
        there = [middle for middle in middles if middle is not None]
        if len(there) < AXIS_STRIPS:
            return tip
        step = (AXIS_ROWS[1] - AXIS_ROWS[0]) * max(tip.height, 1.0) / AXIS_STRIPS
        slope = float(np.polyfit(np.arange(AXIS_STRIPS, dtype=np.float64) * step, np.array(there), 1)[0])
        own = tip.angle - float(np.degrees(np.arctan(slope)))
        tip = tip.turned(direction + float(np.clip(OWN * (own - direction), -MAX_FAN, MAX_FAN)))
    return tip


def left_hand(tips: Sequence[Blob]) -> float:
    """How likely four tips, from left to right, are those of a left hand, 0..1 from even odds; 0.5 of any other number: they do not tell.

    On a left hand the first is the little finger, which is the lowest and the smallest.
    """
    if len(tips) != 4:
        return 0.5
    across, along = frame(float(np.mean([tip.angle for tip in tips])))
    first, last = (_top(tip) for tip in (tips[0], tips[-1]))
    fall = float(np.degrees(np.arctan2((last - first) @ along, (last - first) @ across)))
    smaller = float(np.log(tips[0].width * tips[0].height / (tips[-1].width * tips[-1].height)))
    right = 2 * (FALL * fall / FALL_SPREAD**2 + SMALLER * smaller / SMALLER_SPREAD**2)
    return 1 / (1 + float(np.exp(np.clip(right, -50, 50))))


def _top(tip: Blob) -> NDArray[np.float32]:
    return np.asarray(tip.polygon(0.0)[:2].mean(axis=0), np.float32)


def _middle(u: NDArray[np.float32]) -> float | None:
    """Of one strip across a tip; None where too little of it is seen."""
    if u.size < 8:
        return None
    left, right = ends(u, 0.03)
    return (left + right) / 2


def _profile(tip: Blob, energy: FloatImage) -> NDArray[np.float32]:
    """Ridge energy summed across the finger, one value per pixel from the tip on, smoothed over 1 mm."""
    _, along = frame(tip.angle)
    depth = np.clip((tip.points @ along - tip.box[1]).astype(int), 0, max(0, int(tip.height)))
    x, y = tip.points[:, 0].astype(int), tip.points[:, 1].astype(int)
    total = np.bincount(depth, weights=energy[y, x], minlength=int(tip.height) + 1).astype(np.float32)
    return np.asarray(cv2.blur(total.reshape(-1, 1), (1, max(1, round(mm(1.0)) | 1))).ravel(), np.float32)
