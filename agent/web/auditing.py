"""The audit record over the core's HTTP interface: to read, and to take out for a court."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.errors import LivescanError
from agent.web.bodies import LARGEST_FORM, body_of, who_of


class AuditDesk(Protocol):
    """What `audit.desk.AuditDesk` is."""

    async def show(self, who: str, *, after: int, limit: int, booking: str | None) -> Mapping[str, Any]: ...
    async def archive(self, who: str, recipient: str, case: str, since: str, until: str) -> bytes: ...


def audit_routes(desk: AuditDesk) -> list[Route]:
    async def show(request: Request) -> Response:
        after, limit = _number(request, "after", 0), _number(request, "limit", 100)
        return JSONResponse(dict(await desk.show(who_of(request), after=after, limit=limit, booking=request.query_params.get("booking"))))

    async def archive(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        asked = [str(body.get(name) or "") for name in ("recipient", "case", "since", "until")]
        _days(*asked[2:])
        return Response(await desk.archive(who_of(request, body), *asked), media_type="application/zip")

    return [Route("/api/audit", show), Route("/api/audit/archive", archive, methods=["POST"])]


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, str(otherwise))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise LivescanError(f"'{name}' is no number.")
    return int(text)


def _days(*days: str) -> None:
    if any(day and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) for day in days):
        raise LivescanError("A day is written as YYYY-MM-DD.", means="Nothing was taken out.")
