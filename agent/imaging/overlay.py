"""Two pictures of the same print laid upon each other: for one that was composed, whose frame lies elsewhere than the original's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.codec import psnr
from agent.model.impression import GrayImage

COARSE = 4  # pixels to one, for finding the place
BOX = 17  # pixels at 500 ppi, two ridges: within it a place with ridges swings
SWING = 40  # grey levels, darkest to lightest, from which a place shows ridges
EDGE = 2  # boxes that the rim of the print is left out: there one picture ends before the other


def overlaid(a: GrayImage, b: GrayImage) -> tuple[GrayImage, GrayImage]:
    """The parts of both that show the same place, of one size, moved by whole pixels. Of pictures that have nothing in common: anything."""
    dx, dy = _shift(a, b)
    left, top = max(0, dx), max(0, dy)
    right, bottom = min(a.shape[1], b.shape[1] + dx), min(a.shape[0], b.shape[0] + dy)
    return a[top:bottom, left:right], b[top - dy : bottom - dy, left - dx : right - dx]


def ridge_psnr(a: GrayImage, b: GrayImage) -> float:
    """Peak signal-to-noise ratio in dB of two pictures of one print, over the ridges that both show; 0 where they show none."""
    first, second = overlaid(a, b)
    both = _ridges(first) & _ridges(second)
    return psnr(first[both], second[both]) if both.any() else 0.0


def _shift(a: GrayImage, b: GrayImage) -> tuple[int, int]:
    """Where b's corner lies in a: coarsely by correlation over the whole, then pixel by pixel around it."""
    small = [cv2.resize(255 - image, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA) for image in (a, b)]
    rows, columns = (max(one.shape[axis] for one in small) for axis in (0, 1))
    room = cv2.copyMakeBorder(small[0], rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=0)
    found = cv2.minMaxLoc(cv2.matchTemplate(room, small[1], cv2.TM_CCORR_NORMED))[3]
    return _refined(a, b, (found[0] - columns) * COARSE, (found[1] - rows) * COARSE)


def _refined(a: GrayImage, b: GrayImage, dx: int, dy: int) -> tuple[int, int]:
    pad = 2 * COARSE
    room = cv2.copyMakeBorder(a, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=255)
    left, top = max(0, dx), max(0, dy)
    right, bottom = min(a.shape[1], b.shape[1] + dx), min(a.shape[0], b.shape[0] + dy)
    part = b[top - dy : bottom - dy, left - dx : right - dx]
    if min(part.shape) < pad:
        return dx, dy
    around = room[top : bottom + 2 * pad, left : right + 2 * pad]
    found = cv2.minMaxLoc(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED))[3]
    return dx + found[0] - pad, dy + found[1] - pad


def _ridges(image: GrayImage) -> NDArray[np.bool_]:
    kernel = np.ones((BOX, BOX), np.uint8)
    swing = cv2.subtract(cv2.dilate(image, kernel), cv2.erode(image, kernel))
    return np.asarray(cv2.erode((swing >= SWING).astype(np.uint8), np.ones((EDGE * BOX, EDGE * BOX), np.uint8)) > 0)
