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
MOST = 120  # minutiae of a print that are described, the strongest

Bits = NDArray[np.uint8]  # (n, BYTES)


@dataclass(frozen=True, eq=False)
class Descriptors:
    bits: Bits = field(repr=False)
    ones: NDArray[np.float32] = field(repr=False)  # (n,) bits set; 0 where the descriptor says nothing

    def __len__(self) -> int:
        return len(self.bits)

    @cached_property
    def words(self) -> NDArray[np.uint64]:
        """(BYTES / 8, n) the bits, the first 64 of all descriptors first."""
        return np.ascontiguousarray(np.ascontiguousarray(self.bits).view(np.uint64).T)

    @cached_property
    def root(self) -> NDArray[np.float32]:
        """(n,) length of each descriptor as a vector."""
        return np.sqrt(self.ones)


def describe(template: Template, most: int = MOST) -> Descriptors:
    """Of the `most` strongest minutiae, in their order. About 1 ms for 90."""
    places, radians, quality = template.places[:most], template.radians[:most], template.quality[:most]
    if len(places) == 0:
        return Descriptors(np.zeros((0, BYTES), np.uint8), np.zeros(0, np.float32))
    near = _neighbours(places, radians, quality)
    bits = _packed(_filled(near) > SET)
    ones = np.bitwise_count(bits).sum(1, dtype=np.uint16).astype(np.float32)
    return Descriptors(bits, np.where(near.count >= LONELY, ones, 0).astype(np.float32))


def similarities(a: Descriptors, b: Descriptors) -> NDArray[np.float32]:
    """(len(a), len(b)) from 0 (nothing alike) to 1 (the same). About 0.2 ms for 80 by 80."""
    if not (len(a) and len(b)):
        return np.zeros((len(a), len(b)), np.float32)
    alike = _ROOTS.take(apart(a, b))
    alike /= np.maximum(a.root[:, None] + b.root, 1)
    np.subtract(1, alike, out=alike)
    alike[a.ones == 0] = 0
    alike[:, b.ones == 0] = 0
    return alike


def apart(a: Descriptors, b: Descriptors) -> NDArray[np.uint16]:
    """(len(a), len(b)) bits that differ."""
    shape = len(a), len(b)
    differ, ones = np.empty(shape, np.uint64), np.empty(shape, np.uint8)
    some, whole = np.zeros(shape, np.uint8), np.zeros(shape, np.uint16)
    for number, (left, right) in enumerate(zip(a.words, b.words, strict=True), 1):
        np.bitwise_xor(left[:, None], right, out=differ)
        some += np.bitwise_count(differ, out=ones)
        if number % 3 == 0:  # 192 bits: no more fit
            whole += some
            some[:] = 0
    whole += some
    return whole


_ROOTS = np.sqrt(np.arange(8 * BYTES + 1, dtype=np.float32))


_ALONG = ((np.arange(CELLS) + 0.5) * (2 * RADIUS / CELLS) - RADIUS).astype(np.float32)  # middles of the cells
_DOWN, _ACROSS = np.nonzero(np.hypot(_ALONG[:, None], _ALONG[None, :]) <= RADIUS)  # the cells inside the disc


@dataclass(frozen=True, eq=False)
class _Near:
    """The neighbours of each minutia; k, the number of the busiest one's, for all of them, those too many counting nothing."""

    count: NDArray[np.intp]  # (n,)
    ahead: NDArray[np.float32]  # (n, k) where a neighbour stands as the minutia sees it, straight ahead to the right
    aside: NDArray[np.float32]
    turned: NDArray[np.float32]  # (n, k) radians, its direction against the minutia's
    sure: NDArray[np.float32]  # (n, k) what it counts; 0: it is none


def _neighbours(places: NDArray[np.float32], radians: NDArray[np.float32], quality: NDArray[np.uint8]) -> _Near:
    away = places[None, :, :] - places[:, None, :]
    near = (away**2).sum(-1) <= (RADIUS + 2 * NEAR) ** 2
    np.fill_diagonal(near, False)
    count = near.sum(1)
    which = np.argsort(~near, axis=1, kind="stable")[:, : max(1, int(count.max()))]
    rows = np.arange(len(places))[:, None]
    x, y = away[rows, which, 0], away[rows, which, 1]
    cosine, sine = np.cos(radians)[:, None], np.sin(radians)[:, None]
    sure = (0.65 + 0.35 * quality[which] / 100.0) * near[rows, which]
    # y is down, directions counter-clockwise
    return _Near(count, cosine * x - sine * y, sine * x + cosine * y, radians[which] - radians[:, None], sure.astype(np.float32))


def _filled(near: _Near) -> NDArray[np.float32]:
    """(n, cells, floors) how much lies in each cell, each way."""
    across, down = (np.exp((one[..., None] - _ALONG) ** 2 / np.float32(-2 * NEAR**2)) for one in (near.ahead, near.aside))
    columns = across[..., None] * _floors(near)[:, :, None, :]
    whole = down.transpose(0, 2, 1) @ columns.reshape(*near.ahead.shape, -1)
    return np.asarray(whole.reshape(-1, CELLS, CELLS, FLOORS)[:, _DOWN, _ACROSS], np.float32)


def _floors(near: _Near) -> NDArray[np.float32]:
    """(n, k, floors) how much each neighbour points that way, less for those that are not sure."""
    middles = (np.arange(FLOORS) * 2 * np.pi / FLOORS).astype(np.float32)
    half = np.float32(np.pi)
    off = np.mod(near.turned[..., None] - middles + half, 2 * half) - half
    return np.asarray(np.exp(off**2 / np.float32(-2 * TURNED**2)) * near.sure[..., None], np.float32)


def _packed(filled: NDArray[np.bool_]) -> Bits:
    bits = np.packbits(filled.reshape(len(filled), -1), axis=1)
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, BYTES - bits.shape[1]))))
