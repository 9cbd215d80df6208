"""Where ridges run and which way: gradients averaged over a window, kept each 16 pixels. Works at 250 ppi, enough to see ridges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.ridges import COHERENT, FloatImage, at_work_scale
from agent.match.template import FLOW_STEP, FLOW_UNITS, NO_FLOW, PPI, flow_shape
from agent.model.impression import GrayImage

WINDOW = 6.0  # sigma in pixels at 250 ppi: two ridges to each side
FAINT = 0.25  # of the strong places' contrast: less is background
LEAST = 3.0  # grey levels of ridge contrast that a sensor's noise does not reach on its own


def flow_of(image: GrayImage) -> NDArray[np.uint8]:
    """(rows, columns) of a print at 500 ppi as `Template.flow`."""
    rows, columns = flow_shape(image.shape[1], image.shape[0])
    work = at_work_scale(image, PPI).astype(np.float32)
    turn, coherence, contrast = structure(work)
    places = np.ix_(_places(rows, work.shape[0]), _places(columns, work.shape[1]))
    strong = float(np.percentile(contrast, 95))
    ridged = (contrast[places] > max(LEAST, FAINT * strong)) & (coherence[places] > COHERENT)
    whole = cv2.morphologyEx(ridged.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    units = np.floor(turn[places] / np.pi * FLOW_UNITS) % FLOW_UNITS
    return np.where(whole > 0, units, NO_FLOW).astype(np.uint8)


def structure(work: FloatImage) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Direction of ridges (radians, 0 to pi, counter-clockwise), coherence 0..1 and contrast (grey levels), per pixel."""
    fine = cv2.GaussianBlur(work, (0, 0), 0.8) - cv2.GaussianBlur(work, (0, 0), 4.0)
    gx, gy = cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)
    xx, yy, xy, power = (cv2.GaussianBlur(product, (0, 0), WINDOW) for product in (gx * gx, gy * gy, gx * gy, fine * fine))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)  # of the gradient, clockwise on the screen since y is down
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1.0)
    along = np.mod(np.pi / 2 - across, np.pi)
    return along.astype(np.float32), coherence.astype(np.float32), np.sqrt(power).astype(np.float32)


def _places(count: int, length: int) -> NDArray[np.intp]:
    """Middles of the squares, as pixels at 250 ppi."""
    middles = (np.arange(count) * FLOW_STEP + FLOW_STEP // 2) // 2
    return np.minimum(middles, length - 1)
