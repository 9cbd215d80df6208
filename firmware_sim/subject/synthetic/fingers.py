"""Makes one finger of a seed: everything that is slow. Pure: the same seed and finger always give the same bytes on one machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from firmware_sim.subject.person import Gray
from firmware_sim.subject.synthetic import anatomy, impression
from firmware_sim.subject.synthetic.field import make_field
from firmware_sim.subject.synthetic.growth import grow


@dataclass(frozen=True, eq=False)
class Finger:
    rolled: Gray = field(repr=False)  # a finished picture, 800 x 750 pixels
    plain: Gray = field(repr=False)  # ink of a plain touch, 0 = bare, cut to its contact


def draw(seed: str, *purpose: int) -> Generator:
    """A stream of random numbers of its own for each purpose."""
    words = np.frombuffer(hashlib.sha256(seed.encode()).digest(), "<u4")
    return np.random.default_rng([*map(int, words), *purpose])


def make_finger(seed: str, finger: int) -> Finger:
    """`finger` is a position 1..10."""
    random = draw(seed, finger)
    pattern = anatomy.draw_pattern(finger, random)
    ridges = grow(make_field(pattern, random), pattern, random)
    plain, rolled = anatomy.plain_contact(finger, random), anatomy.rolled_contact(finger, random)
    plain_ink = impression.cut(impression.render(ridges, plain, random), plain)
    return Finger(impression.sensed(impression.render(ridges, rolled, random), random), plain_ink)
