"""Tokens of programs, over the core's HTTP interface: the jail system, a monitor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.access.programs import Programs
from agent.access.roles import PEOPLE, Role
from agent.errors import LivescanError
from agent.web.bodies import LARGEST_FORM, body_of, who_of
from agent.web.guard import door_of


def program_routes(programs: Programs) -> list[Route]:
    async def known(_: Request) -> Response:
        return JSONResponse({"programs": list(await asyncio.to_thread(programs.known))})

    async def add(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        name, roles, by, door = str(body.get("program") or ""), _roles(body), who_of(request), door_of(request.scope)
        token = await asyncio.to_thread(lambda: programs.add(name, roles, by=by, door=door))
        return JSONResponse({"program": name, "token": token}, 201)

    async def revoke(request: Request) -> Response:
        name, by, door = request.path_params["program"], who_of(request), door_of(request.scope)
        await asyncio.to_thread(lambda: programs.revoke(name, by=by, door=door))
        return JSONResponse({"program": name})

    return [
        Route("/api/programs", known, methods=["GET"]),
        Route("/api/programs", add, methods=["POST"]),
        Route("/api/programs/{program}/revoke", revoke, methods=["POST"]),
    ]


def _roles(body: Mapping[str, Any]) -> list[Role]:
    said = body.get("roles")
    theirs = sorted(frozenset(Role) - PEOPLE)
    if not isinstance(said, list) or any(role not in theirs for role in said):
        raise LivescanError("The roles are not a program's.", do=f"Give some of: {', '.join(theirs)}.")
    return [Role(role) for role in said]
