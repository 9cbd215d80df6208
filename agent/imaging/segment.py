"""From one impression to its fingertips: found, cut at the first crease, set upright, and named.

    ridge energy ─▶ mask ─▶ blobs ─▶ direction of the hand ─▶ columns (one per finger) ─▶ topmost blob of each ─▶ cut at the crease ─▶ names

What has ridges is foreground, a hand has one direction, a finger is a column in it, its tip is the topmost piece. A finger is never named
unless as many are found as should be there: with three of four nobody can know which one is absent, and a wrong name is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging import ridges
from agent.imaging.blobs import Blob, blobs_of
from agent.imaging.hand import alike, cut_at_crease, fingertips, hand_direction, left_hand, on_axis, single
from agent.model.fingers import Position, fingers_of
from agent.model.impression import Corner, GrayImage

# Grey levels of fine energy that count as ridge, and the neck that parts two prints: a clear slap first, then, while fingers are still
# wanting, fingers held tightly together, then ever fainter ones.
CLEAR = (3.0, 0.75)
WANTING = ((3.0, 0.93), (2.0, 0.75), (1.2, 0.75))
MARGIN = 0.2  # mm around a fingertip; 0.6 costs ten points of NFIQ 2 (mean of the NIST card's ten plain fingers: 44 and 34)
OTHER_HAND = 0.9  # likelihood from which the other hand is called so


@dataclass(frozen=True, eq=False)
class Fingertip:
    finger: Position  # a single finger, 1..10
    polygon: NDArray[
        np.float32
    ]  # (4, 2) x, y in pixels of the impression: upper left, upper right, lower right, lower left of the upright tip
    pixels: GrayImage = field(repr=False)  # the tip alone, upright, same ppi as the impression


@dataclass(frozen=True, eq=False)
class Segmentation:
    fingertips: tuple[Fingertip, ...]  # in the order of `fingers_of`, empty unless found == expected
    found: int  # fingers seen, however many there should be
    expected: int
    outlines: tuple[NDArray[np.float32], ...] = ()  # every finger seen, left to right, as (4, 2) polygons
    other_hand: float = 0.5  # 0..1, how likely these are the fingers of the other hand; 0.5 where their geometry does not tell

    @property
    def is_other_hand(self) -> bool:
        return self.other_hand >= OTHER_HAND


def expected_fingers(position: Position, missing: frozenset[Position]) -> tuple[Position, ...]:
    """The fingers that should lie in an impression, from left to right."""
    return tuple(finger for finger in fingers_of(position) if finger not in missing)


def segment(image: GrayImage, position: Position, missing: frozenset[Position] = frozenset(), ppi: int = 500) -> Segmentation:
    """Fingertips of an impression; never raises for what the image shows. Impressions of 30 ppi to 1200 ppi, any size above 0."""
    wanted = expected_fingers(position, missing)
    tips = _tips(image, len(wanted), ppi)
    outlines = tuple(tip.polygon(ridges.mm(MARGIN)) * np.float32(ppi / ridges.WORK_PPI) for tip in tips)
    named = zip(wanted, outlines, strict=True) if len(tips) == len(wanted) else ()
    fingers = tuple(Fingertip(f, o, upright(image, o)) for f, o in named)
    return Segmentation(fingers, len(tips), len(wanted), outlines, _other_hand(tips, position))


def _other_hand(tips: Sequence[Blob], position: Position) -> float:
    if position not in (Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR):
        return 0.5
    left = left_hand(tips)
    return left if position is Position.PLAIN_RIGHT_FOUR else 1 - left


def upright(image: GrayImage, polygon: NDArray[np.float32]) -> GrayImage:
    """What lies inside a rotated box (4, 2), turned upright; outside of the image is bare platen (255)."""
    width, height = (float(np.linalg.norm(polygon[i] - polygon[0])) for i in (1, 3))
    target = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    turn = cv2.getAffineTransform(polygon[[0, 1, 3]].astype(np.float32), target)
    size = (max(1, round(width)), max(1, round(height)))
    return np.asarray(cv2.warpAffine(image, turn, size, flags=cv2.INTER_CUBIC, borderValue=255), np.uint8)


def corners(polygon: NDArray[np.float32], image: GrayImage) -> tuple[Corner, ...]:
    """The four corners of a polygon as whole pixels inside the image, in the order of `Fingertip.polygon`."""
    last = np.array([image.shape[1] - 1, image.shape[0] - 1])
    return tuple((int(x), int(y)) for x, y in np.clip(np.rint(polygon), 0, last))


def _tips(image: GrayImage, expected: int, ppi: int) -> list[Blob]:
    """Fingertips from left to right, at 250 ppi. What only a second look finds must be shaped like the others: a smear is no finger."""
    seen = ridges.ridge_map(ridges.at_work_scale(image, ppi))
    mask = cache(partial(ridges.ridge_mask, seen))
    first = _tips_at(seen, mask(CLEAR[0]), CLEAR[1], expected)
    looks = (_tips_at(seen, mask(threshold), neck, expected, least=expected) for threshold, neck in WANTING)
    better = () if len(first) >= expected else next((tips for tips in looks if len(tips) == expected and alike(tips)), ())
    return list(better) or first


def _tips_at(seen: ridges.RidgeMap, mask: GrayImage, neck: float, expected: int, *, least: int = 0) -> list[Blob]:
    """None where fewer than `least` are found at once: what follows only takes away."""
    found = fingertips(blobs_of(mask, neck), expected)
    if len(found) < least:
        return []
    cut = [cut_at_crease(tip, seen.energy) for tip in found]
    tips = [tip for tip in cut if ridges.orderly(seen, tip.points)]
    direction = hand_direction(tips)
    return single([on_axis(tip, direction) for tip in tips], expected)
