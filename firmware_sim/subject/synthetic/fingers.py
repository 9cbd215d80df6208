"""Makes one finger of a seed: everything that is slow. Pure: the same seed and finger always give the same bytes on one machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from firmware_sim.subject.condition import GOOD, Condition
from firmware_sim.subject.person import PLAIN_POSITION, Gray, Way
from firmware_sim.subject.synthetic import anatomy, impression, scoring
from firmware_sim.subject.synthetic.anatomy import Build, Traits
from firmware_sim.subject.synthetic.field import make_field
from firmware_sim.subject.synthetic.growth import grow
from firmware_sim.subject.synthetic.pores import pierce

SETTLED = 65  # NFIQ 2; a skin and first touch that score this are kept
ENOUGH = 63  # NFIQ 2; a finger that scores less is grown anew
TRIES, GROWTHS = 6, 3  # skins with a first touch, and growths, of which the best is kept
PEOPLE, TRAITS, RIDGES, SKIN, TOUCH, TURN, DRIFT, EFFECTS, NOISE = range(1, 10)  # purposes of random numbers


@dataclass(frozen=True, eq=False)
class Finger:
    ridges: Gray = field(repr=False)  # (ROWS, COLUMNS), 255 on a ridge, 0 in a valley
    best: int = 0  # number of the skin, and of the way in which it touches first


def draw(seed: str, *purpose: int) -> Generator:
    """A stream of random numbers of its own for each purpose."""
    words = np.frombuffer(hashlib.sha256(seed.encode()).digest(), "<u4")
    return np.random.default_rng([*map(int, words), *purpose])


def build_of(seed: str) -> Build:
    return anatomy.draw_build(draw(seed, PEOPLE))


@lru_cache(64)
def traits_of(seed: str, finger: int) -> Traits:
    """`finger` is a position 1..10."""
    return anatomy.draw_traits(finger, build_of(seed), draw(seed, TRAITS, finger))


def make_finger(seed: str, finger: int, *, pores: bool = False) -> Finger:
    """Grows the ridges, then tries skins and first touches until one scores well; grows anew when none does.

    So the first plain touch is a chosen one: its NFIQ 2 says what was selected for, a retake's says what a finger gives. People differ in
    how well they scan; here only what scans well is kept, since bad prints are the business of a Condition.
    """
    best, best_score = None, -1
    for growth in range(GROWTHS):
        made, score = _best(_grown(seed, finger, growth, pores), seed, finger)
        if score > best_score:
            best, best_score = made, score
        if best_score >= ENOUGH:
            break
    assert best is not None, "the first growth scores 0 or more"
    return best


def _grown(seed: str, finger: int, growth: int, pores: bool) -> Finger:
    traits, random = traits_of(seed, finger), draw(seed, RIDGES, finger, growth)
    ridges = grow(make_field(traits.pattern, random, size=traits.size, period=traits.period), random)
    if pores:
        ridges = pierce(ridges, random)
    return Finger(np.rint(np.clip(ridges, -1, 1) * 127.5 + 127.5).astype(np.uint8))


def _best(made: Finger, seed: str, finger: int) -> tuple[Finger, int]:
    """With its NFIQ 2."""
    best, best_score = made, -1
    for n in range(TRIES):
        tried = replace(made, best=n)
        score = min(_looks(tried, seed, finger))
        if score > best_score:
            best, best_score = tried, score
        if score >= SETTLED:
            break
    return best, best_score


def _looks(made: Finger, seed: str, finger: int) -> Iterator[int]:
    """NFIQ 2 of the first touch as it will be, alone and in its ten-print position: one score may be ten points luckier than the other."""
    for position in (finger, PLAIN_POSITION[finger]):
        first = Attempt(position, Way.PLAIN, 0)
        ink = press(made, seed, finger, Way.PLAIN, Coming(turn=first.turn(seed)))
        yield scoring.nfiq2(impression.sensed(ink, first.noise(seed)))


@dataclass(frozen=True)
class Attempt:
    """One time a hand comes down; what is random about it beside its fingers."""

    position: int  # FGP 1..15
    way: Way
    number: int

    def turn(self, seed: str) -> float:
        """Degrees counter-clockwise of the whole hand."""
        return float(self._draw(seed, TURN).normal(0, 1.2))

    def drift(self, seed: str) -> NDArray[np.float64]:
        """Pixels right and down of the whole hand."""
        return np.asarray(self._draw(seed, DRIFT).normal(0, 12, 2))

    def effects(self, seed: str) -> Generator:
        return self._draw(seed, EFFECTS)

    def noise(self, seed: str) -> Generator:
        return self._draw(seed, NOISE)

    def _draw(self, seed: str, purpose: int) -> Generator:
        return draw(seed, purpose, self.position, self.way is Way.ROLLED, self.number)


@dataclass(frozen=True)
class Coming:
    """How a finger comes down."""

    attempt: int = 0  # no two attempts are alike
    turn: float = 0.0  # degrees counter-clockwise beyond the finger's own
    how: Condition = GOOD


FIRST = Coming()


def press(made: Finger, seed: str, finger: int, way: Way, coming: Coming = FIRST) -> Gray:
    """Ink (255 = ridge) of one impression."""
    traits, which = traits_of(seed, finger), coming.attempt
    if coming.attempt == 0 and way is Way.PLAIN:
        which = -1 - made.best
    random = draw(seed, TOUCH, finger, way is Way.ROLLED, which & 0xFFFFFFFF)
    contact = _touched(traits.plain if way is Way.PLAIN else traits.rolled, way, coming.turn, random)
    ridges = made.ridges.astype(np.float32) * np.float32(1 / 127.5) - 1
    skin = anatomy.draw_skin(traits.roughness, draw(seed, SKIN, finger, made.best))
    return impression.render(ridges, contact, skin, random, coming.how)


def _touched(contact: impression.Contact, way: Way, turn: float, random: Generator) -> impression.Contact:
    """As it comes down this time."""
    tilt, drift = (2.5, 9.0) if way is Way.PLAIN else (2.0, 6.0)
    width, height = random.normal(1, 0.012, 2)
    return replace(
        contact,
        half_width=contact.half_width * width,
        half_height=contact.half_height * height,
        turn=contact.turn + turn + random.normal(0, tilt),
        shift=(random.normal(0, drift), random.normal(0, drift)),
    )
