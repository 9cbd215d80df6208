"""How far the skin in a strip lies from where the mosaic has it: phase correlation, and a check that ridges then agree.

250 ppi are enough: a ridge is 4 to 5 pixels there, and the peak is read between pixels. Ridges repeat, so a peak is believed only when
the ridges under it agree. The upper and the lower half are registered each for itself as well: where they moved apart sideways the finger
has turned, and where one of them does not agree nothing is known of the whole.
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
TURNS = 0.2  # degrees; less is uncertainty: 0.05 at most in good synthetic rolls
FAR = 32.0  # pixels at 250 ppi: no skin moves further between two frames

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Displacement:
    """Of the strip's skin against the mosaic, pixels right and down, and degrees clockwise about the middle of what was compared.

    `checked` False: nothing is known, which is not "no slip".
    """

    x: float
    y: float
    turn: float
    checked: bool


STILL = Displacement(0.0, 0.0, 0.0, checked=True)
UNKNOWN = Displacement(0.0, 0.0, 0.0, checked=False)


def ridges_of(pixels: GrayImage | FloatImage, ppi: int) -> FloatImage:
    """The fine band at 250 ppi."""
    shrink = ppi // WORK_PPI
    size = (max(1, pixels.shape[1] // shrink), max(1, pixels.shape[0] // shrink))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small - cv2.blur(small, (BAND, BAND)), np.float32)


def displacement(mosaic: FloatImage, strip: FloatImage, ppi: int) -> Displacement:
    """Of two fine bands of one size, the rows and columns that both have; in pixels at `ppi`."""
    half = len(mosaic) // 2
    whole, upper, lower = (_shift(mosaic[rows], strip[rows]) for rows in (slice(None), slice(half), slice(half, None)))
    if upper is None or lower is None:
        return UNKNOWN
    turn = float(np.degrees((upper[0] - lower[0]) / half))
    x, y = whole if whole is not None and abs(turn) < TURNS else ((upper[0] + lower[0]) / 2, (upper[1] + lower[1]) / 2)
    shrink = ppi // WORK_PPI
    return Displacement(x * shrink, y * shrink, turn, checked=True)


def _shift(mosaic: FloatImage, strip: FloatImage) -> tuple[float, float] | None:
    """Pixels right and down; None where ridges then do not fall on ridges."""
    window = cv2.createHanningWindow((mosaic.shape[1], mosaic.shape[0]), cv2.CV_32F)
    (right, down), response = cv2.phaseCorrelate(*(_padded(one) for one in (mosaic, strip, window)))
    known = response >= RESPONSE and max(abs(right), abs(down)) <= FAR
    return (right, down) if known and _agreement(mosaic, strip, round(right), round(down)) > AGREE else None


def _padded(pixels: FloatImage) -> FloatImage:
    """To an even size that transforms quickly: OpenCV pads to odd sizes too, and then reads the peak half a pixel off."""
    rows, columns = (2 * cv2.getOptimalDFTSize((length + 1) // 2) - length for length in pixels.shape)
    return np.asarray(cv2.copyMakeBorder(pixels, 0, rows, 0, columns, cv2.BORDER_CONSTANT), np.float32)


def _agreement(mosaic: FloatImage, strip: FloatImage, x: int, y: int) -> float:
    """-1..1, correlation of the ridges."""
    rows, columns = mosaic.shape
    a = mosaic[max(0, -y) : rows - max(0, y), max(0, -x) : columns - max(0, x)]
    b = strip[max(0, y) : rows - max(0, -y), max(0, x) : columns - max(0, -x)]
    both = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    return float(np.vdot(a, b)) / both if both > 0 else 0.0
