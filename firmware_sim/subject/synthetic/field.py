"""Ridge direction and ridge period of a finger, from its singular points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]  # (rows, columns)
Point = tuple[float, float]  # pixels from the centre, x to the right, y down

COLUMNS, ROWS = 800, 750  # pixels at 500 ppi, of a whole finger
PERIOD, PERIOD_VARIATION = 9.0, 0.35  # pixels from ridge to ridge
WAVER = 0.06  # rad, how much the direction wanders
CORE_BLUR = 6.0  # pixels, takes the kink out of a core


class Pattern(StrEnum):
    ARCH = "arch"
    TENTED = "tented arch"
    LEFT = "loop open to the left"
    RIGHT = "loop open to the right"
    WHORL = "whorl"


@dataclass(frozen=True)
class Field:
    direction: Floats  # rad, counter-clockwise from the row, modulo pi
    period: Floats  # pixels


# cores, deltas, how far a core may move, how far a delta may move
_SINGULAR: dict[Pattern, tuple[tuple[Point, ...], tuple[Point, ...], float, float]] = {
    Pattern.TENTED: (((0, -10),), ((0, 110),), 4, 4),
    Pattern.LEFT: (((0, 0),), ((130, 190),), 15, 30),
    Pattern.RIGHT: (((0, 0),), ((-130, 190),), 15, 30),
    Pattern.WHORL: (((0, -35), (0, 35)), ((-180, 190), (180, 190)), 15, 30),
}
_CORE_BEND = {Pattern.WHORL: 0.3}  # 0: ridges fan out below a core; towards 1: they run side by side
_DEFAULT_BEND = 0.6


def smooth_noise(random: Generator, shape: tuple[int, ...], sigma: float) -> Floats:
    """Noise without detail below `sigma` pixels, mean 0, standard deviation 1."""
    step = max(1, int(sigma // 4))  # made small, then enlarged
    margin = 12
    small = (shape[0] // step + 2 * margin, shape[1] // step + 2 * margin)
    noise = cv2.GaussianBlur(random.standard_normal(small, np.float32), (0, 0), sigma / step)
    inner = (noise / noise.std())[margin:-margin, margin:-margin]
    return np.asarray(cv2.resize(inner, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def make_field(pattern: Pattern, random: Generator) -> Field:
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    x, y = columns - COLUMNS / 2, rows - ROWS / 2
    doubled = _arch(x, y, random) if pattern is Pattern.ARCH else _zero_pole(pattern, x, y, random)
    cosine, sine = (cv2.GaussianBlur(part, (0, 0), CORE_BLUR) for part in (np.cos(doubled), np.sin(doubled)))
    direction = 0.5 * np.arctan2(sine, cosine) + WAVER * smooth_noise(random, x.shape, 60)
    period = PERIOD + PERIOD_VARIATION * smooth_noise(random, x.shape, 80)
    return Field(direction.astype(np.float32), period.astype(np.float32))


def _arch(x: Floats, y: Floats, random: Generator) -> Floats:
    """Twice the direction of a plain arch: no singular point, a hill that flattens above and below."""
    height = random.uniform(0.9, 1.2)
    hill = height * np.exp(-(((y - 60) / 190) ** 2)) * np.sin(np.pi * np.clip(x / 260, -1, 1))
    return np.asarray(-2 * np.arctan(hill), np.float32)


def _zero_pole(pattern: Pattern, x: Floats, y: Floats, random: Generator) -> Floats:
    """Twice the direction: the sum of the angles to the cores less the angles to the deltas."""
    cores, deltas, core_jitter, delta_jitter = _SINGULAR[pattern]
    cores = tuple(_moved(core, core_jitter, random) for core in cores)
    deltas = tuple(_moved(delta, delta_jitter, random) for delta in deltas)
    bend = _CORE_BEND.get(pattern, _DEFAULT_BEND)
    total = -sum((_angle(delta, x, y) for delta in deltas), np.zeros_like(x))
    for n, core in enumerate(cores):
        opening = sum(_angle(other, *core) for other in cores[:n] + cores[n + 1 :]) - sum(_angle(delta, *core) for delta in deltas)
        turned = np.angle(np.exp(1j * (_angle(core, x, y) - opening)))
        total += (opening + turned - bend * np.sin(turned)).astype(np.float32)
    return np.asarray(total, np.float32)


def _moved(point: Point, jitter: float, random: Generator) -> Point:
    dx, dy = random.uniform(-jitter, jitter, 2)
    return point[0] + dx, point[1] + dy


def _angle(origin: Point, x: Floats | float, y: Floats | float) -> Floats:
    """Of each place seen from `origin`, counter-clockwise, y up."""
    return np.asarray(np.arctan2(-(np.asarray(y) - origin[1]), np.asarray(x) - origin[0]), np.float32)
