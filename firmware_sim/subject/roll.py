"""Where a rolling finger is at each moment: a table in steps of a millisecond, with the faults of `Condition.roll_faults` in it.

The strip that touches moves over the print from its left edge to its right. Three things can go wrong with where skin lies: it slips under
a strip that stays (friction lost), it turns there, or finger and strip shift together over the platen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.subject.condition import Condition, Flaw, RollFault, RollFaultKind

STEP_MS = 1
BURST = 0.2  # of the print, how long a fast or slow part of a roll is
SPEED_SWING = 0.16  # how much a steady hand's speed wanders, each way
TOO_FAST_MS, TOO_SLOW_MS = 500, 5000  # nail to nail; choices: 500 ms is 53 px a frame at 15 fps, five times what an officer does


@dataclass(frozen=True)
class Moment:
    """One row of the table."""

    part: float  # 0..1 of the print, where the middle of the strip is
    touching: bool = True
    skin: tuple[float, float] = (0.0, 0.0)  # pixels right and down that the skin has slipped against the platen
    shift: tuple[float, float] = (0.0, 0.0)  # pixels right and down that finger and strip have shifted together
    turn: float = 0.0  # degrees clockwise that the finger has turned on the glass, about the strip's middle when it began to
    pivot: float = 0.0  # 0..1 of the print, where that was
    second: bool = False  # a neighbour touches too


_FLAWS = {
    RollFaultKind.FAST: Flaw.ROLL_FAST,
    RollFaultKind.SLOW: Flaw.ROLL_SLOW,
    RollFaultKind.PAUSED: Flaw.ROLL_PAUSED,
    RollFaultKind.LIFTED: Flaw.ROLL_LIFTED,
    RollFaultKind.REVERSED: Flaw.ROLL_REVERSED,
    RollFaultKind.NARROW: Flaw.ROLL_NARROW,
    RollFaultKind.SECOND_FINGER: Flaw.EXTRA_FINGER,
    RollFaultKind.SLIP: Flaw.ROLL_SLIP,
    RollFaultKind.TWIST: Flaw.ROLL_SLIP,
}


def flaws(how: Condition) -> frozenset[Flaw]:
    """What is wrong with a roll in this condition."""
    found = {_flaw(fault) for fault in how.roll_faults}
    if how.roll_ms < TOO_FAST_MS:
        found.add(Flaw.ROLL_FAST)
    if how.roll_ms > TOO_SLOW_MS:
        found.add(Flaw.ROLL_SLOW)
    return frozenset(found)


def _flaw(fault: RollFault) -> Flaw:
    if fault.kind is RollFaultKind.SHIFT:
        return Flaw.ROLL_SHIFT_V if fault.along == "y" else Flaw.ROLL_SHIFT_H
    return _FLAWS[fault.kind]


def path(how: Condition, width: int, random: np.random.Generator) -> tuple[Moment, ...]:
    """Moments in steps of STEP_MS from nail to nail. `width` is the print's, in pixels at 500 ppi."""
    return tuple(_walk(how, width, random.uniform(0, 2 * np.pi)))


def _walk(how: Condition, width: int, phase: float) -> Iterator[Moment]:
    waiting = sorted(how.roll_faults, key=lambda fault: fault.at)
    speed = STEP_MS / how.roll_ms
    now = Moment(0.0)
    pace: list[tuple[float, float]] = []  # (part until which, times as fast)
    timed: list[_Timed] = []
    end = 1.0
    while now.part < end:
        yield now
        while waiting and now.part >= waiting[0].at:
            fault = waiting.pop(0)
            if fault.kind in (RollFaultKind.FAST, RollFaultKind.SLOW):
                pace.append((fault.at + BURST, fault.amount if fault.kind is RollFaultKind.FAST else 1 / fault.amount))
            elif fault.kind is RollFaultKind.NARROW:
                end = fault.amount
            else:
                timed.append(_Timed(fault, width, speed))
        timed = [one for one in timed if one.left > 0]
        factor = math.prod(times for until, times in pace if now.part < until)
        swing = 1 + SPEED_SWING * math.sin(phase + 7 * now.part)
        now = replace(now, part=now.part + speed * swing * factor, touching=True, second=False)
        for one in timed:
            now = one.step(now, speed * swing * factor)
    yield replace(now, part=end)


class _Timed:
    """A fault that lasts for some steps."""

    def __init__(self, fault: RollFault, width: int, speed: float) -> None:
        self.fault = fault
        back = fault.amount / width / speed  # steps to roll back at the pace of the roll
        moving = fault.kind in (RollFaultKind.SLIP, RollFaultKind.SHIFT, RollFaultKind.TWIST)
        steps = fault.frames_ms / STEP_MS if moving else back if fault.kind is RollFaultKind.REVERSED else fault.amount / STEP_MS
        self.left = self.steps = max(1, round(steps))

    def step(self, now: Moment, moved: float) -> Moment:
        self.left -= 1
        return replace(now, **self._changed(now, moved))  # type: ignore[arg-type]

    def _changed(self, now: Moment, moved: float) -> dict[str, object]:
        kinds = RollFaultKind
        changes: dict[RollFaultKind, dict[str, object]] = {
            kinds.PAUSED: {"part": now.part - moved},
            kinds.REVERSED: {"part": now.part - 2 * moved},
            kinds.LIFTED: {"touching": False},
            kinds.SECOND_FINGER: {"second": True},
            kinds.TWIST: {"turn": now.turn + self.fault.amount / self.steps, "pivot": self.fault.at},
            kinds.SLIP: {"skin": self._further(now.skin)},
            kinds.SHIFT: {"shift": self._further(now.shift)},
        }
        return changes[self.fault.kind]

    def _further(self, place: tuple[float, float]) -> tuple[float, float]:
        step = self.fault.amount / self.steps
        return (place[0], place[1] + step) if self.fault.along == "y" else (place[0] + step, place[1])
