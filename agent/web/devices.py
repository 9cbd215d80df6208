"""How the scanner is, over the core's socket: who it is, what was wrong with it, its self-test."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.capture.view import LiveView
from agent.web.bodies import body_of


class DeviceDesk(Protocol):
    async def report(self) -> Mapping[str, Any]: ...
    async def self_test(self) -> Mapping[str, Any]: ...
    def looked_at(self) -> AbstractAsyncContextManager[LiveView]: ...
    @property
    def busy(self) -> bool: ...


def device_routes(desk: DeviceDesk) -> list[Route]:
    async def report(_: Request) -> Response:
        return JSONResponse(await desk.report())

    async def self_test(request: Request) -> Response:
        await body_of(request)
        return JSONResponse(await desk.self_test())

    return [Route("/api/devices", report), Route("/api/devices/self-test", self_test, methods=["POST"])]
