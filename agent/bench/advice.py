"""Advice put to the test: conditions of synthetic subjects, and the first cause that the check names. `docs/reports/advice.md`.

Each trial lays down a hand or a thumb in one condition of random strength; everything else about it is good. Off-centre is a finger that
the platen's edge cuts: where a finger lies beyond it altogether and none is cut, the picture shows a missing finger and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from agent.model.fingers import Position
from agent.model.impression import ImpressionKind, QualityReport, Verdict
from agent.model.quality import Cause
from agent.quality.assess import Asked, assess
from agent.quality.thresholds import QualityThresholds
from firmware_sim.subject import person as subject
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.person import MEMBERS, Touch, Way
from firmware_sim.subject.synthetic.anatomy import fan
from firmware_sim.subject.synthetic.making import make_person
from firmware_sim.subject.synthetic.person import SyntheticPerson

HANDS = (13, 14)
POSITIONS = (13, 14, 11, 12)
PEOPLE = 25
SET_ON, UNSEEN = "advice", "unseen"  # groups of people: those on whose prints the bands were set, and others
CUT, SEEN = 0.25, 0.2  # shares of a finger's box that lie beyond the platen, and on it, in an off-centre trial
LIMITS = QualityThresholds()

Draw = Callable[[Generator, int], Condition]  # of a position


def _either(random: Generator) -> float:
    return float(random.choice([-1.0, 1.0]))


def _aside(random: Generator, _position: int) -> Condition:
    away = _either(random) * float(random.uniform(0.3, 0.47))
    return Condition(offset=(away, 0.0) if random.uniform() < 0.5 else (0.0, away))


def _turned(random: Generator, position: int) -> Condition:
    """By 25 to 40 degrees from upright: a thumb by itself already lies aslant."""
    thumb = {11: fan(1), 12: fan(6)}.get(position, 0.0)
    return Condition(rotation=_either(random) * float(random.uniform(25, 40)) - thumb)


def _lifted(random: Generator, _position: int) -> Condition:
    finger = int(random.integers(2, 6))
    return Condition(missing=frozenset({finger, finger + 5}))


INJECTED: Mapping[Cause, Draw] = MappingProxyType(
    {
        Cause.NONE: lambda random, _: Condition(moisture=float(random.uniform(-0.15, 0.15)), pressure=float(random.uniform(-0.15, 0.15))),
        Cause.DRY: lambda random, _: Condition(moisture=-float(random.uniform(0.6, 0.9))),
        Cause.WET: lambda random, _: Condition(moisture=float(random.uniform(0.6, 0.9))),
        Cause.OFF_CENTRE: _aside,
        Cause.SMEARED: lambda random, _: Condition(smear=float(random.uniform(10, 20))),
        Cause.TOO_LIGHT: lambda random, _: Condition(pressure=-float(random.uniform(0.6, 0.9))),
        Cause.ROTATED: _turned,
        Cause.MISSING_FINGER: _lifted,
    }
)


@dataclass(frozen=True)
class Trial:
    injected: Cause
    position: Position
    named: Cause
    verdict: Verdict
    nfiq2: tuple[int, ...]  # 0..100 of the fingers that have a score


def trials(cause: Cause, wanted: int, people: int = PEOPLE, seed: int = 1, group: str = UNSEEN) -> Iterator[Trial]:
    """About 0.8 s of CPU each. The same arguments give the same trials."""
    return islice(_all(cause, people, seed, group), wanted)


def _all(cause: Cause, people: int, seed: int, group: str) -> Iterator[Trial]:
    random = np.random.default_rng([seed, list(INJECTED).index(cause)])
    positions = HANDS if cause is Cause.MISSING_FINGER else POSITIONS
    for number in count():
        position = positions[number // people % len(positions)]
        asked = subject.Asked(Way.PLAIN, position, MEMBERS[position], number)
        touch = _person(group, number % people).touch(asked, INJECTED[cause](random, position))
        if touch is not None and (cause is not Cause.OFF_CENTRE or is_cut(touch)):
            report = checked(touch)
            scores = tuple(score.nfiq2 for score in report.fingers.values() if score.nfiq2 is not None)
            yield Trial(cause, Position(position), report.cause, report.verdict, scores)


@lru_cache(maxsize=PEOPLE)
def _person(group: str, number: int) -> SyntheticPerson:
    return make_person(f"{group}-{number}")


def checked(touch: Touch) -> QualityReport:
    return assess(touch.pixels, Asked(Position(touch.position), ImpressionKind.PLAIN, frozenset(), 500), LIMITS, 1)


def is_cut(touch: Touch) -> bool:
    """Whether the platen's edge cuts a finger so that a part of it is seen."""
    rows, columns = touch.pixels.shape
    for box in touch.boxes:
        wide = min(box.left + box.width, columns) - max(box.left, 0)
        high = min(box.top + box.height, rows) - max(box.top, 0)
        shares = max(0, wide) / box.width, max(0, high) / box.height
        if SEEN <= min(shares) <= 1 - CUT:
            return True
    return False


def confusion(done: Sequence[Trial]) -> dict[Cause, Counter[Cause]]:
    """Injected to named."""
    table: dict[Cause, Counter[Cause]] = {}
    for trial in done:
        table.setdefault(trial.injected, Counter())[trial.named] += 1
    return table


def document(done: Sequence[Trial]) -> dict[str, object]:
    """For JSON: the confusion table, the share named right, and what became of the prints."""
    table = confusion(done)
    rows = {}
    for cause, named in table.items():
        mine = [trial for trial in done if trial.injected is cause]
        rows[str(cause)] = {
            "trials": len(mine),
            "right": round(named[cause] / len(mine), 4),
            "named": {str(key): value for key, value in named.most_common()},
            "verdicts": dict(Counter(str(trial.verdict) for trial in mine)),
            "nfiq2_median": float(np.median([score for trial in mine for score in trial.nfiq2] or [0])),
        }
    return {"bench": "advice", "causes": rows}
