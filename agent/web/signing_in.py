"""Signing in, the session, and the officers, over the core's HTTP interface."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.access.desk import AccessDesk, Proof
from agent.access.roles import PEOPLE, Role
from agent.errors import LivescanError
from agent.web.bodies import LARGEST_FORM, SIGNED_IN, body_of, officer_of, who_of
from agent.web.guard import COOKIE, door_of, token_of

NOTICE = (
    "You are about to use a restricted information system of a criminal justice agency.",
    "What you do here may be monitored, recorded and audited.",
    "Unauthorized use is prohibited and may be prosecuted and punished.",
    "By using this system you consent to monitoring and recording.",
)  # CJIS Security Policy v6.0 AC-8: four statements, acknowledged before sign-in


def access_routes(desk: AccessDesk) -> list[Route]:
    async def notice(_: Request) -> Response:
        return JSONResponse({"notice": list(NOTICE)})

    async def challenge(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(await asyncio.to_thread(desk.challenge, _id(body), _text(body, "password"), door_of(request.scope)))

    async def sign_in(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        agreed, door = body.get("notice") is True, door_of(request.scope)
        token = await asyncio.to_thread(lambda: desk.sign_in(_proof(body), notice=agreed, door=door))
        answer = JSONResponse({"officer": _id(body), **({"token": token} if door == "socket" else {})})
        if door != "socket":
            answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
        return answer

    async def session(request: Request) -> Response:
        found = await asyncio.to_thread(lambda: desk.principal(token_of(request.headers), acts=False, door=door_of(request.scope)))
        return JSONResponse({"officer": found.officer, "roles": sorted(found.roles), "must_change": found.must_change})

    async def lock(request: Request) -> Response:
        await asyncio.to_thread(desk.lock, token_of(request.headers), door_of(request.scope))
        return JSONResponse({"session": "locked"})

    async def unlock(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        await asyncio.to_thread(desk.unlock, token_of(request.headers), _proof(body), door_of(request.scope))
        return JSONResponse({"session": "active"})

    async def sign_out(request: Request) -> Response:
        await asyncio.to_thread(desk.sign_out, token_of(request.headers), door_of(request.scope))
        answer = JSONResponse({"session": "ended"})
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def password(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        old, new = _text(body, "password"), _text(body, "new")
        await asyncio.to_thread(desk.change_password, _own(), old, new, door_of(request.scope))
        return JSONResponse({"officer": _own()})

    async def key_challenge(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(desk.key_options, _own()))

    async def add_key(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        await asyncio.to_thread(desk.add_key, _own(), _mapping(body, "key"), door_of(request.scope))
        return JSONResponse({"officer": _own()}, 201)

    async def officers(_: Request) -> Response:
        return JSONResponse({"officers": await asyncio.to_thread(desk.officers)})

    async def add(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        by, door = who_of(request), door_of(request.scope)
        made = await asyncio.to_thread(lambda: desk.add(_id(body), _roles(body), by=by, door=door))
        return JSONResponse(asdict(made), 201)

    async def change(request: Request) -> Response:
        officer, what = request.path_params["officer"], request.path_params["what"]
        by, door = who_of(request), door_of(request.scope)
        if what == "reset":
            return JSONResponse(asdict(await asyncio.to_thread(lambda: desk.reset(officer, by=by, door=door))))
        if what == "disable":
            await asyncio.to_thread(lambda: desk.disable(officer, by=by, door=door))
        elif what == "roles":
            roles = _roles(await body_of(request, LARGEST_FORM))
            await asyncio.to_thread(lambda: desk.set_roles(officer, roles, by=by, door=door))
        else:
            raise LivescanError("An officer is reset, disabled, or given roles.")
        return JSONResponse({"officer": officer})

    return [
        Route("/api/notice", notice),
        Route("/api/sign-in", sign_in, methods=["POST"]),
        Route("/api/sign-in/challenge", challenge, methods=["POST"]),
        Route("/api/session", session),
        Route("/api/session/lock", lock, methods=["POST"]),
        Route("/api/session/unlock", unlock, methods=["POST"]),
        Route("/api/session/sign-out", sign_out, methods=["POST"]),
        Route("/api/session/password", password, methods=["POST"]),
        Route("/api/session/keys/challenge", key_challenge, methods=["POST"]),
        Route("/api/session/keys", add_key, methods=["POST"]),
        Route("/api/officers", officers, methods=["GET"]),
        Route("/api/officers", add, methods=["POST"]),
        Route("/api/officers/{officer}/{what}", change, methods=["POST"]),
    ]


def _own() -> str:
    found = SIGNED_IN.get()
    if found is None:
        raise LivescanError("Nobody is signed in.", means="Nothing was done.", do="Sign in first.")
    return found


def _proof(body: Mapping[str, Any]) -> Proof:
    key = _mapping(body, "key") if body.get("key") is not None else None
    return Proof(_id(body), _text(body, "password"), _text(body, "code"), key)


def _id(body: Mapping[str, Any]) -> str:
    """Whom the request is about, whoever is signed in."""
    signed_in = SIGNED_IN.set(None)
    try:
        return officer_of(body)
    finally:
        SIGNED_IN.reset(signed_in)


def _text(body: Mapping[str, Any], name: str) -> str:
    said = body.get(name, "")
    if not isinstance(said, str):
        raise LivescanError(f"'{name}' is no text.", means="Nothing was done.")
    return said


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    said = body.get(name)
    if not isinstance(said, dict):
        raise LivescanError(f"'{name}' is no JSON object.", means="Nothing was done.")
    return said


def _roles(body: Mapping[str, Any]) -> list[Role]:
    said = body.get("roles")
    if not isinstance(said, list) or any(role not in list(Role) for role in said):
        raise LivescanError("The roles are not ones that there are.", do=f"Give some of: {', '.join(sorted(PEOPLE))}.")
    return [Role(role) for role in said]
