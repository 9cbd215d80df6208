"""Replies of the bureau, the officer's thread and the tasks that follow, over the core's HTTP interface. Reading is by role and reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.access.roles import Role
from agent.booking.facts import facts_from_python
from agent.casework.viewing import Viewer
from agent.model.fingers import Position
from agent.web import withheld
from agent.web.bodies import LARGEST_FORM, body_of, positions_of, who_of
from agent.web.viewers import roles_now, viewer_of


class ReplyDesk(Protocol):
    async def listed(self, booking_id: str, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]: ...
    async def unread(self, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]: ...
    async def shown(self, booking_id: str, rid: str, viewer: Viewer) -> Mapping[str, Any]: ...
    async def photo(self, booking_id: str, rid: str, number: int, viewer: Viewer) -> bytes: ...


class TaskDesk(Protocol):
    async def open_tasks(self) -> Sequence[Mapping[str, Any]]: ...
    async def timeline(self, booking_id: str) -> Sequence[Mapping[str, Any]]: ...
    async def done(self, id_: str, by: str, roles: Collection[Role]) -> Mapping[str, Any]: ...
    async def begin(self, id_: str, by: str, roles: Collection[Role], *, facts: Any, retake: Collection[Position]) -> Mapping[str, Any]: ...


class RetakenDesk(Protocol):
    async def listed(self, booking_id: str) -> Sequence[Mapping[str, Any]]: ...
    async def picture(self, booking_id: str, tcn: str, position: Position) -> bytes: ...


def reply_routes(desk: ReplyDesk) -> list[Route]:
    async def listed(request: Request) -> Response:
        return JSONResponse({"replies": list(await desk.listed(_booking(request), roles_now()))})

    async def shown(request: Request) -> Response:
        viewer = viewer_of(request, await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.shown(_booking(request), request.path_params["rid"], viewer)))

    async def photo(request: Request) -> Response:
        viewer, number = viewer_of(request, await body_of(request, LARGEST_FORM)), int(request.path_params["number"])
        png = await desk.photo(_booking(request), request.path_params["rid"], number, viewer)
        return Response(png, media_type="image/png", headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})

    return [
        Route("/api/bookings/{booking_id}/replies", listed),
        Route("/api/bookings/{booking_id}/replies/{rid}", shown, methods=["POST"]),
        Route("/api/bookings/{booking_id}/replies/{rid}/photos/{number:int}", photo, methods=["POST"]),
    ]


def task_routes(desk: TaskDesk) -> list[Route]:
    async def open_tasks(_: Request) -> Response:
        return JSONResponse({"tasks": withheld.of_marked(await desk.open_tasks())})

    async def timeline(request: Request) -> Response:
        found = await desk.timeline(_booking(request))
        return JSONResponse({"booking": _booking(request), "timeline": withheld.of_marked(found)})

    async def done(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.done(_task(request), who_of(request, body), roles_now())))

    async def begin(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        facts = None if body.get("facts") is None else facts_from_python(body["facts"])
        retake = positions_of(body.get("retake", []))
        return JSONResponse(dict(await desk.begin(_task(request), who_of(request, body), roles_now(), facts=facts, retake=retake)))

    return [
        Route("/api/tasks", open_tasks),
        Route("/api/tasks/{kind}/{rid}/done", done, methods=["POST"]),
        Route("/api/tasks/{kind}/{rid}/begin", begin, methods=["POST"]),
        Route("/api/bookings/{booking_id}/timeline", timeline),
    ]


def retaken_routes(desk: RetakenDesk) -> list[Route]:
    async def listed(request: Request) -> Response:
        return JSONResponse({"retaken": list(await desk.listed(_booking(request)))})

    async def picture(request: Request) -> Response:
        (position,) = positions_of([request.path_params["fgp"]])
        png = await desk.picture(_booking(request), str(request.path_params["tcn"]), position)
        return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})

    return [
        Route("/api/bookings/{booking_id}/retaken", listed),
        Route("/api/bookings/{booking_id}/retaken/{tcn}/{fgp:int}", picture),
    ]


def _task(request: Request) -> str:
    return f"{request.path_params['kind']}/{request.path_params['rid']}"


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])
