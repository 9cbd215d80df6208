"""Is each finger in its place: the sequence check of one booking, while the finger is still on the glass.

Rolls are held against the fingers of the slaps and thumbs, and against each other; a slap's fingers against those of the slaps before. Each
pair is compared once and its score kept. What comes out is a hint with a question; it never blocks, and of prints that show too little
nothing is said.

"Hands swapped" means the plain impressions: a roll is done with the officer's hand on the finger, a slap is laid by the person alone. So
what is exchanged is slaps and thumbs; where it was the rolls, they are taken again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.capture.questions import Why
from agent.match.compare import Print
from agent.match.sequence import Finding, Sequence, gather, judge, likeness
from agent.model.fingers import Position, fingers_of
from agent.model.impression import ImpressionKind
from agent.quality.verdict import words

Prints = Mapping[Position, Print]  # by single finger

HALF = 0.5  # of the fingers of a slap, from which it is spoken of as a whole
_MIRROR = {Position.PLAIN_RIGHT_FOUR: Position.PLAIN_LEFT_FOUR, Position.PLAIN_RIGHT_THUMB: Position.PLAIN_LEFT_THUMB}
MIRROR = {**_MIRROR, **{other: one for one, other in _MIRROR.items()}}  # plain impressions of the two hands

_WHY = {
    Finding.OTHER_FINGER: Why.OTHER_FINGER,
    Finding.TWICE: Why.SAME_TWICE,
    Finding.SWAPPED: Why.SWAPPED,
    Finding.ANOTHER_PERSON: Why.OTHER_PERSON,
}
_SAY = {
    Why.OTHER_FINGER: "This looks like the {other}, not the {asked}.",
    Why.SAME_TWICE: "This looks like the {other} once more, not the {asked}.",
    Why.SWAPPED: "This looks like the {other}, as others did: were right and left hand exchanged when they were laid flat?",
    Why.OTHER_PERSON: "This fits no print of this booking: is it the same person's {asked}?",
}


@dataclass(frozen=True)
class Hint:
    why: Why
    position: Position  # that was asked for
    looks_like: Position | None

    @property
    def sentence(self) -> str:
        return _SAY[self.why].format(asked=words(self.position), other=words(self.looks_like) if self.looks_like else "")


class Places:
    """Of one booking. Blocking: some milliseconds for each new print."""

    def __init__(self) -> None:
        self._plain: dict[Position, Print] = {}
        self._rolled: dict[Position, Print] = {}
        self._scores: dict[tuple[int, int], tuple[Print, Print, float]] = {}  # the prints keep their identities from being used again

    def remember(self, kind: ImpressionKind, prints: Prints) -> None:
        """These prints are stored."""
        (self._rolled if kind is ImpressionKind.ROLLED else self._plain).update(prints)

    def forget(self, position: Position) -> None:
        """That impression is as if never taken."""
        kept = self._rolled if position <= Position.LEFT_LITTLE else self._plain
        for finger in fingers_of(position):
            kept.pop(finger, None)

    def hint(self, position: Position, kind: ImpressionKind, prints: Prints) -> Hint | None:
        """What is to be asked about an impression before it is stored."""
        if kind is ImpressionKind.PLAIN:
            return self._repeated(position, prints)
        found = self._sequence({**self._rolled, **prints})
        return self._asked(position, found)

    def doubts(self, prints: Prints) -> list[Hint]:
        """All rolls judged together, with `prints` of the last of them: what is to be asked about each that seems out of place."""
        found = self._sequence({**self._rolled, **prints})
        hints = [self._asked(position, found) for position in found.doubts if position not in prints]
        return [hint for hint in hints if hint is not None]

    def same_person(self, prints: Prints) -> bool | None:
        """Whether a hand laid down once more is the one of the slaps; None where it shows too little."""
        found = judge(gather(prints, self._plain, self._score))
        right = sum(place.finding is Finding.RIGHT for place in found.places.values())
        foreign = sum(place.finding is Finding.ANOTHER_PERSON for place in found.places.values())
        return None if not right and not foreign else right > foreign

    def _sequence(self, rolled: Prints) -> Sequence:
        return judge(gather(rolled, self._plain, self._score))

    @staticmethod
    def _asked(position: Position, found: Sequence) -> Hint | None:
        place = found.places.get(position)
        why = None if place is None else _WHY.get(place.finding)
        return None if place is None or why is None else Hint(why, position, place.other)

    def _repeated(self, position: Position, prints: Prints) -> Hint | None:
        """A slap or a thumb whose fingers were laid before under another name: no other finger of this person is like them."""
        found = judge(gather(prints, {f: p for f, p in self._plain.items() if f not in prints}, self._score))
        others = [place.other for place in found.places.values() if place.finding is Finding.OTHER_FINGER and place.other is not None]
        if not others or len(others) < HALF * len(prints):
            return None
        return Hint(Why.SAME_TWICE, position, _impression_of(others[0]))

    def _score(self, a: Print, b: Print) -> float:
        key = (id(a), id(b))
        if key not in self._scores:
            self._scores[key] = self._scores[id(b), id(a)] = a, b, likeness(a, b)
        return self._scores[key][2]


def _impression_of(finger: Position) -> Position:
    """The plain impression that a finger belongs to."""
    return next(position for position in MIRROR if finger in fingers_of(position))
