"""From 1000 to 500 ppi as NIST SP 500-289 recommends: a Gaussian low-pass, then every second pixel.

The filter is that of NISTIR 7839 (the study behind it): standard deviation 0.8475 pixels, radius 4. It kept the most of what examiners and
matchers see among pixel averaging, plain decimation, transcoding, Gaussian filtering and spectral truncation.
"""

from __future__ import annotations

import cv2
import numpy as np

from agent.model.impression import GrayImage

SIGMA = 0.8475  # pixels at 1000 ppi, NISTIR 7839
RADIUS = 4  # pixels at 1000 ppi, NISTIR 7839
PPI = 500  # at which prints are measured and scored


def halved(pixels: GrayImage) -> GrayImage:
    """Half the resolution: (rows, columns) to (ceil(rows / 2), ceil(columns / 2)). The border is mirrored."""
    side = 2 * RADIUS + 1
    smooth = cv2.GaussianBlur(pixels, (side, side), SIGMA, sigmaY=SIGMA, borderType=cv2.BORDER_REFLECT_101)
    return np.ascontiguousarray(smooth[::2, ::2])


def at_500(pixels: GrayImage, ppi: int) -> GrayImage:
    """For measuring, of any size above 0: halved from 1000 ppi; from another resolution by area."""
    if ppi == PPI:
        return pixels
    if ppi == 2 * PPI:
        return halved(pixels)
    size = (max(1, round(pixels.shape[1] * PPI / ppi)), max(1, round(pixels.shape[0] * PPI / ppi)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
