"""What can be measured on a print without a model, each with its unit, always at 500 ppi.

Two views of the same fingertip: where ridges show (`agent.imaging.ridges`), and the *contact*, everything that is darker than the platen
when looked at from further away than a ridge. What touches and shows no ridges is what dry, wet and sliding skin leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging import ridges
from agent.imaging.scale import PPI, at_500
from agent.model.impression import GrayImage
from agent.model.quality import Measures
from agent.quality.clarity import BLOCK, Flow, flow_of

__all__ = ["Measures", "grey_levels", "measure"]

SIGNAL = 1e-5  # share of the pixels, and never fewer than 2: a grey level below this carries speckle, not signal
CLEAR = 3.0  # grey levels of fine ridge energy from which a pixel counts as print
REACH = 13  # pixels, one and a half ridge periods of an adult: a ridge and a valley always lie within
WIDE = 9.0  # pixels, sigma of the look from further away than a ridge
CONTACT = 14.0  # grey levels of ink in that look, from which the skin touches
GAP = 41  # pixels, gaps in the contact that are closed: creases, dry patches
RIM = 21  # pixels that are left out at the edge of the contact, where ridges thin and break
BARE = 250.0  # grey level of a clean platen
LEAST = 2000  # pixels (5 mm²) of contact without its rim; less is measured by area and grey levels alone

FloatImage = NDArray[np.float32]
Bits = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Ink:
    """The contact without its rim, and what lies in it."""

    inside: Bits
    grey: NDArray[np.uint8]  # (n,) of its pixels
    darkest: NDArray[np.float32]  # (n,) grey within a ridge's reach of each


def measure(image: GrayImage, ppi: int = PPI) -> Measures:
    """Of an upright fingertip or a roll, any size above 0; about 15 ms for a fingertip, 40 ms for a roll."""
    pixels = at_500(image, ppi)
    levels, (area, mean, contrast) = grey_levels(image), _ridge_area(pixels)
    ink = _ink(pixels)
    if ink.grey.size < LEAST:
        return Measures(levels, area, mean, contrast)
    flow = flow_of(pixels)
    inside = _per_block(ink.inside, flow)
    return Measures(
        grey_levels=levels,
        area_mm2=area,
        mean=mean,
        contrast=contrast,
        ridge_grey=float(np.median(ink.darkest)),
        unevenness=float(ink.darkest.std()),
        dryness=1.0 - _mean(flow.coherence, inside),
        wetness=_covered(ink),
        smear=_one_way(flow, inside),
        clarity=_mean(flow.clarity, inside),
    )


def grey_levels(image: GrayImage) -> int:
    """How many of the 256 grey levels carry signal."""
    least = max(2.0, SIGNAL * image.size)
    return int(np.count_nonzero(cv2.calcHist([image], [0], None, [256], [0, 256]) >= least))


def _ridge_area(pixels: GrayImage) -> tuple[float, float, float]:
    """mm², mean grey and contrast of what shows ridges."""
    small = ridges.at_work_scale(pixels, PPI)
    inside = small[ridges.ridge_mask(ridges.ridge_map(small), CLEAR) > 0]
    if inside.size == 0:
        return 0.0, 255.0, 0.0
    low, high = np.percentile(inside, [5, 95])
    return inside.size / ridges.mm(1.0) ** 2, float(inside.mean()), float(high - low)


def _ink(pixels: GrayImage) -> _Ink:
    inside = _inside(pixels)
    smooth = cv2.GaussianBlur(pixels, (0, 0), 1.0)
    darkest = cv2.erode(smooth, np.ones((REACH, REACH), np.uint8))
    return _Ink(inside, pixels[inside], darkest[inside].astype(np.float32))


def _inside(pixels: GrayImage) -> Bits:
    """The contact without its rim; what runs out of the picture has no rim there. Worked out at a quarter of the size."""
    size = (max(1, pixels.shape[1] // 4), max(1, pixels.shape[0] // 4))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    touched = (cv2.GaussianBlur(255 - small, (0, 0), WIDE / 4) > CONTACT).astype(np.uint8)
    closed = cv2.morphologyEx(touched, cv2.MORPH_CLOSE, _disc(GAP // 4))
    core = cv2.erode(closed, _disc(RIM // 4), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(cv2.resize(core, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_NEAREST) > 0)


def _disc(diameter: int) -> NDArray[np.uint8]:
    side = diameter | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _per_block(inside: Bits, flow: Flow) -> Bits:
    """Blocks whose upper left pixel is in the contact: one in 64 is enough to average over."""
    rows, columns = flow.xx.shape
    return np.asarray(inside[::BLOCK, ::BLOCK][:rows, :columns])


def _mean(values: FloatImage, inside: Bits) -> float:
    return float(values[inside].mean()) if inside.any() else 0.0


def _covered(ink: _Ink) -> float:
    """Share of the contact that is dark: below the middle between its own dark ridges and the bare platen. Filled valleys raise it."""
    middle = (np.percentile(ink.darkest, 25) + BARE) / 2
    return float(np.mean(ink.grey < middle))


def _one_way(flow: Flow, inside: Bits) -> float:
    """How one-sided all gradients of the contact are together: what slides keeps the ridges along its way and loses those across.

    0 when ridges run every way alike, 1 when only one direction is left.
    """
    if not inside.any():
        return 0.0
    xx, yy, xy = (float(part[inside].mean()) for part in (flow.xx, flow.yy, flow.xy))
    return float(np.hypot(xx - yy, 2 * xy) / (xx + yy)) if xx + yy > 0 else 0.0
