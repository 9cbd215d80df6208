"""The jail's list against what this station has: booked and not printed, printed and not sent, sent and not answered. Pure.

The list is CSV with a head line, or JSON: a list of objects; either has `booking_number`, `arrived_at` (ISO 8601) where the jail knows it,
and `released_at` where the person has left. Names may stand in it and are passed over: reconciling needs none. A line that cannot be read
is named and never keeps the others from being compared.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agent.casework.errors import CaseworkError

LARGEST = 16 * 1024 * 1024  # bytes of a list


class RosterError(CaseworkError):
    """The jail's list cannot be read at all."""


class Standing(StrEnum):
    NOT_PRINTED = "booked, not printed"
    NOT_SENT = "printed, not sent"
    UNANSWERED = "sent, not answered"
    ANSWERED = "answered"
    NOT_LISTED = "here, not on the jail's list"


@dataclass(frozen=True)
class Inmate:
    booking_number: str
    arrived_at: datetime | None = None
    released_at: datetime | None = None  # the person was released or transferred


@dataclass(frozen=True)
class OurBooking:
    booking_number: str  # the jail's number, or our own id where none was entered
    printed: bool
    received: bool  # the bureau has it
    answered: bool  # the FBI's search has answered


@dataclass(frozen=True)
class Line:
    booking_number: str
    standing: Standing
    arrived_at: datetime | None


@dataclass(frozen=True)
class Reconciled:
    lines: tuple[Line, ...]  # what is open first, the longest there first
    unreadable: tuple[str, ...]  # "line 7: it has no booking number"

    def count(self, standing: Standing) -> int:
        return sum(line.standing is standing for line in self.lines)


def read_roster(data: bytes) -> tuple[tuple[Inmate, ...], tuple[str, ...]]:
    """Those on the list, and what could not be read of it. Raises RosterError when it is neither CSV nor JSON."""
    if len(data) > LARGEST:
        raise RosterError("The jail's list is too large.", means="Nothing was compared.", do="Export the open bookings only.")
    try:
        text = data.decode("utf-8-sig")
        rows: Sequence[Any] = json.loads(text) if text.lstrip().startswith(("[", "{")) else list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, ValueError, RecursionError, csv.Error) as error:
        raise RosterError(
            f"The jail's list is neither CSV nor JSON: {error}.", means="Nothing was compared.", do="Export it again."
        ) from None
    if not isinstance(rows, list):
        raise RosterError("The jail's list is no list.", means="Nothing was compared.", do="Export it as a list of objects.")
    read = [(number, _inmate(row)) for number, row in enumerate(rows, start=1)]
    found = {one.booking_number: one for _, one in read if isinstance(one, Inmate)}
    return tuple(found.values()), tuple(f"line {number}: {why}" for number, why in read if isinstance(why, str))


def reconcile(inmates: Iterable[Inmate], ours: Iterable[OurBooking], unreadable: Sequence[str] = ()) -> Reconciled:
    mine = {one.booking_number: one for one in ours}
    listed = {one.booking_number: one for one in inmates}
    lines = [Line(number, _standing(mine.get(number)), one.arrived_at) for number, one in listed.items()]
    lines += [Line(number, Standing.NOT_LISTED, None) for number in mine if number not in listed]
    order = list(Standing)
    latest = datetime.max.isoformat()
    lines.sort(
        key=lambda line: (order.index(line.standing), line.arrived_at.isoformat() if line.arrived_at else latest, line.booking_number)
    )
    return Reconciled(tuple(lines), tuple(unreadable))


def page(found: Reconciled, *, station: str, printed_at: datetime) -> str:
    """One page of text for the end of a shift: open lines only, with the counts of all."""
    counts = "   ".join(f"{standing.value}: {found.count(standing)}" for standing in Standing)
    rows = [
        f"{line.booking_number:24} {line.standing.value:30} {line.arrived_at:%Y-%m-%d %H:%M}"
        if line.arrived_at
        else f"{line.booking_number:24} {line.standing.value}"
        for line in found.lines
        if line.standing is not Standing.ANSWERED
    ]
    return "\n".join([f"Roster of {station}, {printed_at:%Y-%m-%d %H:%M %Z}", counts, "", *rows, "", *found.unreadable]).rstrip() + "\n"


def _inmate(row: Any) -> Inmate | str:
    if not isinstance(row, Mapping):
        return "it is no object"
    number = str(row.get("booking_number") or "").strip()
    if not number or len(number) > 40 or not number.isprintable():
        return "it has no booking number"
    try:
        return Inmate(number, _time(row.get("arrived_at")), _time(row.get("released_at")))
    except ValueError:
        return "its time of arrival or release is no ISO 8601 time"


def _time(value: Any) -> datetime | None:
    """Raises ValueError."""
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _standing(ours: OurBooking | None) -> Standing:
    if ours is None or not ours.printed:
        return Standing.NOT_PRINTED
    if not ours.received:
        return Standing.NOT_SENT
    return Standing.ANSWERED if ours.answered else Standing.UNANSWERED
