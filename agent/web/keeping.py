"""What the station keeps and for how long, over the core's HTTP interface: shown, held, purged, expunged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.web.bodies import LARGEST_FORM, body_of, who_of


class RetentionDesk(Protocol):
    """What `retention.desk.RetentionDesk` is."""

    async def show(self) -> Mapping[str, Any]: ...
    async def run(self, *, dry: bool = False, who: str = "station") -> Mapping[str, Any]: ...
    async def hold(self, booking: str, case: str, why: str, who: str) -> None: ...
    async def lift(self, booking: str, case: str, why: str, who: str) -> None: ...
    async def expunge(self, booking: str, order: str, why: str, who: str) -> Mapping[str, Any]: ...


def retention_routes(desk: RetentionDesk) -> list[Route]:
    async def show(_: Request) -> Response:
        return JSONResponse(dict(await desk.show()))

    async def run(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.run(dry=body.get("dry") is True, who=who_of(request, body))))

    async def hold(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        await desk.hold(*_texts(body, "booking", "case", "why"), who_of(request, body))
        return JSONResponse({"booking": body["booking"], "hold": "placed"}, 201)

    async def lift(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        await desk.lift(*_texts(body, "booking", "case", "why"), who_of(request, body))
        return JSONResponse({"booking": body["booking"], "hold": "lifted"})

    async def expunge(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.expunge(*_texts(body, "booking", "order", "why"), who_of(request, body))))

    return [
        Route("/api/retention", show),
        Route("/api/retention/run", run, methods=["POST"]),
        Route("/api/retention/hold", hold, methods=["POST"]),
        Route("/api/retention/lift", lift, methods=["POST"]),
        Route("/api/retention/expunge", expunge, methods=["POST"]),
    ]


def _texts(body: Mapping[str, Any], *names: str) -> tuple[str, str, str]:
    first, second, third = (str(body.get(name) or "") for name in names)
    return first, second, third
