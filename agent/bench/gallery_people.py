"""Ten thousand people by their templates alone: minutiae drawn where a finger's ridges run, not found in a picture.

A finger's flow is that of `firmware_sim` (pattern, cores, deltas); minutiae lie in it apart from each other, as densely as in rendered
prints, along the ridge one way or the other. Each impression sees them bent, turned, moved, through a window; some are missed, some are
there that should not be. How much of each was set so that LEADER's templates of rendered prints and these look alike to the matcher
(docs/reports/gallery.md has both, side by side). They are no prints: what they show is how a search fares in a crowd.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from agent.match.template import FLOW_STEP, FLOW_UNITS, MAX_MINUTIAE, NO_FLOW, TURN, Template
from agent.model.fingers import FINGERS, Position
from firmware_sim.subject.synthetic.field import make_field
from firmware_sim.subject.synthetic.fingers import draw, traits_of

WIDTH, HEIGHT = 352, 496  # pixels at 500 ppi of a whole tip, and of its template
_RIDGES, _TOUCH = 201, 202  # purposes of random numbers, beside those of `fingers`
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wear:
    """How well an impression shows what is there."""

    missed: float = 0.10  # of sure minutiae; of faint ones more
    missed_faint: float = 0.6
    false: float = 8.0  # minutiae that are not there, mean
    place: float = 1.6  # pixels, standard deviation
    turned: float = 0.09  # radians, of a minutia's direction
    bend: float = 5.0  # pixels, standard deviation of the skin's stretch over a finger
    turn: float = 6.0  # degrees, of the whole finger
    shift: float = 16.0  # pixels, of the part of the tip that touches
    partial: float = 0.12  # share of impressions of which a part touches
    partly: float = 75.0  # pixels, its shift


@dataclass(frozen=True, eq=False)
class Tip:
    """A finger as it is."""

    places: Floats = field(repr=False)  # (n, 2) x, y
    direction: Floats = field(repr=False)  # (n,) radians
    bifurcation: NDArray[np.bool_] = field(repr=False)
    sure: Floats = field(repr=False)  # (n,) 0..1
    flow: Floats = field(repr=False)  # (rows, columns) radians, each 16 pixels
    half: tuple[float, float]  # width and height of the part that touches


APART = 11.0  # pixels between two minutiae, at least
EVERY = 1250.0  # square pixels for each minutia


def tip_of(seed: str, finger: Position) -> Tip:
    traits, random = traits_of(seed, finger), draw(seed, _RIDGES, finger)
    shape = HEIGHT // FLOW_STEP, WIDTH // FLOW_STEP
    flow = make_field(traits.pattern, random, size=traits.size, period=traits.period, shape=shape, scale=FLOW_STEP).direction.astype(float)
    places = _apart(random, random.poisson(WIDTH * HEIGHT / EVERY))
    along = flow[(places[:, 1] // FLOW_STEP).astype(int), (places[:, 0] // FLOW_STEP).astype(int)]
    back = _waves(places, random) + random.normal(0, 0.3, len(places)) > 0
    direction = along + np.pi * back + random.normal(0, 0.06, len(places))
    sure = np.where(random.random(len(places)) < 0.22, random.uniform(0.2, 0.9, len(places)), random.normal(0.94, 0.02, len(places)))
    half = min(traits.plain.half_width, WIDTH / 2), min(traits.plain.half_height, HEIGHT / 2)
    return Tip(places, direction, random.random(len(places)) < 0.45, sure, flow, half)


def _waves(places: Floats, random: Generator) -> Floats:
    """(n,) smooth over a finger, about -1..1: neighbours mostly begin on the same side, as where ridges fan out."""
    lengths, steps = random.uniform(160, 420, (3, 2)), random.uniform(0, 2 * np.pi, 3)
    return np.asarray(np.sin(places @ (2 * np.pi / lengths).T + steps).sum(1) / 1.8)


def _apart(random: Generator, count: int) -> Floats:
    """Places in the tip's rectangle, none too near to an earlier one."""
    drawn = random.uniform((0, 0), (WIDTH, HEIGHT), (count + count // 4, 2))
    away = np.hypot(*(drawn[:, None, axis] - drawn[None, :, axis] for axis in (0, 1)))
    near = np.tril(away < APART, -1)
    keep = np.ones(len(drawn), bool)
    for one in np.flatnonzero(near.any(1)):
        keep[one] = not (near[one] & keep).any()
    return drawn[keep][:count]


def impression_of(tip: Tip, random: Generator, wear: Wear, make: tuple[str, int]) -> Template:
    """One touch, as an extractor would see it."""
    seen = random.random(len(tip.sure)) > wear.missed + wear.missed_faint * (1 - tip.sure)
    places, direction, sure = tip.places[seen], tip.direction[seen], tip.sure[seen]
    places, direction = _bent(places, direction, random, wear)
    extra = random.poisson(wear.false)
    places = np.concatenate([places, random.uniform((0, 0), (WIDTH, HEIGHT), (extra, 2))])
    direction = np.concatenate([direction, random.uniform(0, 2 * np.pi, extra)])
    sure = np.clip(np.concatenate([sure + random.normal(0, 0.05, len(sure)), random.beta(3, 2, extra)]), 0.2, 0.98)
    kinds = np.concatenate([tip.bifurcation[seen], random.random(extra) < 0.5])
    shift = wear.partly if random.random() < wear.partial else wear.shift
    middle = np.array([WIDTH, HEIGHT]) / 2 + random.normal(0, shift, 2)
    touching = _inside(places, middle, tip.half)
    flow = _flow(tip, middle)
    return _template((places[touching], direction[touching], kinds[touching], sure[touching]), flow, make)


def _bent(places: Floats, direction: Floats, random: Generator, wear: Wear) -> tuple[Floats, Floats]:
    """Turned as a whole, stretched smoothly (three waves a side), and each a little off on its own."""
    turn = np.deg2rad(random.normal(0, wear.turn))
    middle = np.array([WIDTH, HEIGHT]) / 2
    waves = random.normal(0, wear.bend / np.sqrt(2), (2, 4)) * min(abs(random.normal(0, 1)), 1.6)
    steps = random.uniform(0, 2 * np.pi, (2, 2))
    x, y = (2 * np.pi / 420 * places[:, axis] for axis in (0, 1))
    stretch = np.stack([w[0] * np.sin(x + s[0]) + w[1] * np.sin(y + s[1]) for w, s in zip(waves, steps, strict=True)], 1)
    cosine, sine = np.cos(turn), np.sin(turn)
    around = (places + stretch - middle) @ np.array([[cosine, -sine], [sine, cosine]]) + middle
    return around + random.normal(0, wear.place, places.shape), direction + turn + random.normal(0, wear.turned, len(direction))


def _inside(places: Floats, middle: Floats, half: tuple[float, float]) -> NDArray[np.bool_]:
    """Within the outline of what touches, and within the template."""
    away = np.abs(places - middle) / np.array(half)
    within = ((places >= 0) & (places < (WIDTH, HEIGHT))).all(1)
    return np.asarray(((away**2.3).sum(1) < 1) & within)


def _flow(tip: Tip, middle: Floats) -> NDArray[np.uint8]:
    rows, columns = tip.flow.shape
    x, y = np.meshgrid((np.arange(columns) + 0.5) * FLOW_STEP, (np.arange(rows) + 0.5) * FLOW_STEP)
    there = _inside(np.stack([x.ravel(), y.ravel()], 1), middle, tip.half).reshape(rows, columns)
    units = np.floor(np.mod(tip.flow, np.pi) / np.pi * FLOW_UNITS) % FLOW_UNITS
    return np.where(there, units, NO_FLOW).astype(np.uint8)


def _template(points: tuple[Floats, Floats, NDArray[np.bool_], Floats], flow: NDArray[np.uint8], make: tuple[str, int]) -> Template:
    places, direction, kinds, sure = points
    order = np.argsort(-sure, kind="stable")[:MAX_MINUTIAE]
    units = np.rint(direction[order] / (2 * np.pi) * TURN).astype(np.int64) % TURN
    x, y = (np.clip(np.rint(places[order, axis]), 0, side - 1).astype(np.int16) for axis, side in ((0, WIDTH), (1, HEIGHT)))
    quality = np.rint(100 * sure[order]).astype(np.uint8)
    return Template(*make, WIDTH, HEIGHT, x, y, units.astype(np.uint8), kinds[order], quality, flow)


def person(seed: str, impression: int, wear: Wear | None = None, make: tuple[str, int] = ("leader", 1)) -> dict[Position, Template]:
    """All ten fingers, laid down once; the same seed is the same person. About 10 ms."""
    how = wear or Wear()
    return {finger: impression_of(tip_of(seed, finger), draw(seed, _TOUCH, finger, impression), how, make) for finger in FINGERS}
