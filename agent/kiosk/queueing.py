"""What is on its way to the bureau, in its order, and what an officer may do about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, go, who
from agent.web.pages import Page


def pages(frame: Frame) -> Sequence[Page]:
    sending = frame.parts.sending

    async def show(request: Request) -> Response:
        return await frame.page(request, "queue.html", queue=await _queue())

    async def now(request: Request) -> Response:
        return await frame.fragment(request, "queue_now.html", queue=await _queue())

    async def _queue() -> dict[str, Any]:
        queue = dict(await sending.queue())
        queue["items"] = [{**one, "name": await frame.parts.intake.name_of(str(one["booking"]))} for one in queue["items"]]
        return queue

    async def again(request: Request) -> Response:
        await form_of(request)
        await sending.retry(str(request.path_params["tcn"]), who())
        return go("/queue", "retried")

    async def aside(request: Request) -> Response:
        await form_of(request)
        await sending.set_aside(str(request.path_params["tcn"]), who())
        return go("/queue", "set_aside")

    async def undo(request: Request) -> Response:
        await form_of(request)
        booking = str(request.path_params["booking_id"])
        await sending.undo(booking, who())
        return go(f"/booking/{booking}/send", "undone")

    async def send_now(request: Request) -> Response:
        await form_of(request)
        booking = str(request.path_params["booking_id"])
        await sending.send_now(booking)
        return go(f"/booking/{booking}/state")

    return (
        Page("GET", "/queue", show, Right.SEE),
        Page("GET", "/queue/now", now, Right.SEE, by_itself=True),
        Page("POST", "/queue/{tcn}/again", again, Right.CORRECT),
        Page("POST", "/queue/{tcn}/aside", aside, Right.CORRECT),
        Page("POST", "/booking/{booking_id}/undo", undo, Right.BOOK),
        Page("POST", "/booking/{booking_id}/send-now", send_now, Right.BOOK),
    )
