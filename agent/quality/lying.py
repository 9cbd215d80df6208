"""How the hand lies in the picture: what the border cuts off, and how far it is turned.

A scanner's picture ends where the platen ends or where nothing more lies; only a finger that is cut reaches the border. Below, a hand
always goes on: there only a fingertip counts that ends long before it is as long as it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

STRIP = 0.3  # mm along the border that is looked at
TOUCHED = 25.0  # grey levels of ink, mean over the strip and a ridge's width along it, from which something lies there
RIDGES = 1.0  # mm along the border that are averaged: two ridges
NEAR = 1.5  # mm from the border to a finger's box that may reach it
STUMP = 1.25  # times its width: a tip that ends at the lower border and is shorter is cut off there

Polygon = NDArray[np.float32]


@dataclass(frozen=True)
class Lying:
    clipped_mm: tuple[float, ...] = ()  # mm of border that cuts each finger seen, from left to right
    rotations: tuple[float, ...] = ()  # degrees clockwise of each
    remains_mm: float = 0.0  # mm of the left, right and upper border that cut something else: most of it lies beyond the platen

    @property
    def turn(self) -> float:
        """Degrees clockwise of the hand: the middle one of its fingers', which fan out to both sides."""
        return float(np.median(self.rotations)) if self.rotations else 0.0


def lying(image: GrayImage, outlines: Sequence[Polygon], ppi: int) -> Lying:
    """`outlines`: (4, 2) x, y each, upper left, upper right, lower right, lower left, in pixels of the image."""
    left, right, top, bottom = (_touched(strip, ppi) for strip in _strips(image, max(1, round(STRIP * ppi / 25.4))))
    clipped, claimed = [], [np.zeros_like(side) for side in (left, right, top)]
    for polygon in outlines:
        sides = _reaches(polygon, image.shape, ppi)
        cut = [side & reach for side, reach in zip((left, right, top, bottom), sides, strict=True)]
        claimed = [before | now for before, now in zip(claimed, cut[:3], strict=True)]
        clipped.append(sum(int(np.count_nonzero(side)) for side in cut) * 25.4 / ppi)
    rest = sum(int(np.count_nonzero(side & ~mine)) for side, mine in zip((left, right, top), claimed, strict=True))
    return Lying(tuple(clipped), tuple(_rotation(polygon) for polygon in outlines), rest * 25.4 / ppi)


def _strips(image: GrayImage, width: int) -> tuple[NDArray[np.float64], ...]:
    """Ink along the left, right, upper and lower border."""
    sides = image[:, :width].mean(axis=1), image[:, -width:].mean(axis=1), image[:width].mean(axis=0), image[-width:].mean(axis=0)
    return tuple(255.0 - side for side in sides)


def _touched(strip: NDArray[np.float64], ppi: int) -> NDArray[np.bool_]:
    window = max(1, round(RIDGES * ppi / 25.4))
    return np.asarray(np.convolve(strip, np.full(window, 1 / window), "same")[: strip.size] >= TOUCHED)


def _reaches(polygon: Polygon, shape: tuple[int, ...], ppi: int) -> tuple[NDArray[np.bool_], ...]:
    """Where along each border this finger may lie: nowhere unless its box comes near."""
    near = NEAR * ppi / 25.4
    (low_x, low_y), (high_x, high_y) = polygon.min(axis=0), polygon.max(axis=0)
    rows, columns = (np.arange(length, dtype=np.float32) for length in shape[:2])
    down = (rows >= low_y - near) & (rows <= high_y + near)
    across = (columns >= low_x - near) & (columns <= high_x + near)
    width, height = (float(np.linalg.norm(polygon[n] - polygon[0])) for n in (1, 3))
    below = high_y >= shape[0] - near and height < STUMP * width
    return down & (low_x < near), down & (high_x >= shape[1] - near), across & (low_y < near), across & below


def _rotation(polygon: Polygon) -> float:
    x, y = polygon[1] - polygon[0]
    return float(np.degrees(np.arctan2(y, x)))
