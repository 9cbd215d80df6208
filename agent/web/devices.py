"""How the scanner and what stands beside it are, over the core's socket: who it is, what was wrong with it, its self-test."""

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
    async def beside(self) -> Mapping[str, Any]: ...
    async def try_pedal(self) -> Mapping[str, Any]: ...
    async def try_camera(self) -> Mapping[str, Any]: ...
    def looked_at(self) -> AbstractAsyncContextManager[LiveView]: ...
    @property
    def busy(self) -> bool: ...


def device_routes(desk: DeviceDesk) -> list[Route]:
    async def report(_: Request) -> Response:
        return JSONResponse(await desk.report())

    async def self_test(request: Request) -> Response:
        await body_of(request)
        return JSONResponse(await desk.self_test())

    async def beside(_: Request) -> Response:
        return JSONResponse(await desk.beside())

    async def try_pedal(request: Request) -> Response:
        await body_of(request)
        return JSONResponse(await desk.try_pedal())

    async def try_camera(request: Request) -> Response:
        await body_of(request)
        return JSONResponse(await desk.try_camera())

    return [
        Route("/api/devices", report),
        Route("/api/devices/self-test", self_test, methods=["POST"]),
        Route("/api/devices/beside", beside),
        Route("/api/devices/pedal", try_pedal, methods=["POST"]),
        Route("/api/devices/camera", try_camera, methods=["POST"]),
    ]
