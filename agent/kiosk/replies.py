"""The replies to a booking: what has come, what is expected and until when. What they say is read by role and reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.errors import LivescanError
from agent.kiosk.frame import Frame
from agent.web import withheld
from agent.web.pages import Page


def pages(frame: Frame) -> Sequence[Page]:
    async def replies(request: Request) -> Response:
        return await frame.page(request, "replies.html", **await _thread(request))

    async def now(request: Request) -> Response:
        return await frame.fragment(request, "replies_now.html", **await _thread(request))

    async def _thread(request: Request) -> Mapping[str, Any]:
        booking = str(request.path_params["booking_id"])
        found = await frame.parts.station.booking(booking)
        if found is None:
            raise LivescanError("There is no such booking on this station.", do="Go back to the list.")
        facts = await frame.parts.intake.facts(booking)
        owed = withheld.of_owed(await frame.parts.cases.owed(booking))
        return {"found": withheld.of_booking(found), "owed": owed, "booking": booking, "name": facts.subject.name}

    return (
        Page("GET", "/booking/{booking_id}/replies", replies, Right.SEE),
        Page("GET", "/booking/{booking_id}/replies/now", now, Right.SEE, by_itself=True),
    )
