"""What a likeness found in the gallery may mean for the officer: four kinds of hint, as rules. Pure. None blocks or decides anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agent.gallery.candidates import Candidate
from agent.gallery.policy import GalleryPolicy
from agent.match.compare import FMR_1E3, FMR_1E4
from agent.model.fingers import Position

FOREIGN = 1.0  # decades that a finger nearly always reaches with its own print (`match.sequence`)
SEVERAL = 2  # fingers from which two people are spoken of
OWN_FINGER = FMR_1E4 + 2  # decades from which one print is called an officer's; a hundred pairs of fingers are looked at


class Kind(StrEnum):
    SAME_PRINTS = "same_prints"
    DUPLICATE = "duplicate"  # so soon after the other that it may be the same arrest
    MIXED_UP = "mixed_up"  # some fingers of this booking are of another one's person, and some are not
    OFFICER = "officer"  # an officer's own finger


class Said(StrEnum):
    """Why, as the officer says it."""

    ARRESTED_AGAIN = "arrested_again"
    SAME_ARREST = "same_arrest"  # booked twice
    TAKEN_AGAIN = "taken_again"  # prints were mixed up and are being taken again
    HELPED = "helped"  # an officer's hand was on the platen
    NOT_THE_SAME = "not_the_same"
    EXERCISE = "exercise"
    OTHER = "other"


@dataclass(frozen=True)
class Hint:
    kind: Kind
    other: str  # booking id, or officer id
    decades: float
    fingers: tuple[Position, ...]  # that are alike, each by itself
    other_at: datetime | None = None  # UTC: when the other booking was opened


def judge(candidates: Collection[Candidate], opened_at: datetime, policy: GalleryPolicy) -> Iterator[Hint]:
    """One hint for each booking whose prints are the same."""
    for one in candidates:
        alike = tuple(finger for finger, decades in one.fused.fingers.items() if decades >= FMR_1E3)
        if one.score < policy.decades or not alike:
            continue
        foreign = [finger for finger in one.fused.clear if one.fused.fingers[finger] < FOREIGN]
        mixed = len(alike) >= SEVERAL and len(foreign) >= SEVERAL
        yield Hint(_kind(mixed, abs(opened_at - one.at), policy), one.booking, one.score, alike, one.at)


def _kind(mixed: bool, apart: timedelta, policy: GalleryPolicy) -> Kind:
    if mixed:
        return Kind.MIXED_UP
    return Kind.DUPLICATE if apart < policy.duplicate else Kind.SAME_PRINTS


def of_officers(found: Mapping[str, Mapping[Position, float]]) -> Iterator[Hint]:
    """`found`: of each officer the fingers of the booking and how like one of the officer's they are, in decades."""
    for officer, fingers in found.items():
        alike = tuple(finger for finger, decades in fingers.items() if decades >= OWN_FINGER)
        if alike:
            yield Hint(Kind.OFFICER, officer, max(fingers[finger] for finger in alike), alike)


_SENTENCES = {
    Kind.SAME_PRINTS: "The same prints as booking {other}, {ago}{name}.",
    Kind.DUPLICATE: "The same prints as booking {other}, {ago}{name}: is this arrest booked twice?",
    Kind.MIXED_UP: "The {fingers} of this booking are those of booking {other}, {ago}{name}, the others are not: were two people mixed up?",
    Kind.OFFICER: "The {fingers} of this booking looks like a finger of officer {other}.",
}


def sentence(hint: Hint, opened_at: datetime, *, other_name: bool | None) -> str:
    """For the officer. `other_name`: whether the two bookings are under different names; None where that is not known."""
    name = {True: ", under another name", False: ", under the same name", None: ""}[other_name]
    ago = "" if hint.other_at is None else ago_words(opened_at - hint.other_at)
    return _SENTENCES[hint.kind].format(other=hint.other, ago=ago, name=name, fingers=_listed(hint.fingers))


def ago_words(apart: timedelta) -> str:
    """3 days ago, 2 hours later."""
    seconds = abs(apart.total_seconds())
    number, unit = next(((int(seconds // size), unit) for size, unit in _UNITS if seconds >= size), (0, "second"))
    return f"{number} {unit}{'' if number == 1 else 's'} {'ago' if apart >= timedelta(0) else 'later'}"


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _listed(fingers: Collection[Position]) -> str:
    words = [finger.words for finger in fingers]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
