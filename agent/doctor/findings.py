"""What a check finds: how it stands, in words, and what to do. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Health(StrEnum):
    GOOD = "good"
    NOTE = "note"  # nothing is wrong yet
    BAD = "bad"  # something cannot be done now
    UNKNOWN = "unknown"  # it cannot be told from here


@dataclass(frozen=True)
class Finding:
    check: str
    health: Health
    words: str  # one sentence
    do: str = ""  # the remedy, "" where there is nothing to do

    def as_python(self) -> dict[str, Any]:
        return asdict(self)


def good(check: str, words: str) -> Finding:
    return Finding(check, Health.GOOD, words)


def note(check: str, words: str, do: str = "") -> Finding:
    return Finding(check, Health.NOTE, words, do)


def bad(check: str, words: str, do: str) -> Finding:
    return Finding(check, Health.BAD, words, do)


def unknown(check: str, words: str, do: str = "") -> Finding:
    return Finding(check, Health.UNKNOWN, words, do)
