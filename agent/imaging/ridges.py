"""Where in an image there are friction ridges: fine texture, not lettering, not pen strokes, not shading.

Everything here works at 250 ppi, whatever the image came with: ridges stand 0.25 to 0.65 mm apart (about 5 pixels there), enough to see
them, and a quarter of the work. Two band-passes are compared: *fine* passes what repeats at the distance of ridges, *coarse* what is two
to four times as wide. On ridges fine outweighs coarse; on print, handwriting, stamps and dirt it does not, however black they are. Both
are capped, so that one black line counts no more than the ridges beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

WORK_PPI = 250
FINE = (0.8, 2.0)  # sigmas in pixels at 250 ppi of the two blurs whose difference is the fine band
COARSE = (3.2, 9.0)  # the same for the coarse band
CAP = 12.0  # grey levels
SOLID = 40.0  # grey level: darker than this all around is a wet print or a punched hole, part of a finger if it lies in one
FINENESS = 0.9  # fine to coarse from which texture is ridge; the NIST card has 1.2 to 2.0 on ridges, 0.6 to 0.7 on handwriting
COHERENT = 0.25  # mean coherence, 0..1; noise has 0.12, fingertips of the NIST card 0.45 to 0.7
WINDOW = 4.0  # sigma, pixels at 250 ppi: about one ridge
SHRINK = 4  # pixels at 250 ppi to one where blurs are wide
WIDE_WINDOW = 8.0  # sigma for the comparison of the bands

FloatImage = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RidgeMap:
    """Per pixel at 250 ppi: the `image`, the `energy` of its fine band, 0..CAP grey levels, and its `fineness` against the coarse band."""

    image: GrayImage
    energy: FloatImage
    fineness: FloatImage


def mm(length: float) -> float:
    """Millimetres to pixels at the working resolution."""
    return length / 25.4 * WORK_PPI


def at_work_scale(image: GrayImage, ppi: int) -> GrayImage:
    """The image at 250 ppi, averaged, never sampled."""
    if ppi == WORK_PPI:
        return image
    size = (max(1, round(image.shape[1] * WORK_PPI / ppi)), max(1, round(image.shape[0] * WORK_PPI / ppi)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def ridge_map(image: GrayImage) -> RidgeMap:
    """Of an image at 250 ppi, any size above 0."""
    pixels = image.astype(np.float32)
    small = _shrunk(pixels)
    fine = np.minimum(cv2.absdiff(_blur(pixels, FINE[0]), _blur(pixels, FINE[1])), CAP)
    coarse = np.minimum(cv2.absdiff(_wide(small, COARSE[0]), _wide(small, COARSE[1])), CAP)
    solid = _wide(small, WINDOW) < SOLID
    fine[_grown_to(solid.astype(np.uint8), image.shape) > 0], coarse[solid] = CAP / 2, 0.0
    thin = _shrunk(fine)
    fineness = _wide(thin, WIDE_WINDOW) / (_wide(coarse, WIDE_WINDOW) + np.float32(0.5))
    energy, fineness = (cv2.resize(wide, image.shape[::-1], interpolation=cv2.INTER_LINEAR) for wide in (_wide(thin, WINDOW), fineness))
    return RidgeMap(image, np.asarray(energy, np.float32), np.asarray(fineness, np.float32))


def ridge_mask(ridges: RidgeMap, threshold: float) -> GrayImage:
    """Regions of ridge as 0 or 255: gaps and small holes filled, everything thinner than a child's fingertip taken away."""
    strong = _bits(ridges.energy >= threshold)
    core = _filled(_opened(_closed(strong & _bits(ridges.fineness >= FINENESS), mm(1.2)), mm(5.0)), mm(8.0) ** 2)
    return np.asarray(core | (strong & _grown(core, mm(0.9))), np.uint8)


def orderly(ridges: RidgeMap, points: NDArray[np.float32]) -> bool:
    """Whether the lines within these pixels (n, 2) x, y run together, as ridges do and noise does not: by the structure tensor."""
    (left, top), (right, bottom) = points.min(axis=0).astype(int), points.max(axis=0).astype(int) + 1
    pixels = ridges.image[top:bottom, left:right].astype(np.float32)
    gx, gy = cv2.Sobel(pixels, cv2.CV_32F, 1, 0), cv2.Sobel(pixels, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.blur(a * b, (17, 17)) for a, b in ((gx, gx), (gy, gy), (gx, gy)))
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1.0)
    return float(coherence.mean()) >= COHERENT


def _blur(pixels: FloatImage, sigma: float) -> FloatImage:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _shrunk(pixels: FloatImage) -> FloatImage:
    """At a quarter of the working scale, where wide blurs cost little."""
    size = (max(1, pixels.shape[1] // SHRINK), max(1, pixels.shape[0] // SHRINK))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


def _wide(shrunk: FloatImage, sigma: float) -> FloatImage:
    """A blur of `sigma` pixels of the working scale, less what shrinking has blurred already."""
    return _blur(shrunk, float(np.sqrt(sigma**2 - (SHRINK**2 - 1) / 12)) / SHRINK)


def _grown_to(shrunk: GrayImage, shape: tuple[int, ...]) -> GrayImage:
    return np.asarray(cv2.resize(shrunk, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _bits(found: NDArray[np.bool_]) -> GrayImage:
    return np.where(found, np.uint8(255), np.uint8(0)).astype(np.uint8)


def _disc(diameter: float) -> GrayImage:
    side = max(3, round(diameter) | 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _grown(found: GrayImage, distance: float) -> GrayImage:
    """The fineness test loses half a window at every edge: this much is given back where the fine band is strong."""
    return np.asarray(cv2.dilate(found, _disc(2 * distance)), np.uint8)


def _filled(found: GrayImage, largest: float) -> GrayImage:
    """Holes of at most `largest` pixels closed: punched cards, cores, scars."""
    contours, tree = cv2.findContours(found, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:
        return found
    holes = [c for c, (_, _, _, parent) in zip(contours, tree[0], strict=True) if parent >= 0 and cv2.contourArea(c) <= largest]
    return np.asarray(cv2.drawContours(found.copy(), holes, -1, 255, cv2.FILLED), np.uint8)


def _closed(found: GrayImage, diameter: float) -> GrayImage:
    """Closing by a disc, at half of the size: pores, scars and dry spots narrower than `diameter` pixels are filled."""
    small = cv2.resize(found, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if min(found.shape) > 1 else found
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(diameter / 2))
    return np.asarray(found | cv2.resize(closed, (found.shape[1], found.shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _opened(found: GrayImage, diameter: float) -> GrayImage:
    """Opening by a disc, at a quarter of the size: what is left of lettering and pen strokes vanishes, fingers keep their outline."""
    size = (max(1, found.shape[1] // 4), max(1, found.shape[0] // 4))
    small = _bits(cv2.resize(found, size, interpolation=cv2.INTER_AREA) >= 128)
    side = round(diameter / 4) | 1
    padded = cv2.copyMakeBorder(small, side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    kept = cv2.morphologyEx(padded, cv2.MORPH_OPEN, _disc(side))[side:-side, side:-side]
    grown = cv2.dilate(kept, np.ones((3, 3), np.uint8))
    return np.asarray(found & cv2.resize(grown, (found.shape[1], found.shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)
