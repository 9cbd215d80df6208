"""Histograms of ages: how long ago stations were heard, and how long transactions wait. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.fleet.standing import Standing

_EDGES = (
    ("under 5 min", timedelta(minutes=5)),
    ("to 15 min", timedelta(minutes=15)),
    ("to 1 h", timedelta(hours=1)),
    ("to 4 h", timedelta(hours=4)),
    ("to 1 day", timedelta(days=1)),
    ("to 1 week", timedelta(weeks=1)),
)
LATER = "longer"
NEVER = "never"


@dataclass(frozen=True)
class Bar:
    name: str
    count: int  # stations
    bad: bool  # beyond what is in order


def last_heard(standings: Sequence[Standing], now: datetime) -> list[Bar]:
    """Stations by the age of the last word of each."""
    times = [one.last_heard for one in standings]
    bars = _bars((now - at for at in times if at is not None), bad_from=2)
    return [*bars, Bar(NEVER, sum(at is None for at in times), True)]


def oldest_waiting(standings: Sequence[Standing], now: datetime) -> list[Bar]:
    """Stations with something that waits, by the age of the oldest."""
    reports = [one.heard.report for one in standings]
    return _bars((now - one.waiting_since for one in reports if one is not None and one.waiting_since is not None), bad_from=3)


def _bars(ages: Iterable[timedelta], *, bad_from: int) -> list[Bar]:
    counts = [0] * (len(_EDGES) + 1)
    for age in ages:
        counts[sum(age >= edge for _, edge in _EDGES)] += 1
    return [
        Bar(name, count, place >= bad_from)
        for place, (name, count) in enumerate(zip([*(name for name, _ in _EDGES), LATER], counts, strict=True))
    ]
