"""Fingers and prints as tiles: a shape, a number and a word for each, never a colour alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.capture.plan import Step
from agent.model.fingers import Position

GOOD, FAIR = 40, 25  # NFIQ 2, as config/quality.toml has them for a plain finger: from here on accepted, accepted with a warning


@dataclass(frozen=True)
class Tile:
    fgp: int
    kind: str  # plain, rolled
    mark: str  # good, care, bad, now, none: the shape
    word: str  # of the catalogue: tile.WORD
    number: str  # the lowest NFIQ 2 of its fingers, "" where there is none
    fingers: tuple[tuple[int, str, str], ...] = ()  # finger, NFIQ 2 as text, mark
    override: str = ""  # the reason for which it was kept
    attempt: int = 0


def of_step(step: Step, print_: Mapping[str, Any] | None, *, now: bool) -> Tile:
    """The tile of one step; `print_`: what is stored of it, as `booking.desk.describe` tells it."""
    if print_ is None:
        return Tile(int(step.position), step.kind.value, "now" if now else "none", "now" if now else "to_do", "")
    scores = {int(finger): int(score) for finger, score in print_["nfiq2"].items()}
    fingers = tuple((int(one), str(scores.get(int(one), "")), mark_of(scores.get(int(one)))) for one in step.fingers)
    if step.kind.value == "rolled":
        fingers = ()
    worst = min(scores.values(), default=None)
    override = str(print_["override"] or "")
    mark = "care" if override else "good" if step.kind.value == "rolled" else mark_of(worst)
    word = "kept" if override else "good" if mark == "good" else "fair"
    number = "" if worst is None else str(worst)
    return Tile(int(step.position), step.kind.value, mark, word, number, fingers, override, int(print_["attempt"]))


def mark_of(score: int | None) -> str:
    if score is None:
        return "none"
    return "good" if score >= GOOD else "care" if score >= FAIR else "bad"


def tiles(steps: Sequence[Step], prints: Sequence[Mapping[str, Any]], now: Position | None, taken: Collection[int]) -> list[Tile]:
    stored = {int(one["fgp"]): one for one in prints if int(one["fgp"]) in taken}
    return [of_step(step, stored.get(int(step.position)), now=step.position is now) for step in steps]


def worst_first(found: Sequence[Tile]) -> list[Tile]:
    """What needs a look before what does not; within that the lowest number first."""
    order = {"bad": 0, "none": 1, "care": 2, "now": 2, "good": 3}
    return sorted(found, key=lambda tile: (order[tile.mark], int(tile.number or 101)))
