"""What the bureau has answered and what is owed, over the core's socket. Reading is by person and reason; each view is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.casework.viewing import BOOKING_OFFICER, Viewer
from agent.web import withheld
from agent.web.bodies import LARGEST_FORM, body_of, reason_of, who_of
from agent.web.withheld import ROLES_OF


class CaseDesk(Protocol):
    async def open_items(self) -> Sequence[Mapping[str, Any]]: ...
    async def owed(self, booking_id: str) -> Mapping[str, Any]: ...
    async def rejection(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]: ...
    async def reconciled(self, roster: bytes, by: str = "roster") -> Mapping[str, Any]: ...


def case_routes(desk: CaseDesk) -> list[Route]:
    async def open_items(_: Request) -> Response:
        return JSONResponse({"open": list(await desk.open_items())})

    async def owed(request: Request) -> Response:
        return JSONResponse(withheld.of_owed(await desk.owed(request.path_params["booking_id"])))

    async def rejection(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        viewer = Viewer(who_of(request, body), ROLES_OF.get() or (BOOKING_OFFICER,), reason_of(body) or "the booking was rejected")
        return JSONResponse({"asked": list(await desk.rejection(request.path_params["booking_id"], viewer))})

    async def roster(request: Request) -> Response:
        body = await body_of(request)
        return JSONResponse(await desk.reconciled(str(body.get("roster") or "").encode(), who_of(request, body)))

    return [
        Route("/api/open", open_items),
        Route("/api/bookings/{booking_id}/owed", owed),
        Route("/api/bookings/{booking_id}/rejection", rejection, methods=["POST"]),
        Route("/api/roster", roster, methods=["POST"]),
    ]
