"""Two plain ways to compose a roll, as peers: the darkest pixel of all frames, and the prototype's seam at the middle of each strip.

Both take a frame as it is: neither looks where the skin lies.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll.strip import find_strip
from agent.model.impression import GrayImage

NEAR = 40.0  # pixels, sigma of a strip's weight around its middle
LEVELS = 60.0  # grey levels of darkness, mean of 17 x 17 pixels, from which a pixel counts in full


class Peer(Protocol):
    def add(self, pixels: GrayImage) -> None: ...

    def finish(self) -> GrayImage:
        """As large as a frame."""
        ...


class DarkestPixel:
    def __init__(self) -> None:
        self._dark: GrayImage | None = None

    def add(self, pixels: GrayImage) -> None:
        self._dark = pixels.copy() if self._dark is None else np.asarray(cv2.min(self._dark, pixels), np.uint8)

    def finish(self) -> GrayImage:
        assert self._dark is not None, "at least one frame"
        return self._dark


class CentreSeam:
    """Every frame weighted by how near a column is to the middle of its strip, and by how dark it is there."""

    def __init__(self) -> None:
        self._sum: NDArray[np.float32] | None = None
        self._weight: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def add(self, pixels: GrayImage) -> None:
        if self._sum is None:
            self._sum, self._weight = np.zeros(pixels.shape, np.float32), np.full(pixels.shape, 1e-6, np.float32)
        strip = find_strip(pixels, 500)
        if strip is None:
            return
        away = (np.arange(pixels.shape[1], dtype=np.float32) - np.float32(strip.centre)) / np.float32(NEAR)
        dark = np.clip((250 - cv2.blur(pixels, (17, 17)).astype(np.float32)) / LEVELS, 0.02, 1)
        weight = (np.exp(-0.5 * away**2)[None, :] * dark).astype(np.float32)
        self._sum += weight * (255 - pixels.astype(np.float32))
        self._weight += weight

    def finish(self) -> GrayImage:
        assert self._sum is not None, "at least one frame"
        return np.asarray(np.clip(255 - self._sum / self._weight, 0, 255), np.uint8)
