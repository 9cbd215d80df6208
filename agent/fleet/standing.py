"""How each station stands, from what the broker has of it. Pure; worst first.

false      what is retained under its name was not signed by it             somebody speaks in its name, or its keys are wrong
cannot     an officer there cannot do something now                         it says so itself
silent     nothing was heard for longer than it may be silent
waits      a transaction has waited too long for the bureau's receipt
soon       nothing is wrong yet: a certificate, the disk, the clock
good
stranger   not on the roster                                                told apart, whatever else it says
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agent.delivery.status import Status
from agent.fleet.report import Report

WAITS_LONG = timedelta(hours=1)
ENDS_SOON = timedelta(days=30)
ROOM_LOW = 20  # bookings
CLOCK_OFF = timedelta(minutes=5)  # a report from the future
_SPARE = timedelta(seconds=90)


class Grade(StrEnum):
    """Worst first."""

    FALSE = "false"
    CANNOT = "cannot"
    SILENT = "silent"
    WAITS = "waits"
    SOON = "soon"
    GOOD = "good"


ORDER = {grade: place for place, grade in enumerate(Grade)}


@dataclass(frozen=True)
class Heard:
    """What the broker has of one station."""

    report: Report | None = None
    fault: str | None = None  # why what is retained as its report is not believed
    status: Status | None = None  # unsigned: the broker's permissions alone say whose it is
    told: bool = False  # something is retained as its report


@dataclass(frozen=True)
class Standing:
    station: str
    name: str
    grade: Grade
    reasons: tuple[tuple[str, datetime | None], ...]  # sentences, and since when
    last_heard: datetime | None  # UTC, by the station's clock
    heard: Heard
    on_roster: bool = True

    @property
    def since(self) -> datetime | None:
        return self.reasons[0][1] if self.reasons else None


def standings(heard: Mapping[str, Heard], roster: Mapping[str, str], now: datetime) -> list[Standing]:
    """All of the roster and all that were heard, worst first, longest first. An empty roster means that nobody is a stranger."""
    stations = dict.fromkeys((*roster, *sorted(heard)))
    found = [_standing(one, heard.get(one, Heard()), roster, now) for one in stations]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: (ORDER[one.grade], one.since or far, one.station))


def _standing(station: str, heard: Heard, roster: Mapping[str, str], now: datetime) -> Standing:
    grade, reasons = _judged(heard, now)
    on_roster = not roster or station in roster
    return Standing(station, roster.get(station, ""), grade, tuple(reasons), _last_heard(heard), heard, on_roster)


def _judged(heard: Heard, now: datetime) -> tuple[Grade, Sequence[tuple[str, datetime | None]]]:
    """The worst that holds, and all that holds, worst first."""
    rows = [*_false(heard), *_cannot(heard), *_silent(heard, now), *_waits(heard, now), *_soon(heard, now)]
    rows.sort(key=lambda row: ORDER[row[0]])
    return (rows[0][0] if rows else Grade.GOOD), [(words, since) for _, words, since in rows]


_Row = tuple[Grade, str, datetime | None]


def _false(heard: Heard) -> list[_Row]:
    return [(Grade.FALSE, f"What is told in its name is not believed. {heard.fault}", None)] if heard.fault else []


def _cannot(heard: Heard) -> list[_Row]:
    report = heard.report
    if report is None:
        return []
    rows: list[_Row] = [(Grade.CANNOT, one.words, one.since) for one in report.cannot]
    if report.draining_until is not None:
        until = f"{report.draining_until:%Y-%m-%d %H:%M} UTC"
        rows.append((Grade.CANNOT, f"No booking is opened until {until}: an administrator drains it.", report.at))
    return rows


def _silent(heard: Heard, now: datetime) -> list[_Row]:
    report, status = heard.report, heard.status
    if report is None:
        return _without_report(heard)
    limit = 2 * timedelta(seconds=report.every) + _SPARE
    if now - report.at <= limit:
        return []
    if status is not None and status.online:
        return [(Grade.SILENT, "It is connected and tells nothing: its core is down, or its clock is behind.", report.at)]
    return [(Grade.SILENT, "It is not connected.", _last_heard(heard))]


def _without_report(heard: Heard) -> list[_Row]:
    status = heard.status
    if heard.told:
        return []
    if status is None:
        return [(Grade.SILENT, "It was never heard.", None)]
    if status.online:
        return [(Grade.SOON, "It is connected and makes no reports: an earlier version, or watch.report is 0.", None)]
    return [(Grade.SILENT, "It is not connected.", status.at)]


def _waits(heard: Heard, now: datetime) -> list[_Row]:
    report = heard.report
    if report is None or report.waiting_since is None or now - report.waiting_since < WAITS_LONG:
        return []
    words = "A transaction waits" if report.waiting == 1 else f"{report.waiting} transactions wait"
    return [(Grade.WAITS, f"{words} for the bureau's receipt.", report.waiting_since)]


def _soon(heard: Heard, now: datetime) -> list[_Row]:
    report, rows = heard.report, list[_Row]()
    for use, end in sorted(certificates_of(heard).items(), key=lambda one: one[1]):
        if end - now < ENDS_SOON:
            rows.append((Grade.SOON, f"Its {use} certificate {'ended' if end < now else 'ends'} on {end:%Y-%m-%d}.", None))
    if report is None:
        return rows
    if report.room < ROOM_LOW:
        rows.append((Grade.SOON, f"Its disk takes {report.room} more booking{'' if report.room == 1 else 's'}.", None))
    if report.at - now > CLOCK_OFF:
        rows.append((Grade.SOON, f"Its clock is {span(report.at - now)} ahead of this machine's.", None))
    if report.for_a_person:
        rows.append((Grade.SOON, f"{report.for_a_person} message{'s' * (report.for_a_person > 1)} of the bureau wait there.", None))
    return rows


def certificates_of(heard: Heard) -> dict[str, datetime]:
    """Use to end. That of the connection is told by the uplink, unsigned."""
    found = dict(heard.report.certificates) if heard.report is not None else {}
    if heard.status is not None and heard.status.tls_until is not None:
        found["tls"] = heard.status.tls_until
    found.pop("revocation list", None)
    return found


def _last_heard(heard: Heard) -> datetime | None:
    times = [one.at for one in (heard.report, heard.status) if one is not None]
    return max(times, default=None)


def span(length: timedelta) -> str:
    """In two units at most: "3 d 4 h"."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def ago(length: timedelta) -> str:
    """How long something is past."""
    return f"{span(length)} ago" if length >= timedelta(minutes=1) else "just now"
