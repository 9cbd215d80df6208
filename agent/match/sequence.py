"""Is each finger in its place: rolled prints against the plain ones of the same booking, all of them judged together.

    scores (each rolled x each plain) ─▶ joint assignment ─▶ a finding for each finger, and one for the whole

A finding is a hint for the officer, with what led to it; it never blocks anything and is never said of a finger that shows too little.
Works from the first finger on: what has not been taken yet is absent from both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from agent.match.compare import FMR_1E2, FMR_1E3, Print, compare
from agent.match.extract import usable
from agent.model.fingers import Position

SURE = FMR_1E3  # decades from which two prints are taken for one finger
FITS = FMR_1E2  # the same, where the place already says so
CLEARLY = 1.5  # decades by which another place must be better than the own
OWN = 1.0  # decades that a finger's own place is given ahead: people mostly lay down what they are asked for
FOREIGN = 1.0  # decades that a finger of the same person nearly always reaches with its own print
ENOUGH = 25  # minutiae on both sides from which it may be said that two prints do not belong together
SEVERAL = 3  # fingers from which a whole hand, or another person, is spoken of

Scores = NDArray[np.float64]


class Finding(StrEnum):
    RIGHT = "right place"
    OTHER_FINGER = "other finger"
    TWICE = "same finger twice"
    SWAPPED = "hands swapped"
    ANOTHER_PERSON = "another person"
    UNSURE = "unsure"
    NOTHING_TO_COMPARE = "nothing to compare with"


@dataclass(frozen=True)
class Place:
    """What was found of one rolled finger."""

    finding: Finding
    score: float  # decades, against the plain print of its own place
    other: Position | None = None  # the finger it seems to be, or whose print it repeats
    other_score: float = 0.0  # decades, against that one

    def words(self, position: Position) -> str:
        """One sentence for the officer."""
        return _WORDS[self.finding].format(here=position.words, other=self.other.words if self.other else "")


_WORDS = {
    Finding.RIGHT: "The {here} is where it belongs.",
    Finding.OTHER_FINGER: "The print taken as {here} seems to be the {other}.",
    Finding.TWICE: "The print taken as {here} seems to be the {other} once more.",
    Finding.SWAPPED: "The print taken as {here} seems to be the {other}: the hands may be swapped.",
    Finding.ANOTHER_PERSON: "The print taken as {here} fits none of this person's other prints.",
    Finding.UNSURE: "Whether the {here} is where it belongs could not be told.",
    Finding.NOTHING_TO_COMPARE: "There is no plain print yet to compare the {here} with.",
}


@dataclass(frozen=True)
class Sequence:
    places: Mapping[Position, Place]
    whole: Finding  # of all fingers together
    scores: Mapping[tuple[Position, Position], float] = field(repr=False)  # (rolled, plain): decades

    @property
    def doubts(self) -> tuple[Position, ...]:
        """Fingers that an officer should look at again."""
        fine = (Finding.RIGHT, Finding.UNSURE, Finding.NOTHING_TO_COMPARE)
        return tuple(position for position, place in self.places.items() if place.finding not in fine)


@dataclass(frozen=True)
class Evidence:
    """What the prints say, before anybody judges."""

    rolled: tuple[Position, ...]
    plain: tuple[Position, ...]
    cross: Scores  # (rolled, plain) decades
    repeats: Scores  # (rolled, rolled) decades, 0 on the diagonal
    clear: frozenset[Position]  # rolled fingers that show enough on both sides to be missed when they do not fit


def check(rolled: Mapping[Position, Print], plain: Mapping[Position, Print]) -> Sequence:
    """Judge the rolled prints of a booking. At most 145 comparisons, under 0.1 s."""
    return judge(gather(rolled, plain))


def likeness(a: Print, b: Print) -> float:
    """Decades of false matches."""
    return compare(a, b).score


def gather(
    rolled: Mapping[Position, Print], plain: Mapping[Position, Print], score: Callable[[Print, Print], float] = likeness
) -> Evidence:
    """Compare each with each. `score`: where some of the comparisons are known already."""
    rows, columns = tuple(rolled), tuple(plain)
    cross = np.array([[score(rolled[r], plain[p]) for p in columns] for r in rows]).reshape(len(rows), len(columns))
    repeats = np.zeros((len(rows), len(rows)))
    for i, j in zip(*np.triu_indices(len(rows), 1), strict=True):
        repeats[i, j] = repeats[j, i] = score(rolled[rows[i]], rolled[rows[j]])
    clear = frozenset(r for r in rows if r in plain and _clear(rolled[r]) and _clear(plain[r]))
    return Evidence(rows, columns, cross, repeats, clear)


def _clear(one: Print) -> bool:
    return len(one) >= ENOUGH and not usable(one.template)


def judge(evidence: Evidence) -> Sequence:
    """Findings from scores alone."""
    assigned = dict(assign(_with_priors(evidence)))
    places = {position: _place(evidence, row, assigned.get(row)) for row, position in enumerate(evidence.rolled)}
    whole = _whole(places)
    if whole is Finding.SWAPPED:
        places = {position: _as_swapped(position, place) for position, place in places.items()}
    scores = {(r, p): float(evidence.cross[i, j]) for i, r in enumerate(evidence.rolled) for j, p in enumerate(evidence.plain)}
    return Sequence(places, whole, scores)


def assign(scores: Scores) -> list[tuple[int, int]]:
    """Rows to columns, one to one, so that the sum is greatest; what adds nothing stays alone. Exact, for at most ten columns or so.

    Dynamic programming over sets of columns: `best[set]` is the greatest sum of the rows so far that use only columns of the set.
    """
    rows, columns = scores.shape
    sets = np.arange(1 << columns)
    best, taken = np.zeros(len(sets)), np.full((rows, len(sets)), -1)
    for row in range(rows):
        before = best.copy()
        for column in range(columns):
            has = sets[(sets >> column) & 1 == 1]
            gained = before[has ^ (1 << column)] + scores[row, column]
            better = gained > best[has] + 1e-9
            best[has[better]], taken[row, has[better]] = gained[better], column
    return _traced(taken, len(sets) - 1)


def _traced(taken: NDArray[np.int64], left: int) -> list[tuple[int, int]]:
    """The choices that led to the greatest sum, from the last row back."""
    pairs = []
    for row in range(len(taken) - 1, -1, -1):
        column = int(taken[row, left])
        if column >= 0:
            pairs.append((row, column))
            left ^= 1 << column
    return pairs[::-1]


def _with_priors(evidence: Evidence) -> Scores:
    own = np.array([[r == p for p in evidence.plain] for r in evidence.rolled]).reshape(evidence.cross.shape)
    return evidence.cross + OWN * own


def _place(evidence: Evidence, row: int, column: int | None) -> Place:
    """The finding on one finger."""
    position = evidence.rolled[row]
    own = float(evidence.cross[row, evidence.plain.index(position)]) if position in evidence.plain else 0.0
    if column is not None and evidence.plain[column] == position and own >= FITS:
        return Place(Finding.RIGHT, own)
    return (
        _repeat(evidence, row, own)
        or _elsewhere(evidence, row, own)
        or Place(_unfitting(evidence, row) if position in evidence.plain else Finding.NOTHING_TO_COMPARE, own)
    )


def _repeat(evidence: Evidence, row: int, own: float) -> Place | None:
    """The finger taken before under another name, where that name fits it better."""
    if len(evidence.rolled) < 2:
        return None
    twin = int(evidence.repeats[row].argmax())
    score = float(evidence.repeats[row, twin])
    other = evidence.rolled[twin]
    fits = float(evidence.cross[twin, evidence.plain.index(other)]) if other in evidence.plain else 0.0
    return Place(Finding.TWICE, own, other, score) if score >= max(SURE, own + CLEARLY) and fits >= max(FITS, own) else None


def _elsewhere(evidence: Evidence, row: int, own: float) -> Place | None:
    """Another finger of this person, by the plain prints."""
    if not evidence.plain:
        return None
    column = int(evidence.cross[row].argmax())
    score = float(evidence.cross[row, column])
    fits = evidence.plain[column] != evidence.rolled[row] and score >= max(SURE, own + CLEARLY)
    return Place(Finding.OTHER_FINGER, own, evidence.plain[column], score) if fits else None


def _unfitting(evidence: Evidence, row: int) -> Finding:
    """Neither here nor elsewhere: said only of prints that are clear enough, and only where nothing comes near."""
    foreign = evidence.rolled[row] in evidence.clear and float(evidence.cross[row].max(initial=0.0)) < FOREIGN
    return Finding.ANOTHER_PERSON if foreign else Finding.UNSURE


def _whole(places: Mapping[Position, Place]) -> Finding:
    """What most fingers say together."""
    found = [place.finding for place in places.values()]
    swapped = sum(place.finding is Finding.OTHER_FINGER and place.other == mirrored(position) for position, place in places.items())
    foreign = found.count(Finding.ANOTHER_PERSON)
    right = found.count(Finding.RIGHT)
    if swapped >= SEVERAL and swapped > right:
        return Finding.SWAPPED
    if foreign >= SEVERAL and right == 0:
        return Finding.ANOTHER_PERSON
    for finding in (Finding.OTHER_FINGER, Finding.TWICE, Finding.ANOTHER_PERSON):
        if finding in found:
            return finding
    return Finding.RIGHT if right and right >= len(found) - right else Finding.UNSURE


def _as_swapped(position: Position, place: Place) -> Place:
    if place.finding is Finding.OTHER_FINGER and place.other == mirrored(position):
        return Place(Finding.SWAPPED, place.score, place.other, place.other_score)
    return place


def mirrored(position: Position) -> Position:
    """The same finger of the other hand."""
    return Position((position + 4) % 10 + 1)
