"""Who stands before the scanner, from a word on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from firmware_sim.subject import file
from firmware_sim.subject.condition import GOOD, Condition, Flaw
from firmware_sim.subject.person import Asked, Person, Touch
from firmware_sim.subject.synthetic.making import make_person

SYNTHETIC = "synthetic:"
PORES = ",pores"
Progress = Callable[[int, int], None]  # done, of


def choose(subject: str, progress: Progress = lambda _done, _of: None, *, other: str = "") -> Person:
    """`FILE` (ANSI/NIST), `synthetic:SEED` or `synthetic:SEED,pores`; `other` names who lays down fingers when a condition asks for
    another person's. Raises SubjectError."""
    person = _one(subject, progress)
    return Pair(person, _one(other, progress)) if other else person


def _one(subject: str, progress: Progress) -> Person:
    if subject.startswith(SYNTHETIC):
        seed = subject.removeprefix(SYNTHETIC)
        return make_person(seed.removesuffix(PORES), progress, pores=seed.endswith(PORES))
    return file.load(Path(subject))


class Pair:
    """A person, and another who steps in where the condition says so."""

    def __init__(self, person: Person, other: Person) -> None:
        self.name = person.name
        self._person, self._other = person, other

    @property
    def absent(self) -> Mapping[int, str]:
        return self._person.absent

    def touch(self, asked: Asked, how: Condition = GOOD) -> Touch | None:
        if not how.another:
            return self._person.touch(asked, how)
        touch = self._other.touch(asked, replace(how, another=False))
        return None if touch is None else replace(touch, how=how, flaws=touch.flaws | {Flaw.ANOTHER_PERSON})
