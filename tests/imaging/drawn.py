"""Drawn hands: fingertips with ridges of a known place, width and direction. No more like skin than a test of geometry needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PPI = 500
RIDGE = 9.0  # pixels at 500 ppi, 0.46 mm


@dataclass(frozen=True)
class Pad:
    """One pad of skin on the glass; millimetres."""

    x: float
    y: float
    width: float = 15.0
    length: float = 22.0
    depth: float = 1.0  # 0..1, how dark its ridges are


def drawn(
    pads: list[Pad], *, size: tuple[int, int] = (1500, 1600), turn: float = 0.0, speckle: float = 3.0, seed: int = 1
) -> NDArray[np.uint8]:
    """An image (rows, columns) with the pads on it, the hand turned clockwise by `turn` degrees about the middle of the image."""
    rng = np.random.default_rng(seed)
    rows, cols = size
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    u = (c * (x - cols / 2) + s * (y - rows / 2) + cols / 2) * 25.4 / PPI  # mm in the frame of the hand
    v = (-s * (x - cols / 2) + c * (y - rows / 2) + rows / 2) * 25.4 / PPI
    page = np.full(size, 250.0, np.float32)
    for pad in pads:
        inside = ((u - pad.x) / (pad.width / 2)) ** 2 + ((v - pad.y) / (pad.length / 2)) ** 2 < 1
        radius = np.hypot(u - pad.x, 0.8 * (v - pad.y - 3)) * PPI / 25.4
        wave = 140 + 100 * np.cos(2 * np.pi * radius / RIDGE)
        page[inside] = (250 - pad.depth * (250 - wave))[inside]
    return np.clip(page + rng.normal(0, speckle, size), 0, 255).astype(np.uint8)


def right_hand(gap: float = 4.0, depth: tuple[float, float, float, float] = (1, 1, 1, 1)) -> list[Pad]:
    """Index, middle, ring, little: tips in the arc of a right hand, `gap` mm apart."""
    drop = (6.0, 0.0, 3.0, 14.0)
    step = 15.0 + gap
    return [Pad(14 + i * step, 22 + drop[i], depth=depth[i]) for i in range(4)]


def joints(pads: list[Pad], below: float = 26.0) -> list[Pad]:
    """The middle joint under each tip."""
    return [Pad(p.x, p.y + below, 13.0, 18.0, 0.7) for p in pads]
