"""Bookings on their way out, over the core's HTTP interface: the queue, take back, overtake, do not wait, set aside, try again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.web.bodies import LARGEST_FORM, body_of, officer_of


class SendingDesk(Protocol):
    """What `booking.sending.Sending` is."""

    async def queue(self) -> Mapping[str, Any]: ...
    async def retry(self, tcn: str, officer: str) -> Mapping[str, Any]: ...
    async def set_aside(self, tcn: str, officer: str) -> Mapping[str, Any]: ...
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

    async def queue(_: Request) -> Response:
        return JSONResponse(dict(await desk.queue()))

    async def retry(request: Request) -> Response:
        officer = officer_of(await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.retry(request.path_params["tcn"], officer)))

    async def aside(request: Request) -> Response:
        officer = officer_of(await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.set_aside(request.path_params["tcn"], officer)))

    return [
        Route("/api/queue", queue),
        Route("/api/queue/{tcn}/retry", retry, methods=["POST"]),
        Route("/api/queue/{tcn}/aside", aside, methods=["POST"]),
        Route("/api/bookings/{booking_id}/undo", undo, methods=["POST"]),
        Route("/api/bookings/{booking_id}/send-now", send_now, methods=["POST"]),
        Route("/api/bookings/{booking_id}/urgent", urgent, methods=["POST"]),
    ]
