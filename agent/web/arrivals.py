"""The jail's list over the core's HTTP interface: who was booked in, and what the jail says of them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.booking.facts import Facts, facts_from_python
from agent.errors import LivescanError
from agent.web.bodies import LARGEST_FORM, body_of


class ArrivalDesk(Protocol):
    """What `booking.intake.Intake` is."""

    async def arrive(self, number: str, facts: Facts, arrived_at: datetime) -> str: ...


def arrival_routes(desk: ArrivalDesk) -> list[Route]:
    async def arrive(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        arrival = await desk.arrive(str(body.get("number") or ""), facts_from_python(body.get("facts")), _instant(body.get("arrived_at")))
        return JSONResponse({"arrival": arrival}, 201)

    return [Route("/api/arrivals", arrive, methods=["POST"])]


def _instant(said: object) -> datetime:
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(str(said))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    raise LivescanError("'arrived_at' is no time with its zone.", means="Nothing was taken over.", do="Write 2026-11-24T13:05:00-06:00.")
