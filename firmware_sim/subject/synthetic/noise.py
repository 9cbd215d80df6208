"""Noise that is smooth: how skin, pressure and moisture vary over a finger."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]  # (rows, columns)


def smooth_noise(random: Generator, shape: tuple[int, ...], sigma: float) -> Floats:
    """Noise without detail below `sigma` pixels, mean 0, standard deviation 1."""
    step = max(1, int(sigma // 4))  # made small, then enlarged
    margin = 12
    small = (shape[0] // step + 2 * margin, shape[1] // step + 2 * margin)
    noise = cv2.GaussianBlur(random.standard_normal(small, np.float32), (0, 0), sigma / step)
    inner = (noise / noise.std())[margin:-margin, margin:-margin]
    return np.asarray(cv2.resize(inner, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)
