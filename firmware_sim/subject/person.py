"""What a person can lay on a platen, whatever the person is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_sim.subject.condition import GOOD, Condition, Flaw

Gray = NDArray[np.uint8]  # (rows, columns), 0 = ridge, 255 = bare, row 0 at the fingertips

FLAT_AREA, ROLL_AREA = (1640, 1520), (840, 800)  # pixels, width and height, that a touch can fill at 500 ppi

# ANSI/NIST-ITL 1-2011 table 8, friction ridge position codes
RIGHT_THUMB_PLAIN, LEFT_THUMB_PLAIN, RIGHT_FOUR, LEFT_FOUR, TWO_THUMBS = 11, 12, 13, 14, 15
PLAIN_THUMBS = {1: RIGHT_THUMB_PLAIN, 6: LEFT_THUMB_PLAIN}
MEMBERS = {
    **{n: frozenset({n}) for n in range(1, 11)},
    RIGHT_THUMB_PLAIN: frozenset({1}),
    LEFT_THUMB_PLAIN: frozenset({6}),
    RIGHT_FOUR: frozenset({2, 3, 4, 5}),
    LEFT_FOUR: frozenset({7, 8, 9, 10}),
    TWO_THUMBS: frozenset({1, 6}),
}
PLAIN_POSITION = {**PLAIN_THUMBS, **{finger: position for position in (RIGHT_FOUR, LEFT_FOUR) for finger in MEMBERS[position]}}  # by finger


class SubjectError(Exception):
    """No person can be made of what was named; one sentence says why."""


class Way(StrEnum):
    PLAIN = "plain"
    ROLLED = "rolled"


@dataclass(frozen=True)
class Asked:
    """What the officer asks the person for."""

    way: Way
    position: int  # FGP 1..15
    fingers: frozenset[int]  # finger positions that should lie on the platen
    attempt: int = 0  # how often the same was asked before: no two touches of a finger are alike


@dataclass(frozen=True)
class Box:
    """Where one finger lies in a touch, in its pixels."""

    finger: int  # position 1..10 of the finger that lies there, whatever was asked
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Touch:
    """What the person lays down: the finished picture, which every animation of this touch leads to."""

    position: int  # FGP
    way: Way
    fingers: int  # how many lie on the platen
    pixels: Gray = field(repr=False)  # cut around what is seen, at most the platen
    boxes: tuple[Box, ...] = ()  # from left to right; empty: the picture in equal parts
    centre: tuple[int, int] = (0, 0)  # of the picture, pixels right of and below the platen's middle
    how: Condition = GOOD
    flaws: frozenset[Flaw] = frozenset()  # the truth of what is wrong with it


class Person(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def absent(self) -> Mapping[int, str]:
        """Fingers that give no print, with their AMP code (EBTS 2.084): XX amputated, UP cannot be printed."""
        ...

    def touch(self, asked: Asked, how: Condition = GOOD) -> Touch | None:
        """The same asked and how give the same bytes. None when the person has nothing to lay down.

        `firmware_sim.subject.motion` shows a touch coming down, lying, rolling and being lifted.
        """
        ...


def lacks(person: Person) -> tuple[int, ...]:
    """Of the fourteen impressions of a ten-print card, the finger positions for which the person has nothing to lay down."""
    rolled = [Asked(Way.ROLLED, finger, MEMBERS[finger]) for finger in range(1, 11)]
    plain = [Asked(Way.PLAIN, position, MEMBERS[position]) for position in (RIGHT_THUMB_PLAIN, LEFT_THUMB_PLAIN, RIGHT_FOUR, LEFT_FOUR)]
    needed = [asked for asked in rolled + plain if asked.fingers - set(person.absent)]
    return tuple(asked.position for asked in needed if person.touch(asked) is None)


def write_truth(directory: Path, touch: Touch) -> Path:
    """What lay on the platen as `fgp-N.pgm`; a plain print of a single finger that is no thumb as `fgp-N-plain.pgm`."""
    suffix = "-plain" if touch.way is Way.PLAIN and touch.position <= 10 else ""
    path = directory / f"fgp-{touch.position}{suffix}.pgm"
    rows, columns = touch.pixels.shape
    path.write_bytes(b"P5\n%d %d\n255\n" % (columns, rows) + touch.pixels.tobytes())
    return path
