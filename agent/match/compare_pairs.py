"""From alike surroundings to pairs that agree with each other: which minutia of one print is which of the other.

    similarities ─▶ candidates (the most alike) ─▶ agreement of each two ─▶ relaxation ─▶ chosen, one to one

Two candidate pairs agree when the second minutia stands, as the first one sees it, in the same place and turned the same way in both.
Seen so, nothing depends on how the finger was turned; and since nearby pairs are held to it more strictly than distant ones, bent skin
is tolerated. Method family: relaxation and spectral correspondence (Leordeanu, Hebert, ICCV 2005), written anew for whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.match.compare_descriptors import MOST, Descriptors, describe
from agent.match.template import Template

CANDIDATES = 70  # pairs that are considered; from 50 to 100 nothing but the speed differs
STILL = 6.5  # pixels that a place may be off at no distance
BEND = 0.09  # pixels more for each pixel of distance
ASKEW = 0.28  # radians, sigma of a relative direction
ROUNDS = 6  # of relaxation
WEAK = 0.12  # of the strongest: support below which a pair is dropped

Floats = NDArray[np.float32]
Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Print:
    """A template made ready: everything that is worked out once for a print and used in all its comparisons."""

    template: Template
    descriptors: Descriptors
    places: NDArray[np.complex64] = field(repr=False)  # (n,) x - iy: y up, as directions turn
    heading: NDArray[np.complex64] = field(repr=False)  # (n,) unit
    seen: NDArray[np.complex64] = field(repr=False)  # (n, n) each minutia in the frame of each other
    turned: NDArray[np.complex64] = field(repr=False)  # (n, n) its heading there

    def __len__(self) -> int:
        return len(self.descriptors)


def prepare(template: Template, most: int = MOST) -> Print:
    """About 1.3 ms for 90 minutiae."""
    places = (template.x[:most] - 1j * template.y[:most]).astype(np.complex64)
    heading = np.exp(1j * template.radians[:most]).astype(np.complex64)
    seen = ((places[None, :] - places[:, None]) * heading.conj()[:, None]).astype(np.complex64)
    turned = (heading[None, :] * heading.conj()[:, None]).astype(np.complex64)
    return Print(template, describe(template, most), places, heading, seen, turned)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Minutiae of `a` that belong to minutiae of `b`, the surest first."""

    a: Index
    b: Index
    alike: Floats  # of their surroundings, 0..1
    support: Floats  # how many other pairs agree with this one

    def __len__(self) -> int:
        return len(self.a)


def candidates(alike: Floats, most: int = CANDIDATES) -> Pairs:
    """The most alike pairs, in the order of rows and columns; one minutia may stand in several."""
    flat = alike.ravel()
    if len(flat) == 0:
        return Pairs(*np.zeros((2, 0), np.intp), *np.zeros((2, 0), np.float32))
    rank = max(0, len(flat) - most)
    least = np.partition(flat, rank)[rank]
    there = np.flatnonzero((flat >= least) & (flat > 0))
    if len(there) > most:  # of equals the earlier ones, so that every machine keeps the same
        equal = np.flatnonzero(flat[there] == least)
        there = np.delete(there, equal[len(equal) - (len(there) - most) :])
    rows, columns = np.divmod(there, alike.shape[1])
    return Pairs(rows, columns, flat[there], np.zeros(len(there), np.float32))


def agreement(a: Print, b: Print, pairs: Pairs) -> Floats:
    """(p, p) from 0 (contradict) to 1 (agree exactly); 0 on the diagonal and between pairs that share a minutia."""
    at_a = (pairs.a * len(a))[:, None] + pairs.a[None, :]
    at_b = (pairs.b * len(b))[:, None] + pairs.b[None, :]
    seen = a.seen.take(at_a)
    off = seen - b.seen.take(at_b)
    turn = a.turned.take(at_a) * b.turned.take(at_b).conj()
    slack = STILL + BEND * np.sqrt(seen.real**2 + seen.imag**2)
    wrong = (off.real**2 + off.imag**2) / slack**2 + (1 - turn.real) * np.float32(2 / ASKEW**2)
    agree = np.exp(-0.25 * (wrong + wrong.T))
    agree[(pairs.a[:, None] == pairs.a[None, :]) | (pairs.b[:, None] == pairs.b[None, :])] = 0
    return np.asarray(agree, np.float32)


def relax(alike: Floats, agree: Floats, rounds: int = ROUNDS) -> Floats:
    """(p,) 0..1: what each candidate is worth when those that agree lift each other up."""
    worth = alike
    for _ in range(rounds):
        worth = alike * (agree @ worth)
        worth = worth / max(float(worth.max(initial=0)), 1e-9)
    return worth


def choose(pairs: Pairs, agree: Floats, worth: Floats) -> Pairs:
    """One to one, the worthiest first, without those that the chosen ones hardly support."""
    taken_a, taken_b, chosen = set[int](), set[int](), []
    rows, columns = pairs.a.tolist(), pairs.b.tolist()
    for one in np.argsort(-worth, kind="stable").tolist():
        if worth[one] < WEAK:
            break
        if rows[one] not in taken_a and columns[one] not in taken_b:
            taken_a.add(rows[one])
            taken_b.add(columns[one])
            chosen.append(one)
    which = np.array(chosen, np.intp)
    support = agree[np.ix_(which, which)].sum(1) if chosen else np.zeros(0, np.float32)
    return Pairs(pairs.a[which], pairs.b[which], pairs.alike[which], np.asarray(support, np.float32))
