"""How people and fingers differ and how a hand lies: patterns, sizes, heights and angles.

Of the five pattern classes all fingers together have the shares of the literature: arch 3.7, tented arch 2.9, left loop 33.8, right loop
31.7, whorl 27.9 percent (natural distribution in "SFinGe v2.0, some notes", Biometric Systems Lab, University of Bologna). How they divide
over the fingers (whorls on ring fingers and thumbs, arches and radial loops on index fingers, ulnar loops on little fingers) follows what
is commonly told of them; the figures are chosen so that their means are those above. Sizes and places are chosen to look like a hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from firmware_sim.subject.person import LEFT_FOUR, RIGHT_FOUR, TWO_THUMBS
from firmware_sim.subject.synthetic.field import Pattern
from firmware_sim.subject.synthetic.impression import Contact, Skin

_NAMES = ("thumb", "index", "middle", "ring", "little")
# half width and half height in pixels: of the plain contact, of the rolled contact
_SIZES = {
    "thumb": ((190, 272), (345, 325)),
    "index": ((158, 240), (330, 318)),
    "middle": ((164, 250), (334, 322)),
    "ring": ((156, 242), (326, 316)),
    "little": ((143, 218), (302, 298)),
}
# whorl, arch, tented arch, radial loop; the rest are ulnar loops
_SHARES = {
    "thumb": (0.36, 0.025, 0.01, 0.005),
    "index": (0.30, 0.08, 0.065, 0.17),
    "middle": (0.18, 0.055, 0.045, 0.025),
    "ring": (0.40, 0.015, 0.015, 0.01),
    "little": (0.155, 0.01, 0.01, 0.005),
}
_PERIOD = {"thumb": 0.35, "index": 0.0, "middle": 0.1, "ring": 0.0, "little": -0.2}  # pixels beyond the person's own
_FAN = {"thumb": 12.0, "index": 4.0, "middle": 0.0, "ring": -4.0, "little": -10.0}  # degrees counter-clockwise on the right hand
_FOUR = ((2, -590, -95), (3, -200, -170), (4, 190, -125), (5, 560, 55))  # right hand, pixels from the platen's middle; the left mirrors it
_THUMBS = ((6, -270, 0), (1, 270, 0))


@dataclass(frozen=True)
class Build:
    """A person."""

    size: float  # of hands, 1 = middling
    period: float  # pixels from ridge to ridge
    roughness: float  # of skin, 0..1
    reach: tuple[tuple[int, float, float], ...]  # finger 1..10, pixels right and down of where it usually lies


@dataclass(frozen=True)
class Traits:
    """What makes one finger, beside its ridges."""

    pattern: Pattern
    size: float  # 1 = an index finger
    period: float  # pixels
    plain: Contact
    rolled: Contact
    roughness: float  # of skin, 0..1


@dataclass(frozen=True)
class Place:
    """Where the middle of a finger lies, in pixels from the platen's middle."""

    finger: int
    x: float
    y: float


def name(finger: int) -> str:
    return _NAMES[(finger - 1) % 5]


def is_right(finger: int) -> bool:
    return finger <= 5


def shares(finger: int) -> dict[Pattern, float]:
    """How often each pattern is on this finger; loops mostly open towards the little finger."""
    whorl, arch, tented, radial_loop = _SHARES[name(finger)]
    ulnar, radial = (Pattern.RIGHT, Pattern.LEFT) if is_right(finger) else (Pattern.LEFT, Pattern.RIGHT)
    rest = 1 - whorl - arch - tented - radial_loop
    return {ulnar: rest, radial: radial_loop, Pattern.WHORL: whorl, Pattern.ARCH: arch, Pattern.TENTED: tented}


def draw_pattern(finger: int, random: Generator) -> Pattern:
    chances = shares(finger)
    return list(chances)[int(random.choice(len(chances), p=list(chances.values())))]


def draw_build(random: Generator) -> Build:
    reach = tuple((n, float(random.normal(0, 9)), float(random.normal(0, 20))) for n in range(1, 11))
    size = float(np.clip(random.normal(0.97, 0.03), 0.9, 1.03))
    return Build(size, float(np.clip(random.normal(8.9, 0.25), 8.4, 9.4)), float(random.uniform(0, 1)), reach)


def draw_traits(finger: int, build: Build, random: Generator) -> Traits:
    pattern = draw_pattern(finger, random)
    (plain_width, plain_height), (rolled_width, rolled_height) = _SIZES[name(finger)]
    scale = build.size * random.uniform(0.98, 1.02)
    plain = Contact(plain_width * scale, plain_height * scale, random.uniform(2.15, 2.5), fan(finger), flat=1.0)
    rolled = Contact(rolled_width * scale, rolled_height * scale, random.uniform(3.4, 4.4))
    return Traits(pattern, plain_width / 158 * scale, build.period + _PERIOD[name(finger)], plain, rolled, build.roughness)


def draw_skin(roughness: float, random: Generator) -> Skin:
    """Rough enough to score well (see impression); the rest varies as looks natural."""
    grain = 0.55 + 0.05 * roughness + random.uniform(-0.03, 0.04)
    return Skin(random.uniform(-0.4, -0.22), grain, random.uniform(3.8, 6.0), random.uniform(0.07, 0.15))


def fan(finger: int) -> float:
    """Degrees counter-clockwise at which a finger lies when the hand lies straight."""
    return _FAN[name(finger)] * (1 if is_right(finger) else -1)


def places(position: int, build: Build) -> tuple[Place, ...]:
    """The fingers of an impression from left to right."""
    usual = {
        RIGHT_FOUR: _FOUR,
        LEFT_FOUR: tuple((finger + 5, -x, y) for finger, x, y in reversed(_FOUR)),
        TWO_THUMBS: _THUMBS,
    }.get(position)
    if usual is None:
        return (Place({11: 1, 12: 6}.get(position, position), 0, 0),)
    reach = {finger: (x, y) for finger, x, y in build.reach}
    return tuple(Place(n, build.size * x + reach[n][0], build.size * y + reach[n][1]) for n, x, y in usual)
