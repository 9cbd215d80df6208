"""A platen with nobody on it, as a picture: how dirty it is, and whether what now lies there is only what lay there before.

    background (empty) ─▶ against the clean platen: share of dirt, share of ridges that were left behind (a latent print)
    picture ─▶ against the background: what is new ─▶ contact, or a latent alone

A latent print is grease: paler than skin, and it does not move. What a finger adds is darker than the background, and there is a lot of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.ridges import WORK_PPI, at_work_scale, mm, ridge_map, ridge_mask
from agent.model.impression import GrayImage

BARE_SHARE = 75  # percent of an empty picture that is no darker than the bare platen
SPOT = 20.0  # grey levels below the bare platen from which a place is dirty; sensor noise of 4 at 500 ppi leaves 2 at 250
LATENT = 1.5  # grey levels of fine energy that count as a ridge left behind: a clear print has 3 and more
NEW = 25.0  # grey levels darker than the background, mean over a ridge and more, from which something new lies there
FINGER = 40.0  # mm² of new contact that is at least a finger: a child's little fingertip is 65
FAINT, FAINTEST = 8.0, 10.0  # the same two of a clean glass, where nothing lies that could be taken for a finger
CLEAN = 0.002  # 0..1, share of dirt up to which a glass without ridges is clean
SHRINK = 4  # pixels at 250 ppi to one of the look from further away
AROUND = mm(0.5) / SHRINK  # its pixels, sigma: further away than a ridge


@dataclass(frozen=True, eq=False)
class Background:
    """The empty platen between two subjects."""

    pixels: GrayImage = field(repr=False)  # at 250 ppi
    bare: float  # 0..255, grey of the clean platen
    dirt: float  # 0..1, share of the platen that is darker than that
    latent: float  # 0..1, share of the platen that shows ridges


def background(image: GrayImage, ppi: int) -> Background:
    """Of a picture of the whole platen with nothing on it, any size above 0."""
    small = at_work_scale(image, ppi)
    bare = float(np.percentile(small, BARE_SHARE))
    ridges = ridge_mask(ridge_map(small), LATENT)
    return Background(small, bare, float(np.mean(small < bare - SPOT)), float(np.mean(ridges > 0)))


def contact_mm2(image: GrayImage, before: Background, ppi: int, darker: float = NEW) -> float:
    """mm² of contact that the background did not show, from so many grey levels `darker`.

    A picture of another size than the background is compared with a clean platen.
    """
    small = at_work_scale(image, ppi)
    now = _afar(small)
    was = _afar(before.pixels) if before.pixels.shape == small.shape else np.full(now.shape, before.bare, np.float32)
    return float(np.count_nonzero(was - now >= darker)) * SHRINK**2 / mm(1.0) ** 2


def is_latent_alone(image: GrayImage, before: Background, ppi: int) -> bool:
    """Whether nothing touches: all that is seen lay there before. Never capture such a picture.

    On a clean glass the faintest finger touches.
    """
    clean = before.latent == 0.0 and before.dirt < CLEAN
    darker, least = (FAINT, FAINTEST) if clean else (NEW, FINGER)
    return contact_mm2(image, before, ppi, darker) < least


def within(whole: Background, corner: tuple[int, int], shape: tuple[int, ...], ppi: int) -> Background:
    """The part of it that a picture of this shape (rows, columns) with its left and top there shows; bare where that reaches beyond."""
    left, top = (round(side * WORK_PPI / ppi) for side in corner)
    rows, columns = (max(1, round(side * WORK_PPI / ppi)) for side in shape)
    seen = np.full((rows, columns), round(whole.bare), np.uint8)
    part = whole.pixels[top : top + rows, left : left + columns]
    seen[: part.shape[0], : part.shape[1]] = part
    return replace(whole, pixels=seen)


def _afar(pixels: GrayImage) -> NDArray[np.float32]:
    """From further away than a ridge, so that a print that has moved by half a ridge is not half new."""
    size = (max(1, pixels.shape[1] // SHRINK), max(1, pixels.shape[0] // SHRINK))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), AROUND), np.float32)
