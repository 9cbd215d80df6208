"""The switch that stops the immigration features, over the core's HTTP interface. Each use is on the audit record by `web.guard`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.web.bodies import LARGEST_FORM, body_of, reason_of


class SuspensionDesk(Protocol):
    async def suspend(self, reason: str) -> Mapping[str, Any]: ...
    async def lift(self) -> Mapping[str, Any]: ...
    async def now(self) -> Mapping[str, Any]: ...


def suspension_routes(desk: SuspensionDesk) -> list[Route]:
    async def now(_: Request) -> Response:
        return JSONResponse(dict(await desk.now()))

    async def suspend(request: Request) -> Response:
        return JSONResponse(dict(await desk.suspend(reason_of(await body_of(request, LARGEST_FORM)) or "")))

    async def lift(_: Request) -> Response:
        return JSONResponse(dict(await desk.lift()))

    return [
        Route("/api/suspension", now, methods=["GET"]),
        Route("/api/suspension", suspend, methods=["POST"]),
        Route("/api/suspension/lift", lift, methods=["POST"]),
    ]
