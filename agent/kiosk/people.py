"""The start of a shift and of a booking: the station check, the jail's list, and a person by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.access.roles import Right
from agent.booking.facts import Facts
from agent.booking.intake import Arrival
from agent.booking.states import BookingState
from agent.capture.plan import plan
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, go, words_of
from agent.web import withheld
from agent.web.pages import Page
from agent.web.viewers import roles_now

_OPEN = frozenset({BookingState.CAPTURING, BookingState.CAPTURED, BookingState.HELD})


@dataclass(frozen=True)
class Line:
    """One person on the list."""

    path: str
    number: str  # the jail's, else ours, else ""
    name: str
    arrived: str
    charges: int
    badge: str  # of the catalogue: badge.NAME
    mark: str  # its shape
    detail: str  # beside the badge


def pages(frame: Frame) -> Sequence[Page]:
    async def root(_: Request) -> Response:
        return RedirectResponse("/start", 303)

    async def start(request: Request) -> Response:
        checks, lines = await asyncio.gather(frame.parts.checks(), _interrupted(frame, request))
        return await frame.page(request, "start.html", checks=checks, interrupted=lines)

    async def people(request: Request) -> Response:
        lines = await _lines(frame, request)
        wanted = request.query_params.get("find", "").strip().upper()
        exact = [line for line in lines if wanted and line.number.upper() == wanted]
        if len(exact) == 1:  # a wristband was scanned
            return RedirectResponse(exact[0].path, 303)
        return await frame.page(request, "people.html", **await _found(lines, wanted))

    async def now(request: Request) -> Response:
        wanted = request.query_params.get("find", "").strip().upper()
        return await frame.fragment(request, "people_now.html", **await _found(await _lines(frame, request), wanted))

    async def _found(lines: Sequence[Line], wanted: str) -> dict[str, Any]:
        found = [line for line in lines if wanted in line.number.upper() or wanted in line.name.upper()] if wanted else lines
        received = [one.received_at for one in await frame.parts.intake.arrivals() if one.number is not None]
        return {"lines": found, "wanted": wanted, "heard": max(received, default=None)}

    async def by_hand(request: Request) -> Response:
        await form_of(request)
        return go(f"/person/{await frame.parts.intake.by_hand()}")

    async def take_off(request: Request) -> Response:
        await form_of(request)
        await frame.parts.intake.take_off(request.path_params["arrival"])
        return go("/people", "taken_off")

    return (
        Page("GET", "/", root, Right.OWN),
        Page("GET", "/start", start, Right.STATUS),
        Page("GET", "/people", people, Right.SEE),
        Page("GET", "/people/now", now, Right.SEE, by_itself=True),
        Page("POST", "/people", by_hand, Right.BOOK),
        Page("POST", "/person/{arrival}/off", take_off, Right.BOOK),
    )


async def _lines(frame: Frame, request: Request) -> list[Line]:
    """Everybody on the list, and bookings that came another way, newest first."""
    intake = frame.parts.intake
    arrivals = await intake.arrivals()
    bookings = {str(one["booking"]): withheld.of_summary(one) for one in await frame.parts.station.bookings()}
    waiting = {str(one["booking"]) for one in await frame.parts.replies.unread(roles_now())}
    bookings = {name: {**one, "unread": name in waiting} for name, one in bookings.items()}
    listed = [(one.arrived_at, await _arrived(frame, request, one, bookings.get(one.booking or ""))) for one in arrivals]
    known = {one.booking for one in arrivals}
    others = [one for name, one in bookings.items() if name not in known]
    listed += [(datetime.fromisoformat(one["opened_at"]), await _booked(frame, request, one)) for one in others]
    return [line for _, line in sorted(listed, key=lambda pair: pair[0], reverse=True)]


async def _interrupted(frame: Frame, request: Request) -> list[Line]:
    bookings = [one for one in await frame.parts.station.bookings() if one["state"] in _OPEN]
    return [await _booked(frame, request, one) for one in reversed(bookings)]


async def _arrived(frame: Frame, request: Request, arrival: Arrival, booking: Mapping[str, Any] | None) -> Line:
    arrived = frame.when(arrival.arrived_at)
    if booking is None:
        facts = await frame.parts.intake.form(arrival.id)
        return Line(f"/person/{arrival.id}", arrival.number or "", facts.subject.name, arrived, _charges(facts), "not_printed", "care", "")
    line = await _booked(frame, request, booking)
    return Line(line.path, arrival.number or line.number, line.name, arrived, line.charges, line.badge, line.mark, line.detail)


async def _booked(frame: Frame, request: Request, booking: Mapping[str, Any]) -> Line:
    name = str(booking["booking"])
    facts = await frame.parts.intake.facts(name)
    badge, mark = _badge(booking)
    t, done, of = words_of(request), len(frame.parts.taken(name)), len(plan(facts.missing))
    detail = t("people.done_of", done=done, of=of) if booking["state"] in _OPEN else ""
    when = frame.when(booking["opened_at"])
    return Line(f"/booking/{name}", name, facts.subject.name, when, _charges(facts), badge, mark, detail)


def _badge(booking: Mapping[str, Any]) -> tuple[str, str]:
    kinds = set(booking.get("kinds", ()))
    if booking["state"] in _AT_STATION:
        return _AT_STATION[booking["state"]]
    if "errt" in kinds:
        return "rejected", "bad"
    if booking.get("unread"):
        return "reply", "care"
    if kinds & _ANSWERS:
        return "answered", "good"
    return ("received", "good") if "received" in kinds else ("sent", "good")


_AT_STATION: Mapping[str, tuple[str, str]] = {
    BookingState.HELD: ("held", "bad"),
    BookingState.CAPTURING: ("printing", "care"),
    BookingState.CAPTURED: ("to_send", "care"),
}
_ANSWERS = frozenset({"sre_ident", "sre_non_ident", "sre_unclear", "state_ident"})


def _charges(facts: Facts) -> int:
    return len(facts.arrest.charges)
