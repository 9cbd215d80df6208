"""A synthetic person: ten fingers, laid down alone or together, well or badly."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware_sim.subject.condition import GOOD, Condition, other_finger
from firmware_sim.subject.effects import spoil
from firmware_sim.subject.laying import laid_fingers, other_position, truth
from firmware_sim.subject.person import FLAT_AREA, ROLL_AREA, Asked, Box, Gray, Touch, Way
from firmware_sim.subject.synthetic import impression
from firmware_sim.subject.synthetic.anatomy import Place, places
from firmware_sim.subject.synthetic.fingers import Attempt, Coming, Finger, build_of, press

KEPT = 24  # touches
PLAIN_LIMIT, ROLLED_LIMIT = (1600, 1500), (800, 750)  # pixels, width and height: EBTS 11.0 appendix F, 3.2 x 3.0 and 1.6 x 1.5 inches
AROUND = 0  # bare pixels around the fingers' boxes, which hold some: 20 more cost 2 points of NFIQ 2 (40 prints of 2 people)
STRAY = 1000  # attempts are numbered from here when another finger is laid down than was asked


@dataclass(frozen=True, eq=False)
class Laid:
    """Ink of one finger and where its middle lies, in pixels from the platen's middle."""

    finger: int
    ink: Gray
    x: float
    y: float


class SyntheticPerson:
    """`fingers` by position 1..10; the same touch always gives the same picture."""

    def __init__(self, seed: str, fingers: Mapping[int, Finger]) -> None:
        self.name = f"synthetic:{seed}"
        self.absent: Mapping[int, str] = {}
        self._seed = seed
        self._fingers = fingers
        self._build = build_of(seed)
        self._made: OrderedDict[tuple[Asked, Condition], Touch] = OrderedDict()

    def touch(self, asked: Asked, how: Condition = GOOD) -> Touch | None:
        if not asked.fingers - how.missing:
            return None
        if (asked, how) not in self._made:
            self._made[asked, how] = self._touch(asked, how)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return self._made[asked, how]

    def _touch(self, asked: Asked, how: Condition) -> Touch:
        attempt = Attempt(asked.position, asked.way, asked.attempt)
        laid = list(self._lay(asked, how, attempt))
        area, limit = (ROLL_AREA, ROLLED_LIMIT) if asked.way is Way.ROLLED else (FLAT_AREA, PLAIN_LIMIT)
        sheet = np.zeros((area[1], area[0]), np.uint8)
        boxes = [_press(sheet, one) for one in laid]
        left, top, right, bottom = _window(boxes, area, limit)
        ink = spoil(np.ascontiguousarray(sheet[top:bottom, left:right]), how, attempt.effects(self._seed))
        return Touch(
            asked.position,
            asked.way,
            len(laid),
            impression.sensed(ink, attempt.noise(self._seed), how.noise),
            tuple(Box(b.finger, b.left - left, b.top - top, b.width, b.height) for b in boxes),
            ((left + right - area[0]) // 2, (top + bottom - area[1]) // 2),
            how,
            truth(asked, how, [one.finger for one in laid], boxes, area),
        )

    def _lay(self, asked: Asked, how: Condition, attempt: Attempt) -> Iterator[Laid]:
        """Fingers from left to right."""
        position = other_position(asked.position) if how.wrong_hand else asked.position
        away, turn = attempt.drift(self._seed), attempt.turn(self._seed) + how.rotation
        laid = laid_fingers(asked, how)
        for place in places(position, self._build):
            wanted = other_finger(place.finger) if how.wrong_hand else place.finger
            if wanted in laid:
                x, y = _turned(place, turn) + away + np.multiply(how.offset, FLAT_AREA if asked.way is Way.PLAIN else ROLL_AREA)
                yield Laid(laid[wanted], self._ink(wanted, laid[wanted], asked, turn, how), x, y)

    def _ink(self, wanted: int, finger: int, asked: Asked, turn: float, how: Condition) -> Gray:
        """A finger in the place of another comes down as it never does when it is asked for."""
        attempt = asked.attempt if finger == wanted else asked.attempt + STRAY
        ink = press(self._fingers[finger], self._seed, finger, asked.way, Coming(attempt, turn, how))
        return np.ascontiguousarray(cv2.flip(ink, 1)) if how.another else ink


def _turned(place: Place, degrees: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([cosine * place.x + sine * place.y, cosine * place.y - sine * place.x])


def _press(sheet: Gray, laid: Laid) -> Box:
    """Add a finger's ink, as far as the sheet reaches. The box may reach beyond it."""
    rows, columns = laid.ink.shape
    top, left = round(sheet.shape[0] / 2 + laid.y - rows / 2), round(sheet.shape[1] / 2 + laid.x - columns / 2)
    down, along = (slice(max(0, begin), max(0, begin + length)) for begin, length in ((top, rows), (left, columns)))
    there = sheet[down, along]
    part = laid.ink[max(0, -top) :, max(0, -left) :][: there.shape[0], : there.shape[1]]
    np.maximum(there, part, out=there)
    return Box(laid.finger, left, top, columns, rows)


def _window(boxes: list[Box], area: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is seen on the platen, at most as large as `limit`."""
    left, right = _span([b.left for b in boxes], [b.left + b.width for b in boxes], area[0], limit[0])
    top, bottom = _span([b.top for b in boxes], [b.top + b.height for b in boxes], area[1], limit[1])
    return left, top, right, bottom


def _span(begins: list[int], ends: list[int], length: int, limit: int) -> tuple[int, int]:
    begin, end = max(0, min(begins) - AROUND), min(length, max(ends) + AROUND)
    if end - begin < 64:  # nearly off the platen
        begin = min(max(0, begin), length - 64)
        end = begin + 64
    spare = end - begin - limit
    return (begin + spare // 2, begin + spare // 2 + limit) if spare > 0 else (begin, end)
