"""A touch in motion: fingers that come down, lie still, roll and are lifted, as the live picture of a scanner shows them.

Ask a motion for its look at any time, in milliseconds of the subject's time since the first touch: `place(...).look(130)`. A look depends
on the touch and the time only, so a fast and a slow scanner see the same hand. Every motion leads to (or from) `touch.pixels`; only a roll
with faults does not, and says by `finished()` what a scanner that composes for itself would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from firmware_sim.subject import roll as rolling
from firmware_sim.subject.person import FLAT_AREA, ROLL_AREA, Gray, Touch, Way
from firmware_sim.subject.platen import Hand, sensor_noise
from firmware_sim.subject.roll import Moment
from firmware_sim.subject.stage import Stage

HAND = Hand()
STRIP = 330  # pixels at 500 ppi, width of the contact in the middle of a roll; 280 at its ends
STRIP_END = 280
DRIFT, FLICKER = 0.07, 0.02  # how much the pressure of a roll wanders over the roll, and from picture to picture
SEAM = 40.0  # pixels at 500 ppi, how far a picture reaches into the composed roll
JITTER = 0.25  # pixels, standard deviation from picture to picture
FPS = 30


@dataclass(frozen=True, eq=False)
class Look:
    """One live picture and the truth about it."""

    pixels: Gray = field(repr=False)  # the whole window, 0 = ridge
    contact: tuple[float, ...]  # 0..1 of each finger of the touch, from left to right
    part: float = 0.0  # 0..1 of a roll, nail to nail
    strip: tuple[int, int] = (0, 0)  # of a roll: first column that touches, and the one behind the last
    moment: Moment | None = None  # of a roll

    @property
    def fingers(self) -> int:
        return sum(level > 0 for level in self.contact) + (1 if self.moment is not None and self.moment.second else 0)


class Motion:
    """A touch in a window (`area`, pixels at 500 ppi) of full or half size, from 0 to `duration_ms`; before and after it stands still."""

    duration_ms: float = 0.0

    def __init__(self, touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> None:
        self.touch = touch
        self.hand = hand
        self._scale = 2 if half else 1
        self._stage = Stage(touch, area or (ROLL_AREA if touch.way is Way.ROLLED else FLAT_AREA), self._scale)

    def look(self, at_ms: float) -> Look:
        raise NotImplementedError

    def frames(self, fps: float = FPS) -> Iterator[Look]:
        """From the beginning to the end, the end included."""
        count = int(self.duration_ms * fps / 1000) + 1
        yield from (self.look(n * 1000 / fps) for n in range(count))
        yield self.look(self.duration_ms)

    def _sensed(self, ink: Gray, at_ms: float) -> Gray:
        noise = sensor_noise(ink.shape, _microseconds(at_ms) << 4 | self.touch.position)
        return np.asarray(cv2.bitwise_not(cv2.add(ink, noise)), np.uint8)


class Placing(Motion):
    """Fingers come down one after the other and then lie, or slide while they should lie still."""

    def __init__(self, touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> None:
        super().__init__(touch, area, half=half, hand=hand)
        self.duration_ms = hand.settled_ms(touch.fingers)

    def look(self, at_ms: float) -> Look:
        contact = self.hand.contact(at_ms, self.touch.fingers)
        slid = round(self.touch.how.slide * max(0.0, at_ms) / 1000 / self._scale)
        return Look(self._sensed(self._stage.pressed(contact, slid), at_ms), tuple(contact))


class Lifting(Motion):
    """The hand goes up: the contact shrinks towards the middle of each finger."""

    def __init__(self, touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> None:
        super().__init__(touch, area, half=half, hand=hand)
        self.duration_ms = hand.lift_ms

    def look(self, at_ms: float) -> Look:
        level = min(1.0, max(0.0, 1 - at_ms / self.duration_ms))
        contact = [level] * self.touch.fingers
        return Look(self._sensed(self._stage.pressed(contact), at_ms), tuple(contact))


class Rolling(Motion):
    """A strip of contact that travels over the print."""

    def __init__(self, touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> None:
        super().__init__(touch, area, half=half, hand=hand)
        random = np.random.default_rng([touch.position, touch.pixels.size])
        self.path = rolling.path(touch.how, self._stage.ink_width * self._scale, random)
        self.duration_ms = (len(self.path) - 1) * rolling.STEP_MS
        self._phase = float(random.uniform(0, 2 * np.pi))

    def moment(self, at_ms: float) -> Moment:
        return self.path[int(np.clip(at_ms / rolling.STEP_MS, 0, len(self.path) - 1))]

    def look(self, at_ms: float) -> Look:
        moment = self.moment(at_ms)
        ink, strip = self._ink(moment, at_ms)
        return Look(self._sensed(ink, at_ms), (float(moment.touching),), moment.part, strip, moment)

    def _ink(self, moment: Moment, at_ms: float) -> tuple[Gray, tuple[int, int]]:
        random = np.random.default_rng([_microseconds(at_ms), self.touch.position])
        width = STRIP_END + (STRIP - STRIP_END) * np.sin(np.pi * moment.part)
        gain = 1 + DRIFT * np.sin(self._phase + 5 * moment.part) + FLICKER * random.standard_normal()
        jitter = JITTER * random.standard_normal(2)
        return self._stage.strip(moment, width / self._scale, gain, (jitter[0], jitter[1]))

    def finished(self) -> Gray:
        """What a scanner composes for itself, as large as `touch.pixels`; these very pixels when no fault happened."""
        if not rolling.flaws(self.touch.how):
            return self.touch.pixels
        return self._composed

    @cached_property
    def _composed(self) -> Gray:
        """Each column from the pictures in which it was nearest to the middle of the strip."""
        full = self if self._scale == 1 else Rolling(self.touch, hand=self.hand)
        total = np.zeros(full._stage.size, np.float32)
        weights = np.full(full._stage.size[1], 1e-6, np.float32)
        columns = np.arange(full._stage.size[1], dtype=np.float32)
        for at_ms in np.arange(0, full.duration_ms + 1, 1000 / FPS):
            ink, (left, right) = full._ink(full.moment(at_ms), at_ms)
            near = np.exp(-(((columns - (left + right) / 2) / SEAM) ** 2) / 2) * (left <= columns) * (columns < right)
            total += near * ink
            weights += near
        return full._stage.cut(np.asarray(np.clip(255 - total / weights, 0, 255), np.uint8))


def _microseconds(at_ms: float) -> int:
    return round(at_ms * 1000) & 0xFFFFFFFF


def place(touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> Placing:
    return Placing(touch, area, half=half, hand=hand)


def lift(touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> Lifting:
    return Lifting(touch, area, half=half, hand=hand)


def roll(touch: Touch, area: tuple[int, int] | None = None, *, half: bool = False, hand: Hand = HAND) -> Rolling:
    """Speed profile and faults are those of `touch.how`."""
    return Rolling(touch, area, half=half, hand=hand)
