"""`/api/v1`: what the jail system and a monitor speak. `docs/jail-api.md`; the description in OpenAPI is served and tested.

Programs ask with a token (`access.programs`), on localhost or on the core's socket. No answer says more of a person than where the
booking stands.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.errors import LivescanError
from agent.jail.arrival import ArrivalError
from agent.jail.desk import JailDesk, KeyReused, NotOnList
from agent.web import withheld
from agent.web.bodies import LARGEST_FORM, SERVICE, SIGNED_IN, body_of
from agent.web.casework import CaseDesk
from agent.web.live import Live
from agent.web.metrics import CONTENT_TYPE, Health
from agent.web.openapi import description

_HEARTBEAT = 15.0  # s of silence after which a line says that the stream lives
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
_TOLD = frozenset(
    {"arrived", "opened", "captured", "held", "sealed", "queued", "sent", "received", "sre", "errt", "released"}
)  # events that a program is told; what an immigration response would show by its coming is none of them

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class V1:
    """What stands behind `/api/v1`."""

    desk: JailDesk
    cases: CaseDesk
    live: Live
    health: Health


def v1_routes(of: V1) -> list[Route]:
    desk, cases, live, health = of.desk, of.cases, of.live, of.health

    async def arrive(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        said, again = await desk.arrive(body, request.headers.get("idempotency-key", ""))
        return JSONResponse(dict(said), 200 if again else 201, {"Idempotent-Replayed": "true"} if again else None)

    async def everybody(_: Request) -> Response:
        return JSONResponse({"bookings": list(await desk.list())})

    async def one(request: Request) -> Response:
        return JSONResponse(dict(await desk.state(request.path_params["number"])))

    async def release(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.released(request.path_params["number"], _who(), _instant(body))))

    async def roster(request: Request) -> Response:
        return JSONResponse(dict(await cases.reconciled(await _bytes(request), _who())))

    async def events(_: Request) -> Response:
        return StreamingResponse(_stream(desk, live), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def healthy(_: Request) -> Response:
        found = await health.look()
        return JSONResponse(dict(found), 200 if found["ok"] else 503)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(await health.metrics(), media_type=CONTENT_TYPE)

    async def openapi(_: Request) -> Response:
        return JSONResponse(description())

    routes: tuple[tuple[str, Answer, str], ...] = (
        ("/api/v1/bookings", everybody, "GET"),
        ("/api/v1/bookings", arrive, "POST"),
        ("/api/v1/bookings/{number:path}/release", release, "POST"),
        ("/api/v1/bookings/{number:path}", one, "GET"),
        ("/api/v1/roster", roster, "POST"),
        ("/api/v1/events", events, "GET"),
        ("/api/v1/health", healthy, "GET"),
        ("/api/v1/metrics", metrics, "GET"),
        ("/api/v1/openapi.json", openapi, "GET"),
    )
    return [Route(path, _said(answer), methods=[method]) for path, answer, method in routes]


def _said(answer: Answer) -> Answer:
    """What is wrong with a request, by field where a field can be named."""

    async def said(request: Request) -> Response:
        try:
            return await answer(request)
        except LivescanError as error:
            words: dict[str, Any] = {"what": error.what, "means": error.means, "do": error.do}
            return JSONResponse(words | {"errors": list(getattr(error, "errors", ()))}, _status(error))

    return said


def _status(error: LivescanError) -> int:
    if isinstance(error, NotOnList):
        return 404
    if isinstance(error, KeyReused):
        return 409
    return 422 if isinstance(error, ArrivalError) else 400


def _who() -> str:
    return SIGNED_IN.get() or SERVICE


def _instant(body: Mapping[str, Any]) -> datetime | None:
    said = body.get("released_at")
    try:
        return None if said is None else _INSTANT.validate_python(said)
    except ValidationError:
        raise ArrivalError(
            "The time of release cannot be read.",
            [{"field": "released_at", "rule": "datetime", "sentence": "an ISO 8601 time with its offset"}],
        ) from None


async def _bytes(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_FORM * 64:
            raise LivescanError("The jail's list is larger than 16 MB.", means="Nothing was compared.", do="Export the open bookings only.")
    return bytes(data)


async def _stream(desk: JailDesk, live: Live) -> AsyncIterator[str]:
    """Server-sent events: a nudge to look, not a record. Who missed some asks for the list, which always holds all."""
    listening = live.listen()
    pending: asyncio.Task[Mapping[str, Any]] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(listening))
            done, _ = await asyncio.wait({pending}, timeout=_HEARTBEAT)
            if not done:
                yield ": alive\n\n"
                continue
            event, pending = pending.result(), None
            if (line := await _line(desk, event)) is not None:
                yield line
    finally:
        if pending is not None:
            pending.cancel()


async def _line(desk: JailDesk, event: Mapping[str, Any]) -> str | None:
    name = str(event.get("event"))
    if name == "listening":
        return "event: listening\ndata: {}\n\n"
    if name not in _TOLD or withheld.of_event(event) is None:
        return None
    booking = event.get("booking")
    number = await desk.number_of(str(booking)) if booking else None
    return f"event: {name}\ndata: {json.dumps({'booking_number': number, 'booking': booking})}\n\n"
