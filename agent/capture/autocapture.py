"""When to take the picture by itself: a fold over the looks of the live view, one value in, one value out, no clock.

    auto = begin(step, still_ms=300)
    auto = auto.after(placement.look(pixels, ppi, step.fingers, before), at_us)     for each picture of the live view
    auto.advice     the one sentence for now, '' when there is nothing to say
    auto.trigger    True in exactly one look: take the picture now

Each look has one verdict: the first row of `VERDICTS` that holds, most urgent first, as an officer would say it. The picture is taken
when the verdict has been GOOD, without a break, for `still_ms`. Before that the platen must have been seen clear once, and where the
glass was seen empty something must touch it that was not there: the print left by the person before takes no picture. What looks like the
other hand is said, waited for, and then taken: hands differ. An advice is spoken when its cause has lasted for its patience: fingers that
are still coming down are not "too few". Times are device times in microseconds; a pause in the live view, or a step back, begins the
waiting anew.

Nothing here is asked when a person triggers by pedal or button: that is recorded by whoever passes it on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from agent.capture.plan import Step
from agent.imaging.placement import Edge, Look
from agent.quality.verdict import several

CLEAR_MM2 = 12.0  # mm² of ridges below which nothing lies on the platen: a child's little fingertip has 60
GAP_US = 400_000  # us between two looks above which nobody knows whether the hand lay still; the slowest live view has 5 pictures a second

HESITATION_US = 3_000_000  # us of stillness before what looks like the other hand is taken all the same: geometry warns, a person decides


@dataclass(frozen=True)
class Limits:
    """What is good enough to take. The check of the picture that was taken is stricter: this only has to find the moment."""

    area_mm2: float = 65.0  # mm² of ridges for each finger, as `area_retry` in config/quality.toml
    contrast: float = 50.0  # 0..255, for each finger; a lightly pressed finger has 95, a latent print 30
    likeness: float = 0.9  # -1..1 with the look before: a shift of less than 0.03 mm
    other_hand: float = 0.9  # 0..1, likelihood from which the other hand is spoken of
    growth: tuple[float, float] = (0.97, 1.03)  # of the area since the look before: outside of it the hand still comes down or goes


class Verdict(StrEnum):
    """What stands between this look and the picture."""

    UNCLEAR = "something has been on the glass since before"
    LATENT = "nothing touches, what is seen was left before"
    EMPTY = "nothing on the glass"
    MANY = "too many fingers"
    OFF_LEFT = "off to the left"
    OFF_RIGHT = "off to the right"
    OFF_TOP = "off at the top"
    OFF_BOTTOM = "off at the bottom"
    FEW = "too few fingers"
    SMALL = "hardly touching"
    FAINT = "too faint"
    MOVING = "moving"
    OTHER_HAND = "perhaps the other hand"
    GOOD = "good"


def _edge(edge: Edge) -> Callable[[Look, Limits], bool]:
    return lambda look, _: edge in look.cut_off


# The first that holds is the verdict.
VERDICTS: tuple[tuple[Verdict, Callable[[Look, Limits], bool]], ...] = (
    (Verdict.EMPTY, lambda look, _: look.area_mm2 < CLEAR_MM2),
    (Verdict.MANY, lambda look, _: look.found > look.expected),
    (Verdict.OFF_LEFT, _edge(Edge.LEFT)),
    (Verdict.OFF_RIGHT, _edge(Edge.RIGHT)),
    (Verdict.OFF_TOP, _edge(Edge.TOP)),
    (Verdict.OFF_BOTTOM, _edge(Edge.BOTTOM)),
    (Verdict.FEW, lambda look, _: look.found < look.expected),
    (Verdict.SMALL, lambda look, limits: any(place.area_mm2 < limits.area_mm2 for place in look.places)),
    (Verdict.FAINT, lambda look, limits: any(place.contrast < limits.contrast for place in look.places)),
    (Verdict.MOVING, lambda look, limits: look.likeness < limits.likeness or not limits.growth[0] <= look.growth <= limits.growth[1]),
    (Verdict.OTHER_HAND, lambda look, limits: look.other_hand >= limits.other_hand),
    (Verdict.GOOD, lambda *_: True),
)

# What to say, {} is the fingers asked for, and after how many ms of the same verdict.
_SAY: dict[Verdict, tuple[str, int]] = {
    Verdict.UNCLEAR: ("Lift the hand off the glass; if nothing lies on it, clean it.", 1500),
    Verdict.LATENT: ("Nothing touches the glass; what is seen on it was left there before. Clean it, then lay the {} on it.", 600),
    Verdict.EMPTY: ("Lay the {} on the glass.", 0),
    Verdict.MANY: ("More is on the glass than the {}: let nothing else touch it.", 300),
    Verdict.OFF_LEFT: ("Move the hand a little to the right.", 300),
    Verdict.OFF_RIGHT: ("Move the hand a little to the left.", 300),
    Verdict.OFF_TOP: ("Move the hand a little back, towards the body.", 300),
    Verdict.OFF_BOTTOM: ("Move the hand a little forward.", 300),
    Verdict.FEW: ("Not all fingers are seen: lay the {} flat on the glass, a little apart.", 800),
    Verdict.SMALL: ("Lay the {} down flatter, so that more of it touches the glass.", 600),
    Verdict.FAINT: ("Press the {} a little firmer.", 600),
    Verdict.MOVING: ("Hold still.", 600),
    Verdict.OTHER_HAND: ("This looks like the other hand: lay the {} on the glass, or hold still if it is right.", 0),
    Verdict.GOOD: ("Hold still.", 0),
}


@dataclass(frozen=True, eq=False)
class AutoCapture:
    """Where the waiting for one picture stands; `begin` makes the first."""

    words: str  # the fingers asked for, for sentences
    still_us: int  # us
    limits: Limits = field(default_factory=Limits)
    cleared: bool = False  # the platen was seen clear since `begin`
    verdict: Verdict = Verdict.EMPTY  # of the look before
    since_us: int = 0  # since when this has been the verdict
    at_us: int | None = None  # time of the look before
    advice: str = ""  # the sentence that is on the screen
    trigger: bool = False  # take the picture now
    taken: bool = False  # the trigger was given in this or an earlier look

    def after(self, look: Look, at_us: int, *, touching: bool = True) -> AutoCapture:
        """One look later. `at_us`: device time of the picture. `touching`: False when all that is seen lay on the empty glass."""
        cleared = self.cleared or look.area_mm2 < CLEAR_MM2 or not touching
        verdict = Verdict.UNCLEAR if not cleared else verdict_on(look, self.limits)
        if not touching and verdict is not Verdict.EMPTY:
            verdict = Verdict.LATENT
        gap = self.at_us is not None and not 0 <= at_us - self.at_us <= GAP_US
        since_us = self.since_us if verdict is self.verdict and self.at_us is not None and not gap else at_us
        ripe = at_us - since_us >= self._still_us(verdict) and not self.taken
        advice = self._spoken(verdict, at_us - since_us)
        return replace(
            self,
            cleared=cleared,
            verdict=verdict,
            since_us=since_us,
            at_us=at_us,
            advice=advice,
            trigger=ripe,
            taken=self.taken or ripe,
        )

    def _still_us(self, verdict: Verdict) -> float:
        """How long this verdict must last for the picture to be taken."""
        return {Verdict.GOOD: self.still_us, Verdict.OTHER_HAND: max(self.still_us, HESITATION_US)}.get(verdict, math.inf)

    def _spoken(self, verdict: Verdict, lasted_us: int) -> str:
        sentence, patience_ms = _SAY[verdict]
        return sentence.format(self.words) if lasted_us >= patience_ms * 1000 else self.advice


def begin(step: Step, *, still_ms: int, limits: Limits | None = None, cleared: bool = False) -> AutoCapture:
    """`cleared`: the scanner itself has already seen the platen clear."""
    return AutoCapture(several(step.fingers), still_ms * 1000, limits or Limits(), cleared)


def verdict_on(look: Look, limits: Limits) -> Verdict:
    return next(verdict for verdict, holds in VERDICTS if holds(look, limits))
