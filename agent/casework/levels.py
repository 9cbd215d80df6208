"""Levels of offenses of the SOP's appendix A, as reference for a reader. Pure but for reading its table once.

Display only: no state, message, order or timer may depend on a level (R27, R48). A code in no range is "not listed", never level 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from agent.settings import config_dir, read_toml

MONTHS_A_YEAR = 12


class Level(StrEnum):
    ONE = "Level 1"
    TWO = "Level 2"
    THREE = "Level 3"
    BY_SENTENCE = "depends on sentence"
    NOT_LISTED = "not listed"
    UNDEFINED = "undefined: exactly one year"


@dataclass(frozen=True)
class Range:
    """NCIC uniform offense codes, both ends within."""

    first: str  # four digits
    last: str
    level: Level
    category: str = ""

    def holds(self, code: str) -> bool:
        return self.first <= code <= self.last


@dataclass(frozen=True)
class Sentence:
    """As stated, never converted."""

    years: int = 0
    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class Levels:
    edition: str
    ranges: tuple[Range, ...]
    national_security: tuple[Range, ...]

    def of(self, code: str) -> Level:
        """code: four digits; anything else is not listed."""
        found = next((one.level for one in self.ranges if len(code) == 4 and one.holds(code)), None)
        return found or Level.NOT_LISTED

    def with_sentence(self, code: str, sentence: Sentence) -> Level:
        """Where the level depends on the sentence: over one year 1, under one year 2, exactly one year the SOP leaves undefined."""
        level = self.of(code)
        return _by_sentence(sentence) if level is Level.BY_SENTENCE else level

    def is_national_security(self, code: str) -> bool:
        """The footnote of appendix A."""
        return any(len(code) == 4 and one.holds(code) for one in self.national_security)


@lru_cache(maxsize=1)
def levels() -> Levels:
    """The table that is shipped."""
    return read_levels(read_toml(config_dir() / "offense-levels.toml"))


def read_levels(toml: dict[str, Any]) -> Levels:
    """From the tables of `config/offense-levels.toml`."""
    listed = [
        Range(one["from"], one["to"], Level(f"Level {level['number']}"), one["category"])
        for level in toml["level"]
        for one in level["ranges"]
    ]
    drugs = [Range(first, last, Level.BY_SENTENCE, "Dangerous Drugs") for first, last in toml["by_sentence"]]
    security = [Range(first, last, Level.NOT_LISTED) for first, last in toml["national_security"]]
    return Levels(toml["edition"], (*listed, *drugs), tuple(security))


def _by_sentence(sentence: Sentence) -> Level:
    months = sentence.years * MONTHS_A_YEAR + sentence.months
    if (months, sentence.days) == (0, 0):
        return Level.BY_SENTENCE
    if months == MONTHS_A_YEAR and not sentence.days:
        return Level.UNDEFINED
    return Level.ONE if months >= MONTHS_A_YEAR else Level.TWO if sentence.days < 365 else Level.UNDEFINED
