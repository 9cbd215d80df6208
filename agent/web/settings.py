"""The station's settings, over the core's socket: read alone. `livescan reload` has them taken up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class SettingsDesk(Protocol):
    """What `agent.settings_desk.SettingsDesk` tells an administrator, and does for them."""

    async def look(self) -> Mapping[str, Any]: ...
    async def take_up(self, by: str) -> Mapping[str, Any]: ...
    async def outcome(self, asked: str) -> Mapping[str, Any]: ...


def settings_routes(desk: SettingsDesk) -> list[Route]:
    async def look(_: Request) -> Response:
        return JSONResponse(await desk.look())

    return [Route("/api/settings", look)]
