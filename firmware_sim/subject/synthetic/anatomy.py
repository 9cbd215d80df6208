"""How fingers differ and how a hand lies: patterns, sizes, heights and angles. Chosen to look like a hand, not measured."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from firmware_sim.subject.person import LEFT_FOUR, LEFT_THUMB_PLAIN, RIGHT_FOUR, RIGHT_THUMB_PLAIN, TWO_THUMBS
from firmware_sim.subject.synthetic.field import Pattern
from firmware_sim.subject.synthetic.impression import Contact

# half width and half height in pixels: of the plain contact, of the rolled contact
_SIZES = {
    "thumb": ((198, 278), (345, 325)),
    "index": ((158, 240), (330, 318)),
    "middle": ((164, 250), (334, 322)),
    "ring": ((156, 242), (326, 316)),
    "little": ((134, 204), (300, 296)),
}
_NAMES = ("thumb", "index", "middle", "ring", "little")
_FAN = {"thumb": 4.0, "index": 3.0, "middle": 0.0, "ring": -3.0, "little": -8.0}  # degrees counter-clockwise on the right hand


@dataclass(frozen=True)
class Place:
    """Where the middle of a finger lies on the picture, in pixels."""

    finger: int
    x: int
    y: int


@dataclass(frozen=True)
class Layout:
    width: int  # pixels
    height: int  # pixels
    places: tuple[Place, ...]  # from left to right


_FOUR = ((2, 215, 395), (3, 600, 325), (4, 985, 365), (5, 1350, 545))  # right hand; the left is its mirror
LAYOUTS = {
    RIGHT_FOUR: Layout(1600, 1000, tuple(Place(*place) for place in _FOUR)),
    LEFT_FOUR: Layout(1600, 1000, tuple(Place(finger + 5, 1600 - x, y) for finger, x, y in reversed(_FOUR))),
    TWO_THUMBS: Layout(1100, 720, (Place(6, 290, 360), Place(1, 810, 360))),
    RIGHT_THUMB_PLAIN: Layout(500, 720, (Place(1, 250, 360),)),
    LEFT_THUMB_PLAIN: Layout(500, 720, (Place(6, 250, 360),)),
    **{finger: Layout(500, 720, (Place(finger, 250, 360),)) for finger in range(1, 11)},
}


def name(finger: int) -> str:
    return _NAMES[(finger - 1) % 5]


def is_right(finger: int) -> bool:
    return finger <= 5


def draw_pattern(finger: int, random: Generator) -> Pattern:
    """Loops six in ten, whorls three, arches one; loops open towards the little finger, but often not on the index finger."""
    ulnar, radial = (Pattern.RIGHT, Pattern.LEFT) if is_right(finger) else (Pattern.LEFT, Pattern.RIGHT)
    radial_share = 0.2 if name(finger) == "index" else 0.02
    shares = {ulnar: 0.62 - radial_share, radial: radial_share, Pattern.WHORL: 0.3, Pattern.ARCH: 0.04, Pattern.TENTED: 0.04}
    return list(shares)[int(random.choice(len(shares), p=list(shares.values())))]


def plain_contact(finger: int, random: Generator) -> Contact:
    (width, height), _ = _SIZES[name(finger)]
    turn = _FAN[name(finger)] * (1 if is_right(finger) else -1) + random.uniform(-3, 3)
    return Contact(width * random.uniform(0.97, 1.03), height * random.uniform(0.97, 1.03), 2.2, turn)


def rolled_contact(finger: int, random: Generator) -> Contact:
    _, (width, height) = _SIZES[name(finger)]
    return Contact(width * random.uniform(0.98, 1.02), height * random.uniform(0.98, 1.02), 4.0, random.uniform(-4, 4))
