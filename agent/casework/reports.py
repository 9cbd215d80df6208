"""Counts for oversight: by officer and group for those who supervise, and for the public without anyone in it. Pure.

SOP 1.0 forbids profiling and 2.2.8 encourages outreach. What is counted is what was done here (submissions, holds, queries), never what a
reply said of a person. In the public report a count below a threshold is suppressed, and a second one with it, so that the first cannot be
found by subtraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Counted:
    """One booking, as it is counted."""

    officer: str  # officer id
    group: str  # 2.025 RAC as typed; counted, never acted on
    submitted: bool
    held: bool = False
    queried: bool = False


@dataclass(frozen=True)
class Rate:
    bookings: int
    submitted: int
    held: int
    queried: int

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the bookings: submitted, held, queried; 0..1."""
        return self.submitted / self.bookings, self.held / self.bookings, self.queried / self.bookings


@dataclass(frozen=True)
class PublicReport:
    """Numbers only. None is a count that is not told."""

    bookings: int | None
    submitted: int | None
    held: int | None
    queried: int | None
    by_group: Mapping[str, int | None] = field(default_factory=dict)


def rates(rows: Iterable[Counted]) -> Mapping[tuple[str, str], Rate]:
    """By (officer, group), for supervisors: differences are for a person to ask about."""
    kept: dict[tuple[str, str], list[Counted]] = {}
    for row in rows:
        kept.setdefault((row.officer, row.group), []).append(row)
    return {key: _rate(found) for key, found in sorted(kept.items())}


def public(rows: Iterable[Counted], smallest: int) -> PublicReport:
    """smallest: counts from 1 to below this are suppressed."""
    found = list(rows)
    total = _rate(found)
    groups = _suppressed(Counter(row.group for row in found), smallest)
    told = {name: None if 0 < count < smallest else count for name, count in vars(total).items()}
    return PublicReport(**told, by_group=groups)


def _suppressed(counts: Mapping[str, int], smallest: int) -> dict[str, int | None]:
    """Small cells, and where it is one alone the next smallest too."""
    small = {name for name, count in counts.items() if count < smallest}
    rest = sorted((count, name) for name, count in counts.items() if name not in small)
    if len(small) == 1 and rest:
        small.add(rest[0][1])
    return {name: None if name in small else count for name, count in sorted(counts.items())}


def _rate(rows: list[Counted]) -> Rate:
    return Rate(len(rows), sum(row.submitted for row in rows), sum(row.held for row in rows), sum(row.queried for row in rows))
