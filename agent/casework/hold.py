"""How long ICE may take to assume custody: 48 hours counted straight, and 48 hours without Saturdays, Sundays and federal holidays. Pure.

8 CFR 287.7(d) and SOP 3.2.4 leave out Saturdays, Sundays and holidays; the I-247A does not. Both limits are computed, the alarm is on the
earlier, and at it there is one sentence: release unless another lawful basis. Nothing here, and nothing that reads it, prolongs custody.
Hours are hours that pass: a change to or from summer time neither adds nor takes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LIMIT = timedelta(hours=48)
RELEASE = "Release unless another lawful basis: the limit of the detainer has been reached."
SATURDAY = 5


@dataclass(frozen=True)
class HoldLimits:
    """Both limits of one hold, and what the calendar was."""

    started: datetime  # UTC: when the person would otherwise have been released
    straight: datetime  # UTC
    excluding: datetime  # UTC: without Saturdays, Sundays and holidays
    left_out: tuple[date, ...]  # local days that the second count passed over
    calendar: str  # its edition

    @property
    def earlier(self) -> datetime:
        return min(self.straight, self.excluding)


@dataclass(frozen=True)
class HoldWords:
    reached: bool
    sentence: str
    alarm_hours: int | None  # the alarm that is on, hours before the limit; None before the first


def limits(
    started: datetime, zone: ZoneInfo, *, closures: Iterable[date] = (), calendar: str = "5 USC 6103", limit: timedelta = LIMIT
) -> HoldLimits:
    """started: with time zone. closures: of this agency, beside the federal holidays; they never move the straight limit."""
    closed = frozenset(closures)
    left, at, left_out = limit, started.astimezone(UTC), []
    for day, ends in _days(at, zone):
        if _is_left_out(day, closed):
            left_out.append(day)
        elif ends - at < left:
            left -= ends - at
        else:
            return HoldLimits(started.astimezone(UTC), started.astimezone(UTC) + limit, at + left, tuple(left_out), calendar)
        at = ends
    raise AssertionError("days do not end")


def words(held: HoldLimits, now: datetime, alarms: Sequence[int] = (12, 4, 1, 0)) -> HoldWords:
    """What is to be said at a moment. alarms: hours before the earlier limit."""
    left = held.earlier - now
    on = [hours for hours in alarms if left <= timedelta(hours=hours)]
    if left <= timedelta(0):
        return HoldWords(True, RELEASE, 0)
    minutes = int(left.total_seconds() // 60)
    return HoldWords(
        False, f"{minutes // 60} h {minutes % 60:02d} min to the earlier limit. The form alone holds nobody.", min(on) if on else None
    )


def is_holiday(day: date) -> bool:
    """A federal holiday by statute (5 USC 6103), as observed."""
    return day in _statutory(day.year)


@lru_cache(maxsize=8)
def _statutory(year: int) -> frozenset[date]:
    """Of one year, and the New Year's Day that is observed in it though it belongs to the next."""
    import holidays  # noqa: PLC0415  its calendars take 60 ms to load, and the first detainer comes long after the start

    return frozenset(day for one in (year, year + 1) for day in holidays.country_holidays("US", years=one) if day.year == year)


def _is_left_out(day: date, closures: frozenset[date]) -> bool:
    return day.weekday() >= SATURDAY or is_holiday(day) or day in closures


def _days(at: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime]]:
    """Local days from a moment on, each with the moment (UTC) at which it ends."""
    day = at.astimezone(zone).date()
    while True:
        ends = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        yield day, ends
        day += timedelta(days=1)
