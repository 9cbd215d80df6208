"""Looked at once more, sent, and followed: review, check and send, where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.booking.states import BookingState
from agent.errors import LivescanError
from agent.gallery.hints import Said
from agent.kiosk import forms
from agent.kiosk.asking import form_of
from agent.kiosk.capturing import Work, png, work_of
from agent.kiosk.frame import Frame, csrf_of, go, who
from agent.kiosk.pickers import meaning
from agent.kiosk.tiles import worst_first
from agent.web import withheld
from agent.web.bodies import positions_of
from agent.web.pages import Page

STEPS = ("saved", "queued", "sent", "received", "in_process", "answered")  # of the catalogue: state.NAME
_EVENT_OF = {"saved": "captured", "queued": "queued", "sent": "sent", "received": "received"}
_ANSWERS = frozenset({"sre_ident", "sre_non_ident", "sre_unclear", "state_ident", "errt"})


@dataclass(frozen=True)
class Tick:
    """One check of the machine's, as it stands."""

    name: str  # of the catalogue: tick.NAME
    mark: str  # good, bad, now, none
    says: str = ""


@dataclass(frozen=True)
class Stage:
    name: str
    at: str | None
    now: bool  # where it stands


def pages(frame: Frame) -> Sequence[Page]:
    async def review(request: Request) -> Response:
        work = await work_of(frame, _booking(request))
        values: dict[str, Any] = {
            "tiles": worst_first(work.tiles),
            "overridden": [tile for tile in work.tiles if tile.override],
            "retaken": await frame.parts.retaken.listed(work.id),
        }
        return await frame.page(request, "review.html", work=work, name=work.name, **values, **await _hints(work.id))

    async def hints_now(request: Request) -> Response:
        """The gallery may need some seconds after the last print: the page asks again."""
        work = await work_of(frame, _booking(request))
        return await frame.fragment(request, "hints_now.html", work=work, csrf=csrf_of(request), **await _hints(work.id))

    async def _hints(booking_id: str) -> dict[str, Any]:
        return {"hints": await frame.parts.gallery.hints(booking_id, names=True), "said_words": list(Said)}

    async def again(request: Request) -> Response:
        form = await form_of(request)
        await frame.parts.intake.take_again(_booking(request), [int(one) for one in form.texts("fgp") if one.isdigit()])
        return go(f"/booking/{_booking(request)}/capture")

    async def hint(request: Request) -> Response:
        """The officer's word on prints that were booked before; it blocks nothing."""
        form = await form_of(request)
        await frame.parts.gallery.say_why(_booking(request), form.text("other"), form.text("said"), who())
        return go(f"/booking/{_booking(request)}/review")

    async def before(request: Request) -> Response:
        """The rejected image beside the one that was taken instead."""
        (position,) = positions_of([request.path_params["fgp"]])
        return png(await frame.parts.retaken.picture(_booking(request), str(request.path_params["tcn"]), position))

    async def check(request: Request) -> Response:
        work = await work_of(frame, _booking(request))
        if work.state == BookingState.SEALED:
            return go(f"/booking/{work.id}/state")
        return await _check_page(request, work, None)

    async def _check_page(request: Request, work: Work, error: LivescanError | None) -> Response:
        facts = await frame.parts.intake.facts(work.id)
        wrong = forms.wrong_of(frame.parts.intake.check(facts))
        values = {
            "facts": facts,
            "wrong": wrong,
            "ticks": ticks(work, wrong),
            "shown": forms.shown(facts),
            "meaning": meaning,
            "error": error,
        }
        values |= {"person": forms.PERSON, **await _hints(work.id)}
        return await frame.page(request, "send.html", 409 if error else 200, work=work, name=work.name, **values)

    async def send(request: Request) -> Response:
        await form_of(request)
        work = await work_of(frame, _booking(request))
        try:
            await frame.parts.intake.send(work.id, who())
        except LivescanError as error:
            return await _check_page(request, work, error)
        return go(f"/booking/{work.id}/state")

    async def state(request: Request) -> Response:
        return await frame.page(request, "state.html", **await _state(request))

    async def state_now(request: Request) -> Response:
        return await frame.fragment(request, "state_now.html", **await _state(request))

    async def _state(request: Request) -> dict[str, Any]:
        found, booking = await _found(request), _booking(request)
        facts, queue = await asyncio.gather(frame.parts.intake.facts(booking), frame.parts.sending.queue())
        return {
            "found": found,
            "stages": stages(found),
            "booking": booking,
            "name": facts.subject.name,
            "sealing": sealing(found),
            "csrf": csrf_of(request),
            "waits": next((one for one in queue["items"] if one["booking"] == booking), None),
            "queue": queue,
        }

    async def _found(request: Request) -> Mapping[str, Any]:
        found = await frame.parts.station.booking(_booking(request))
        if found is None:
            raise LivescanError("There is no such booking on this station.", do="Go back to the list.")
        return withheld.of_booking(found)

    return (
        Page("GET", "/booking/{booking_id}/review", review, Right.BOOK),
        Page("POST", "/booking/{booking_id}/again", again, Right.BOOK),
        Page("GET", "/booking/{booking_id}/hints", hints_now, Right.BOOK, by_itself=True),
        Page("POST", "/booking/{booking_id}/hint", hint, Right.BOOK),
        Page("GET", "/booking/{booking_id}/before/{tcn}/{fgp:int}", before, Right.BOOK, by_itself=True),
        Page("GET", "/booking/{booking_id}/send", check, Right.BOOK),
        Page("POST", "/booking/{booking_id}/send", send, Right.BOOK),
        Page("GET", "/booking/{booking_id}/state", state, Right.SEE),
        Page("GET", "/booking/{booking_id}/state/now", state_now, Right.SEE, by_itself=True),
    )


def ticks(work: Work, wrong: Sequence[forms.Wrong]) -> list[Tick]:
    """What is checked before anything is sealed; the rest is checked when it is built, and shown where it stands."""
    there = work.done == len(work.steps)
    return [
        Tick("fields", "bad" if wrong else "good", str(len(wrong)) if wrong else ""),
        Tick("images", "good" if there else "bad", f"{work.done}/{len(work.steps)}"),
        Tick("sequence", "good" if there and work.question is None else "none"),
        Tick("overrides", "good", str(sum(bool(tile.override) for tile in work.tiles))),
    ]


def sealing(found: Mapping[str, Any]) -> list[Tick]:
    """What the machine does between the officer's word and the queue."""
    kinds = {event["kind"] for event in found["events"]}
    order = (("built", "checked"), ("signed", "sealed"), ("handed", "handed_over"))
    first = next((event for _, event in order if event not in kinds), "")
    held = found["state"] == BookingState.HELD
    return [Tick(name, "good" if event in kinds else ("bad" if held else "now") if event == first else "none") for name, event in order]


def stages(found: Mapping[str, Any]) -> list[Stage]:
    """Saved to answered, with times; of the submission that counts."""
    tcn = found["submissions"][-1]["tcn"] if found["submissions"] else None
    at: dict[str, str] = {}
    for event in found["events"]:
        if event["tcn"] in (None, tcn):
            at.setdefault(event["kind"], event["at"])
    times: dict[str, str | None] = {name: at.get(kind) for name, kind in _EVENT_OF.items()}
    times["answered"] = min((at[kind] for kind in _ANSWERS if kind in at), default=None)
    times["in_process"] = times["received"]
    times["queued"] = times["queued"] or at.get("sealed")
    last = max((n for n, name in enumerate(STEPS) if times.get(name)), default=0)
    return [Stage(name, times.get(name), n == last) for n, name in enumerate(STEPS)]


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])
