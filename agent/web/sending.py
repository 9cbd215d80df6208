"""Bookings on their way out, over the core's HTTP interface: take back, overtake, do not wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.web.bodies import LARGEST_FORM, body_of, officer_of


class SendingDesk(Protocol):
    """What `booking.sending.Sending` is."""

    async def undo(self, booking_id: str, officer: str) -> Mapping[str, Any]: ...
    async def send_now(self, booking_id: str) -> None: ...
    async def mark_urgent(self, booking_id: str, urgent: bool) -> None: ...


def sending_routes(desk: SendingDesk) -> list[Route]:
    async def undo(request: Request) -> Response:
        officer = officer_of(await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.undo(request.path_params["booking_id"], officer)))

    async def send_now(request: Request) -> Response:
        await desk.send_now(request.path_params["booking_id"])
        return JSONResponse({"booking": request.path_params["booking_id"]})

    async def urgent(request: Request) -> Response:
        wanted = (await body_of(request, LARGEST_FORM)).get("urgent", True) is True
        await desk.mark_urgent(request.path_params["booking_id"], wanted)
        return JSONResponse({"booking": request.path_params["booking_id"], "urgent": wanted})

    return [
        Route("/api/bookings/{booking_id}/undo", undo, methods=["POST"]),
        Route("/api/bookings/{booking_id}/send-now", send_now, methods=["POST"]),
        Route("/api/bookings/{booking_id}/urgent", urgent, methods=["POST"]),
    ]
