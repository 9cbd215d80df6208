"""The replies to a booking: one line of time, what is expected and until when, and what a reply says, word for word, by role and reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.desk import NotAllowed
from agent.access.history import Purpose, entry_of
from agent.access.roles import Right, may
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, who
from agent.kiosk.granted import Granted
from agent.web import withheld
from agent.web.pages import Page
from agent.web.viewers import roles_now

MOST = 100  # unread replies on one page


def pages(frame: Frame) -> Sequence[Page]:
    parts, granted = frame.parts, Granted()

    async def replies(request: Request) -> Response:
        return await frame.page(request, "replies.html", **await _thread(request))

    async def now(request: Request) -> Response:
        return await frame.fragment(request, "replies_now.html", **await _thread(request))

    async def _thread(request: Request) -> dict[str, Any]:
        booking = _booking(request)
        if await parts.station.booking(booking) is None:
            raise LivescanError("There is no such booking on this station.", do="Go back to the list.")
        facts = await parts.intake.facts(booking)
        return {
            "booking": booking,
            "name": facts.subject.name,
            "timeline": withheld.of_marked(await parts.tasks.timeline(booking)),
            "owed": withheld.of_owed(await parts.cases.owed(booking)),
            "listed": await parts.replies.listed(booking, roles_now()) if _reads() else [],
            "query": await parts.liaison.query_card(booking, roles_now()),
        }

    async def waiting(request: Request) -> Response:
        """Of all bookings, what nobody has opened."""
        return await frame.page(request, "unread_list.html", waiting=await _waiting())

    async def waiting_now(request: Request) -> Response:
        return await frame.fragment(request, "unread_list_now.html", waiting=await _waiting())

    async def badge(request: Request) -> Response:
        return await frame.fragment(request, "unread.html", unread=await frame.unread())

    async def _waiting() -> list[dict[str, Any]]:
        _require_reader()
        found = await parts.replies.unread(roles_now())
        return [{**one, "name": await parts.intake.name_of(str(one["booking"]))} for one in found[:MOST]]

    async def ask(request: Request) -> Response:
        values: dict[str, Any] = {"booking": _booking(request), "rid": _rid(request), "purposes": list(Purpose), "error": None}
        return await frame.page(request, "reply_why.html", kind=await _kind(request), **values)

    async def read(request: Request) -> Response:
        form, booking, rid = await form_of(request), _booking(request), _rid(request)
        _require_reader()
        viewer = Viewer(who(), roles_now(), form.text("reason"))
        try:
            purpose = {"purpose": form.text("purpose")}
            await parts.note(entry_of(purpose, who=who(), booking=booking, ori=parts.place.ori, door="page"))
            reply = await parts.replies.shown(booking, rid, viewer)
        except LivescanError as error:
            values: dict[str, Any] = {"booking": booking, "rid": rid, "purposes": list(Purpose), "error": error}
            return await frame.page(request, "reply_why.html", 400, kind=await _kind(request), **values)
        return await frame.page(request, "reply.html", booking=booking, reply=reply, grant=granted.give((booking, rid), viewer))

    async def photo(request: Request) -> Response:
        booking, rid = _booking(request), _rid(request)
        viewer = granted.of(str(request.path_params["grant"]), (booking, rid))
        png = await parts.replies.photo(booking, rid, int(request.path_params["number"]), viewer)
        return Response(png, media_type="image/png")

    async def _kind(request: Request) -> str:
        listed: Sequence[Mapping[str, Any]] = await parts.replies.listed(_booking(request), roles_now()) if _reads() else []
        found = next((one for one in listed if one["rid"] == _rid(request)), None)
        if found is None:
            raise LivescanError("There is no such reply for you to read.", means="Nothing was shown.", do="Go back to the replies.")
        return str(found["kind"])

    return (
        Page("GET", "/replies", waiting, Right.SEE),
        Page("GET", "/replies/now", waiting_now, Right.SEE, by_itself=True),
        Page("GET", "/replies/unread", badge, Right.SEE, by_itself=True),
        Page("GET", "/booking/{booking_id}/replies", replies, Right.SEE),
        Page("GET", "/booking/{booking_id}/replies/now", now, Right.SEE, by_itself=True),
        Page("GET", "/booking/{booking_id}/reply/{rid}", ask, Right.SEE),
        Page("POST", "/booking/{booking_id}/reply/{rid}", read, Right.SEE),
        Page("GET", "/booking/{booking_id}/reply/{rid}/{grant}/{number:int}", photo, Right.SEE, by_itself=True),
    )


def _reads() -> bool:
    """Criminal-history data: who may at all; which replies, casework says."""
    return may(roles_now(), Right.HISTORY)


def _require_reader() -> None:
    if not _reads():
        raise NotAllowed("Your roles do not allow that.", means="Nothing was shown.", do="Ask a supervisor or the records liaison.")


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def _rid(request: Request) -> str:
    return str(request.path_params["rid"])
