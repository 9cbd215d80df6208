"""How far the skin in a strip lies from where the mosaic has it: phase correlation, and a check that ridges then agree.

Half the size is enough: a ridge is 4 to 5 pixels there, and the peak is read between pixels. Ridges repeat, so a peak is believed only when
the ridges under it agree better than unmoved.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

SHRINK = 2
BAND = 13  # pixels at half size: a high-pass of 25 pixels at full size
LEAST = 60  # columns at full size that strip and mosaic must have in common to be compared, without those left out at each side
TRIM, TRIM_SHARE = 20, 0.12  # columns at full size left out at each side, where contact is soft; at most this share of a strip's width
RESPONSE = 0.1  # of the phase correlation
AGREE = 0.3  # correlation of ridges from which a registration is believed
FAR = 64.0  # pixels at full size: no skin moves further between two frames

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Displacement:
    """Of the strip against the mosaic, pixels right and down. `checked` False: nothing is known, which is not "no slip"."""

    x: float
    y: float
    response: float  # 0..1
    checked: bool


UNKNOWN = Displacement(0.0, 0.0, 0.0, checked=False)


def ridges_of(pixels: GrayImage | FloatImage) -> FloatImage:
    """The fine band at half size."""
    size = (max(1, pixels.shape[1] // SHRINK), max(1, pixels.shape[0] // SHRINK))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small - cv2.blur(small, (BAND, BAND)), np.float32)


def displacement(mosaic: FloatImage, strip: FloatImage) -> Displacement:
    """Of two fine bands of one size, the columns that both have."""
    if mosaic.shape[1] < LEAST // SHRINK:
        return UNKNOWN
    window = cv2.createHanningWindow((mosaic.shape[1], mosaic.shape[0]), cv2.CV_32F)
    (right, down), response = cv2.phaseCorrelate(mosaic, strip, window)
    x, y = right * SHRINK, down * SHRINK
    if response < RESPONSE or max(abs(x), abs(y)) > FAR:
        return UNKNOWN
    return Displacement(x, y, response, _agree(mosaic, strip, right, down))


def _agree(mosaic: FloatImage, strip: FloatImage, right: float, down: float) -> bool:
    """Whether ridges fall on ridges."""
    x, y = round(right), round(down)
    rows, columns = mosaic.shape
    a = mosaic[max(0, -y) : rows - max(0, y), max(0, -x) : columns - max(0, x)]
    b = strip[max(0, y) : rows - max(0, -y), max(0, x) : columns - max(0, -x)]
    both = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return both > 0 and float(np.vdot(a, b)) / both > AGREE
