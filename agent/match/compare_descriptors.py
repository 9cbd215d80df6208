"""What surrounds a minutia, as bits: a small cylinder of its neighbours, whichever way the finger lies.

Family: Cappelli, Ferrara, Maltoni, "Minutia Cylinder-Code" (IEEE PAMI 32(12), 2010) and its bit form; written from the idea, with
parameters of our own. Patents on such descriptors are to be checked before shipping (docs/matching.md); other steps know of them only that
there are `Descriptors`.

The disc around a minutia is turned by its direction and divided into cells; over each cell stand five bits, one for each fifth of a turn of
the neighbours' directions against its own. A bit is set where enough neighbours of that direction lie near.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.match.template import Template

BYTES = 160  # of one descriptor
RADIUS = 72.0  # pixels: about eight ridges
CELLS = 18  # across the disc
FLOORS = 5  # fifths of a turn
NEAR = 8.0  # pixels, sigma of a neighbour's place
TURNED = 0.60  # radians, sigma of a neighbour's direction
SET = 0.20  # of what one sure neighbour gives in its very place
LONELY = 3  # neighbours below which a descriptor says nothing
CLOSEST = 16  # descriptors of the other print, by bits that differ, that each one is compared with in full
MOST = 120  # minutiae of a print that are described, the strongest

Bits = NDArray[np.uint8]  # (n, BYTES)


@dataclass(frozen=True, eq=False)
class Descriptors:
    bits: Bits = field(repr=False)
    ones: NDArray[np.float32] = field(repr=False)  # (n,) bits set; 0 where the descriptor says nothing

    def __len__(self) -> int:
        return len(self.bits)

    @cached_property
    def root(self) -> NDArray[np.float32]:
        """(n,) length of each descriptor as a vector."""
        return np.sqrt(self.ones)


def describe(template: Template, most: int = MOST) -> Descriptors:
    """Of the `most` strongest minutiae, in their order. About 5 ms for 60."""
    places, radians, quality = template.places[:most], template.radians[:most], template.quality[:most]
    if len(places) == 0:
        return Descriptors(np.zeros((0, BYTES), np.uint8), np.zeros(0, np.float32))
    seen, near = _neighbours(places, radians)
    filled = _cells(seen, near) @ _floors(radians, near, quality)
    bits = _packed(filled > SET)
    ones = np.unpackbits(bits, axis=1).sum(1).astype(np.float32)
    return Descriptors(bits, np.where(near.sum(1) >= LONELY, ones, 0).astype(np.float32))


def similarities(a: Descriptors, b: Descriptors) -> NDArray[np.float32]:
    """(len(a), len(b)) from 0 (nothing alike, or not among the closest of a row) to 1 (the same)."""
    if not (len(a) and len(b)):
        return np.zeros((len(a), len(b)), np.float32)
    apart, which = cv2.batchDistance(a.bits, b.bits, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=min(CLOSEST, len(b)))
    near = 1 - np.sqrt(apart, dtype=np.float32) / np.maximum(a.root[:, None] + b.root[which], 1)
    near[(a.root[:, None] == 0) | (b.root[which] == 0)] = 0
    alike = np.zeros((len(a), len(b)), np.float32)
    np.put_along_axis(alike, which, near, axis=1)
    return alike


_ALONG = ((np.arange(CELLS) + 0.5) * (2 * RADIUS / CELLS) - RADIUS).astype(np.float32)  # middles of the cells
_DOWN, _ACROSS = np.nonzero(np.hypot(_ALONG[:, None], _ALONG[None, :]) <= RADIUS)  # the cells inside the disc


def _neighbours(places: NDArray[np.float32], radians: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(n, n, 2) each minutia as each other sees it, straight ahead to the right; and whether it is near enough to count."""
    away = places[None, :, :] - places[:, None, :]
    cosine, sine = np.cos(radians)[:, None], np.sin(radians)[:, None]
    ahead = cosine * away[..., 0] - sine * away[..., 1]  # y is down, directions counter-clockwise
    aside = sine * away[..., 0] + cosine * away[..., 1]
    near = np.hypot(ahead, aside) <= RADIUS + 2 * NEAR
    np.fill_diagonal(near, False)
    return np.stack([ahead, aside], -1), near


def _cells(seen: NDArray[np.float32], near: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, cells, n) how much each neighbour lies in each cell."""
    across, down = (np.exp((_ALONG[None, :, None] - seen[:, None, :, axis]) ** 2 / np.float32(-2 * NEAR**2)) for axis in (0, 1))
    return np.asarray(across[:, _ACROSS] * (down * near[:, None, :])[:, _DOWN], np.float32)


def _floors(radians: NDArray[np.float32], near: NDArray[np.bool_], quality: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, n, floors) how much each neighbour points that way, less for those that are not sure."""
    turned = radians[None, :] - radians[:, None]
    middles = (np.arange(FLOORS) * 2 * np.pi / FLOORS).astype(np.float32)
    off = np.mod(turned[..., None] - middles + np.pi, 2 * np.pi) - np.pi
    sure = (0.65 + 0.35 * quality / 100.0)[None, :, None]
    return np.asarray(np.exp(-(off**2) / (2 * TURNED**2)) * sure * near[..., None], np.float32)


def _packed(filled: NDArray[np.bool_]) -> Bits:
    bits = np.packbits(filled.reshape(len(filled), -1), axis=1)
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, BYTES - bits.shape[1]))))
