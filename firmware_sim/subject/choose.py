"""Who stands before the scanner, from a word on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from firmware_sim.subject import file
from firmware_sim.subject.person import Person
from firmware_sim.subject.synthetic.making import make_person

SYNTHETIC = "synthetic:"
Progress = Callable[[int, int], None]  # done, of


def choose(subject: str, progress: Progress = lambda _done, _of: None) -> Person:
    """`FILE` (ANSI/NIST) or `synthetic:SEED`. Raises SubjectError."""
    if subject.startswith(SYNTHETIC):
        return make_person(subject.removeprefix(SYNTHETIC), progress)
    return file.load(Path(subject))
