"""Rolls of synthetic fingers, frame by frame, and what they should give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll import RollComposer, RolledPrint
from firmware_sim.subject import motion
from firmware_sim.subject.condition import NAMED, Condition
from firmware_sim.subject.person import ROLL_AREA, Asked, Way
from firmware_sim.subject.synthetic.fingers import Finger, make_finger
from firmware_sim.subject.synthetic.person import SyntheticPerson

SEED = "roll tests"
FPS = 15
AREA = (800, 750)

Gray = NDArray[np.uint8]


@cache
def _grown(finger: int) -> Finger:
    return make_finger(SEED, finger)


@dataclass(frozen=True, eq=False)
class Roll:
    frames: list[tuple[Gray, int, int]]  # pixels, index, us
    picture: Gray  # the true print
    corner: tuple[int, int]  # of the true print, in pixels of the frames


def roll_of(how: Condition | str = "good", finger: int = 2) -> Roll:
    condition = NAMED[how] if isinstance(how, str) else how
    touch = SyntheticPerson(SEED, {finger: _grown(finger)}).touch(Asked(Way.ROLLED, finger, frozenset({finger})), condition)
    assert touch is not None
    moving = motion.roll(touch)
    count = int(np.ceil(moving.duration_ms * FPS / 1000)) + 1
    frames = [(moving.look(min(moving.duration_ms, n * 1000 / FPS)).pixels, n, n * 1_000_000 // FPS) for n in range(count)]
    rows, columns = touch.pixels.shape
    corner = (ROLL_AREA[0] - columns) // 2 + touch.centre[0], (ROLL_AREA[1] - rows) // 2 + touch.centre[1]
    return Roll(frames, touch.pixels, corner)


def composed(roll: Roll) -> RolledPrint:
    composer = RollComposer(AREA)
    for frame in roll.frames:
        composer.add(*frame)
    return composer.finish()


def truth(roll: Roll, found: RolledPrint) -> Gray:
    """The true print where the composed one has it."""
    sheet = np.full((ROLL_AREA[1] + 400, ROLL_AREA[0] + 400), 255, np.uint8)
    rows, columns = roll.picture.shape
    left, top = roll.corner[0] + 200, roll.corner[1] + 200
    sheet[top : top + rows, left : left + columns] = roll.picture
    x, y = found.origin[0] + 200, found.origin[1] + 200
    return sheet[y : y + AREA[1], x : x + AREA[0]]


def psnr(a: Gray, b: Gray) -> float:
    """dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))
