"""How far the skin in a strip lies from where the mosaic has it: phase correlation, and a check that ridges then agree.

250 ppi are enough: a ridge is 4 to 5 pixels there, and the peak is read between pixels. Ridges repeat, so a peak is believed only when
the ridges under it agree better than unmoved.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

WORK_PPI = 250
BAND = 13  # pixels at 250 ppi: a high-pass of 1.3 mm
LEAST = 60  # columns at 500 ppi that strip and mosaic must have in common to be compared, without those left out at each side
TRIM, TRIM_SHARE = 20, 0.12  # columns at 500 ppi left out at each side, where contact is soft; at most this share of a strip's width
RESPONSE = 0.1  # of the phase correlation
AGREE = 0.3  # correlation of ridges from which a registration is believed
FAR = 32.0  # pixels at 250 ppi: no skin moves further between two frames

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Displacement:
    """Of the strip against the mosaic, pixels right and down. `checked` False: nothing is known, which is not "no slip"."""

    x: float
    y: float
    response: float  # 0..1
    checked: bool


UNKNOWN = Displacement(0.0, 0.0, 0.0, checked=False)


def ridges_of(pixels: GrayImage | FloatImage, ppi: int) -> FloatImage:
    """The fine band at 250 ppi."""
    shrink = ppi // WORK_PPI
    size = (max(1, pixels.shape[1] // shrink), max(1, pixels.shape[0] // shrink))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small - cv2.blur(small, (BAND, BAND)), np.float32)


def displacement(mosaic: FloatImage, strip: FloatImage, ppi: int) -> Displacement:
    """Of two fine bands of one size, the columns that both have; in pixels at `ppi`."""
    window = cv2.createHanningWindow((mosaic.shape[1], mosaic.shape[0]), cv2.CV_32F)
    (right, down), response = cv2.phaseCorrelate(mosaic, strip, window)
    if response < RESPONSE or max(abs(right), abs(down)) > FAR:
        return UNKNOWN
    shrink = ppi // WORK_PPI
    return Displacement(right * shrink, down * shrink, response, _agree(mosaic, strip, right, down))


def _agree(mosaic: FloatImage, strip: FloatImage, right: float, down: float) -> bool:
    """Whether ridges fall on ridges."""
    x, y = round(right), round(down)
    rows, columns = mosaic.shape
    a = mosaic[max(0, -y) : rows - max(0, y), max(0, -x) : columns - max(0, x)]
    b = strip[max(0, y) : rows - max(0, -y), max(0, x) : columns - max(0, -x)]
    both = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return both > 0 and float(np.vdot(a, b)) / both > AGREE
