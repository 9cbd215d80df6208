"""The liaison's cards: responses nobody has opened, responses that have not come, detainers of which something is owed.

A card says what is owed, by when and by whom, and what this station will not do. What a response or a form says stands on none: it is
opened with a reason, and every opening is on record. No other role sees the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.casework.viewing import What
from agent.kiosk.frame import Frame
from agent.web.pages import Page
from agent.web.viewers import roles_now


def pages(frame: Frame) -> Sequence[Page]:
    parts = frame.parts

    async def show(request: Request) -> Response:
        return await frame.page(request, "liaison.html", **await _cards())

    async def now(request: Request) -> Response:
        return await frame.fragment(request, "liaison_now.html", **await _cards())

    async def _cards() -> dict[str, Any]:
        unread, silence, detainers, off = await asyncio.gather(
            parts.replies.unread(roles_now()), parts.liaison.silence(), parts.liaison.cards(), parts.liaison.why_off()
        )
        responses = [one for one in unread if one["what"] == What.IMMIGRATION]
        return {
            "responses": await _named(responses),
            "late": await _named([one for one in silence if one["late"]]),
            "expected": await _named([one for one in silence if not one["late"]]),
            "detainers": await _named(detainers),
            "off": off,
        }

    async def _named(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "name": await parts.intake.name_of(str(one["booking"]))} for one in found]

    return (
        Page("GET", "/liaison", show, Right.READ_IMMIGRATION),
        Page("GET", "/liaison/now", now, Right.READ_IMMIGRATION, by_itself=True),
    )
