"""The end of a shift: who was booked in, where each stands, what was overridden, what has not gone yet. One page that can be printed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.jail.standing import Standing
from agent.kiosk.frame import Frame
from agent.web.pages import Page

HOURS = (8, 12, 24, 72)  # how far back one may look; a shift is the second
_SHIFT = 12
_OPEN = [Standing.REJECTED, Standing.HELD, Standing.NOT_PRINTED, Standing.PRINTING, Standing.PRINTED, Standing.WAITING, Standing.SENT]
_ORDER = [*_OPEN, Standing.RECEIVED, Standing.ANSWERED]  # what somebody must see to comes first
_MARKS = {Standing.REJECTED: "bad", Standing.HELD: "bad", Standing.NOT_PRINTED: "care", Standing.PRINTED: "care", Standing.ANSWERED: "good"}


def pages(frame: Frame) -> Sequence[Page]:
    async def show(request: Request) -> Response:
        hours = _hours(request)
        lines, overridden = await _lines(hours)
        counts = [(standing, sum(one["standing"] == standing for one in lines)) for standing in _ORDER]
        return await frame.page(
            request,
            "shift.html",
            lines=lines,
            counts=[(standing.value, count) for standing, count in counts if count],
            overridden=overridden,
            hours=hours,
            spans=HOURS,
        )

    async def _lines(hours: int) -> tuple[list[dict[str, Any]], int]:
        since = frame.parts.clock.now() - timedelta(hours=hours)
        found = [dict(one) for one in await frame.parts.jail.everybody(since)]
        for one in found:
            one["mark"] = _MARKS.get(Standing(one["standing"]), "now")
        found.sort(key=lambda one: (_ORDER.index(Standing(one["standing"])), one["arrived_at"]))
        bookings = [one["booking"] for one in found if one["booking"]]
        overrides = await asyncio.to_thread(lambda: [frame.parts.overridden(booking) for booking in bookings])
        for one in found:
            one["overridden"] = one["booking"] in {booking for booking, yes in zip(bookings, overrides, strict=True) if yes}
        return found, sum(overrides)

    return (Page("GET", "/shift", show, Right.SEE),)


def _hours(request: Request) -> int:
    asked = request.query_params.get("hours", "")
    return int(asked) if asked in [str(one) for one in HOURS] else _SHIFT
