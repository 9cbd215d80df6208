"""Ridge direction and ridge period of a finger, from its singular points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator

from firmware_sim.subject.synthetic.noise import Floats, smooth_noise

Point = tuple[float, float]  # pixels from the centre, x to the right, y down

COLUMNS, ROWS = 800, 750  # pixels at 500 ppi, of a whole finger
PERIOD_VARIATION = 0.35  # pixels
WAVER = 0.06  # rad, how much the direction wanders
CORE_BLUR = 6.0  # pixels, takes the kink out of a core
TIP_ARCH, TIP_FROM, TIP_SOFT, TIP_RADIUS = 0.75, -130.0, 70.0, 330.0  # how far, from where up, and how round ridges follow the fingertip


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


@dataclass(frozen=True)
class Singular:
    """Where a finger's ridges turn back (cores) and where three flows meet (deltas)."""

    cores: tuple[Point, ...]
    deltas: tuple[Point, ...]


# cores, deltas, how far a core may move, how far a delta may move
_SINGULAR: dict[Pattern, tuple[tuple[Point, ...], tuple[Point, ...], float, float]] = {
    Pattern.ARCH: ((), (), 0, 0),
    Pattern.TENTED: (((0, -10),), ((0, 110),), 4, 4),
    Pattern.LEFT: (((0, 0),), ((130, 190),), 15, 30),
    Pattern.RIGHT: (((0, 0),), ((-130, 190),), 15, 30),
    Pattern.WHORL: (((0, 0), (0, 0)), ((-180, 190), (180, 190)), 15, 30),
}
_WHORL_APART = (15.0, 48.0)  # pixels from the middle of a whorl to each of its cores: from rings to a double loop
_WHORL_LEAN = 0.45  # rad, standard deviation
_CORE_BEND = {Pattern.WHORL: 0.3}  # 0: ridges fan out below a core; towards 1: they run side by side
_DEFAULT_BEND = 0.6


def draw_singular(pattern: Pattern, size: float, random: Generator) -> Singular:
    """`size` of the finger: 1 = an index finger."""
    cores, deltas, core_jitter, delta_jitter = _SINGULAR[pattern]
    if pattern is Pattern.WHORL:
        apart, lean = random.uniform(*_WHORL_APART), random.normal(0, _WHORL_LEAN)
        dx, dy = apart * np.sin(lean), apart * np.cos(lean)
        cores, core_jitter = ((-dx, -dy), (dx, dy)), 5
    return Singular(
        tuple(_moved(core, core_jitter, size, random) for core in cores), tuple(_moved(d, delta_jitter, size, random) for d in deltas)
    )


def make_field(
    pattern: Pattern, random: Generator, *, size: float = 1.0, period: float = 9.0, shape: tuple[int, int] = (ROWS, COLUMNS), scale: int = 1
) -> Field:
    """`period`: pixels at 500 ppi from ridge to ridge. `shape`: rows and columns of the field, each `scale` pixels at 500 ppi."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    x, y = (columns - (shape[1] - 1) / 2) * scale, (rows - (shape[0] - 1) / 2) * scale
    singular = draw_singular(pattern, size, random)
    doubled = _arch(x / size, y / size, random) if pattern is Pattern.ARCH else _zero_pole(singular, _bend(pattern), x, y)
    doubled = doubled + 2 * _around_the_tip(x, y)
    cosine, sine = (cv2.GaussianBlur(part, (0, 0), CORE_BLUR / scale) for part in (np.cos(doubled), np.sin(doubled)))
    direction = 0.5 * np.arctan2(sine, cosine) + WAVER * smooth_noise(random, shape, 60 / scale)
    periods = period + PERIOD_VARIATION * smooth_noise(random, shape, 80 / scale)
    return Field(direction.astype(np.float32), periods.astype(np.float32))


def _arch(x: Floats, y: Floats, random: Generator) -> Floats:
    """Twice the direction of a plain arch: no singular point, a hill that flattens above and below."""
    height, middle = random.uniform(0.8, 1.2), random.uniform(30, 90)
    reach = np.where(y < middle, 260, 190)
    hill = height * np.exp(-(((y - middle) / reach) ** 2)) * np.sin(np.pi * np.clip(x / 300, -1, 1))
    return np.asarray(-2 * np.arctan(hill), np.float32)


def _around_the_tip(x: Floats, y: Floats) -> Floats:
    """Ridges above the pattern follow the outline of the fingertip."""
    above = 1 / (1 + np.exp((y - TIP_FROM) / TIP_SOFT))
    return np.asarray(-TIP_ARCH * above * np.arctan(x / TIP_RADIUS), np.float32)


def _bend(pattern: Pattern) -> float:
    return _CORE_BEND.get(pattern, _DEFAULT_BEND)


def _zero_pole(singular: Singular, bend: float, x: Floats, y: Floats) -> Floats:
    """Twice the direction: the sum of the angles to the cores less the angles to the deltas."""
    cores, deltas = singular.cores, singular.deltas
    total = -sum((_angle(delta, x, y) for delta in deltas), np.zeros_like(x))
    for n, core in enumerate(cores):
        opening = sum(_angle(other, *core) for other in cores[:n] + cores[n + 1 :]) - sum(_angle(delta, *core) for delta in deltas)
        turned = np.angle(np.exp(1j * (_angle(core, x, y) - opening)))
        total += (opening + turned - bend * np.sin(turned)).astype(np.float32)
    return np.asarray(total, np.float32)


def _moved(point: Point, jitter: float, size: float, random: Generator) -> Point:
    dx, dy = random.uniform(-jitter, jitter, 2)
    return float((point[0] + dx) * size), float((point[1] + dy) * size)


def _angle(origin: Point, x: Floats | float, y: Floats | float) -> Floats:
    """Of each place seen from `origin`, counter-clockwise, y up."""
    return np.asarray(np.arctan2(-(np.asarray(y) - origin[1]), np.asarray(x) - origin[0]), np.float32)
