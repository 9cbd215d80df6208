"""What is rolled in `livescan bench roll`: good rolls, rolls with one injected fault each, and what should be said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.imaging.roll import RollFaultKind as Kind
from agent.model.impression import GrayImage
from firmware_sim.subject import motion
from firmware_sim.subject.condition import NAMED, Condition, RollFault
from firmware_sim.subject.condition import RollFaultKind as Injected
from firmware_sim.subject.person import ROLL_AREA, Asked, Person, Way

FPS = 15
Frame = tuple[GrayImage, int, int]  # pixels, index, us
Draw = np.random.Generator


@dataclass(frozen=True, eq=False)
class Roll:
    frames: Sequence[Frame]
    true: GrayImage  # the finger's print, as large as a frame


def roll(person: Person, finger: int, how: Condition, attempt: int = 0, fps: float = FPS) -> Roll:
    touch = person.touch(Asked(Way.ROLLED, finger, frozenset({finger}), attempt), how)
    assert touch is not None, "a synthetic person has ten fingers"
    moving = motion.roll(touch)
    count = int(np.ceil(moving.duration_ms * fps / 1000)) + 1
    frames = [(moving.look(min(moving.duration_ms, n * 1000 / fps)).pixels, n, round(n * 1e6 / fps)) for n in range(count)]
    return Roll(frames, _placed(touch.pixels, touch.centre))


def _placed(picture: GrayImage, centre: tuple[int, int]) -> GrayImage:
    """As the platen sees it."""
    sheet = np.full((ROLL_AREA[1], ROLL_AREA[0]), 255, np.uint8)
    rows, columns = picture.shape
    left, top = (ROLL_AREA[0] - columns) // 2 + centre[0], (ROLL_AREA[1] - rows) // 2 + centre[1]
    y, x = max(0, top), max(0, left)
    part = picture[y - top : ROLL_AREA[1] - top, x - left : ROLL_AREA[0] - left]
    sheet[y : y + part.shape[0], x : x + part.shape[1]] = part
    return sheet


GOOD: Mapping[str, Condition] = {
    **{f"good, {ms / 1000:.1f} s": Condition(roll_ms=ms) for ms in (700, 1000, 1500, 2500, 4500)},
    **{f"good, {name}": NAMED[name] for name in ("dry", "wet", "too-light", "too-dark", "noisy", "worn", "latent", "dirty-platen", "halo")},
}

PRINTS: Mapping[str, Condition] = {
    "no fault, 0.7 s": Condition(roll_ms=700),
    "no fault, 1.5 s": Condition(),
    "no fault, 3 s": Condition(roll_ms=3000),
    "slip 10 px sideways at once": Condition(roll_faults=(RollFault(Injected.SLIP, 0.5, 10),)),
    "slip 40 px sideways in 0.3 s": Condition(roll_faults=(RollFault(Injected.SLIP, 0.4, 40, "x", 300),)),
    "creep 30 px sideways in 1.2 s": Condition(roll_faults=(RollFault(Injected.SLIP, 0.1, 30, "x", 1200),)),
    "turn 4 degrees in 0.5 s": Condition(roll_faults=(RollFault(Injected.TWIST, 0.4, 4, "x", 500),)),
    "slip 30 px down in 0.3 s": Condition(roll_faults=(RollFault(Injected.SLIP, 0.5, 30, "y", 330),)),
}


@dataclass(frozen=True)
class Cause:
    """One way to spoil a roll: `make` draws how."""

    name: str
    make: Callable[[Draw], Condition]
    named: frozenset[Kind]  # any of these names it
    also: frozenset[Kind] = frozenset()  # what may truly be said beside it
    drop: int = 0  # frames that are lost


def _at(draw: Draw) -> float:
    return float(draw.uniform(0.3, 0.65))


def _fault(kind: Injected, low: float, high: float, along: str = "x", lasts: tuple[int, int] = (0, 0)) -> Callable[[Draw], Condition]:
    """An amount between `low` and `high`, of either sign where skin moves, over some milliseconds."""

    def make(draw: Draw) -> Condition:
        sign = draw.choice((-1, 1)) if kind in (Injected.SLIP, Injected.SHIFT, Injected.TWIST) else 1
        return Condition(
            roll_faults=(
                RollFault(kind, _at(draw), float(sign * draw.uniform(low, high)), along, int(draw.integers(*lasts, endpoint=True))),
            )
        )

    return make


def _whole(low: int, high: int) -> Callable[[Draw], Condition]:
    return lambda draw: Condition(roll_ms=int(draw.integers(low, high)))


def _creep(draw: Draw) -> Condition:
    amount = float(draw.choice((-1, 1)) * draw.uniform(20, 40))
    return Condition(roll_faults=(RollFault(Injected.SLIP, 0.1, amount, "x", int(draw.integers(1000, 1400))),))


_TURNING = frozenset({Kind.TURNED, Kind.UNCHECKED, Kind.SLIP, Kind.SHIFT_H, Kind.SHIFT_V})  # a strip beside the pivot moves as it turns
CAUSES = (
    Cause("slip sideways, 4 to 30 px", _fault(Injected.SLIP, 4, 30, "x", (0, 300)), frozenset({Kind.SLIP})),
    Cause("slip lengthwise, 4 to 30 px", _fault(Injected.SLIP, 4, 30, "y", (0, 300)), frozenset({Kind.SHIFT_V})),
    Cause("shift sideways, 20 to 50 px", _fault(Injected.SHIFT, 20, 50, "x", (100, 400)), frozenset({Kind.SHIFT_H})),
    Cause("shift lengthwise, 20 to 50 px", _fault(Injected.SHIFT, 20, 50, "y", (100, 400)), frozenset({Kind.SHIFT_V})),
    Cause("creep, 20 to 40 px in 1 to 1.4 s", _creep, frozenset({Kind.SLIP, Kind.SHIFT_H})),
    Cause("turned, 2 to 6 degrees in 0.5 s", _fault(Injected.TWIST, 2, 6, "x", (500, 500)), frozenset({Kind.TURNED}), _TURNING),
    Cause("turned at once, 3 to 8 degrees", _fault(Injected.TWIST, 3, 8), frozenset({Kind.TURNED, Kind.UNCHECKED}), _TURNING),
    Cause("too fast, 0.2 to 0.45 s", _whole(200, 450), frozenset({Kind.FAST}), frozenset({Kind.UNCHECKED})),
    Cause("a burst, 4 to 6 times as fast", _fault(Injected.FAST, 4, 6), frozenset({Kind.FAST}), frozenset({Kind.UNCHECKED})),
    Cause("too slow, 6 to 12 s", _whole(6000, 12000), frozenset({Kind.SLOW})),
    Cause("paused, 0.6 to 2 s", _fault(Injected.PAUSED, 600, 2000), frozenset({Kind.PAUSED})),
    Cause("lifted, 0.15 to 0.4 s", _fault(Injected.LIFTED, 150, 400), frozenset({Kind.LIFTED}), frozenset({Kind.UNCHECKED})),
    Cause("rolled back, 60 to 200 px", _fault(Injected.REVERSED, 60, 200), frozenset({Kind.REVERSED})),
    Cause(
        "narrow, 0.35 to 0.7 of the print",
        lambda draw: Condition(roll_faults=(RollFault(Injected.NARROW, 0.3, draw.uniform(0.35, 0.7)),)),
        frozenset({Kind.NARROW}),
    ),
    Cause("second finger, 0.3 to 0.7 s", _fault(Injected.SECOND_FINGER, 300, 700), frozenset({Kind.SECOND_FINGER})),
    Cause("1 to 3 frames lost", lambda _: Condition(), frozenset({Kind.FRAME_LOST}), frozenset({Kind.FAST}), drop=3),
)


def dropped(frames: Sequence[Frame], most: int, draw: Draw) -> Iterator[Frame]:
    """Without up to `most` frames in a row, somewhere in the middle."""
    first = int(draw.integers(len(frames) // 4, len(frames) // 2))
    gone = range(first, first + int(draw.integers(1, most, endpoint=True))) if most else range(0)
    return (frame for frame in frames if frame[1] not in gone)
