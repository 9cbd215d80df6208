"""What a capture asks the officer, and what may be answered. A question stops nothing for good: every one has an answer that goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent.errors import LivescanError
from agent.model.fingers import Position
from agent.model.impression import FingerQuality, Impression, Override


class Choice(StrEnum):
    TAKE = "take"  # the best attempt as what was asked for; needs a reason
    REPEAT = "repeat"  # take it again
    USE_AS = "use_as"  # take it as the finger that it looks like
    SWAP = "swap"  # the hands were laid the other way round: exchange them, and all that was taken of them


class Why(StrEnum):
    """What the officer is asked about."""

    POOR = "poor"  # the tries are used up, no attempt is good enough
    NOBODY = "nobody"  # no finger came in its time
    OTHER_FINGER = "other_finger"  # it looks like another finger of the same person
    SAME_TWICE = "same_twice"  # it looks like a finger that was taken already
    SWAPPED = "swapped"  # it looks like the other hand
    OTHER_PERSON = "other_person"  # it looks like nobody of whom prints were taken in this booking


CHOICES: Mapping[Why, tuple[Choice, ...]] = {
    Why.POOR: (Choice.REPEAT, Choice.TAKE),
    Why.NOBODY: (Choice.REPEAT,),
    Why.OTHER_FINGER: (Choice.USE_AS, Choice.REPEAT, Choice.TAKE),
    Why.SAME_TWICE: (Choice.REPEAT, Choice.USE_AS, Choice.TAKE),
    Why.SWAPPED: (Choice.SWAP, Choice.REPEAT, Choice.TAKE),
    Why.OTHER_PERSON: (Choice.REPEAT, Choice.TAKE),
}  # the likeliest first


class NotAnAnswer(LivescanError):
    """The answer does not fit the question."""


@dataclass(frozen=True, eq=False)
class Question:
    why: Why
    position: Position  # that was asked for
    sentence: str  # for the officer
    attempts: Sequence[Impression] = field(default=(), repr=False)  # best first; empty where nobody came
    looks_like: Position | None = None
    best_fingers: Mapping[Position, tuple[int, FingerQuality]] = field(default_factory=dict)  # by finger: attempt, and what it scored there

    @property
    def choices(self) -> tuple[Choice, ...]:
        return CHOICES[self.why]


@dataclass(frozen=True)
class Answer:
    choice: Choice
    override: Override | None = None  # with TAKE
    finger: Position | None = None  # with USE_AS


Ask = Callable[[Question], Awaitable[Answer]]


def checked(answer: Answer, question: Question, *, second_officer: bool) -> Answer:
    """The answer, if it is one. Raises NotAnAnswer."""
    if answer.choice not in question.choices:
        raise NotAnAnswer("That answer does not fit the question.", do=f"Choose one of: {', '.join(question.choices)}.")
    if answer.choice is Choice.TAKE:
        _reasoned(answer.override, second_officer=second_officer)
    if answer.choice is Choice.USE_AS and question.looks_like is None and answer.finger is None:
        raise NotAnAnswer("It is not said which finger it is to be used as.", do="Name the finger.")
    return answer


def _reasoned(override: Override | None, *, second_officer: bool) -> None:
    if override is None or not override.reason.strip():
        raise NotAnAnswer("A print is kept in spite of what was found only with a reason.", do="Say why in a sentence.")
    if second_officer and (not override.second or override.second == override.by):
        raise NotAnAnswer("This state wants a second officer for that.", do="Have another officer agree, by an id of their own.")
