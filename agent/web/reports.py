"""Reports for oversight over the core's HTTP interface: by officer and group for those who supervise, and one for the public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.errors import LivescanError

USUAL = timedelta(days=30)  # up to today, where no span is asked for


class ReportDesk(Protocol):
    async def rates(self, first: date, last: date) -> Mapping[str, Any]: ...
    async def public(self, first: date, last: date) -> Mapping[str, Any]: ...
    def today(self) -> date: ...


def report_routes(desk: ReportDesk) -> list[Route]:
    async def rates(request: Request) -> Response:
        return JSONResponse(dict(await desk.rates(*_span(request, desk.today()))))

    async def public(request: Request) -> Response:
        return JSONResponse(dict(await desk.public(*_span(request, desk.today()))))

    return [Route("/api/reports/rates", rates), Route("/api/reports/public", public)]


def _span(request: Request, today: date) -> tuple[date, date]:
    try:
        last = date.fromisoformat(request.query_params.get("to") or today.isoformat())
        first = request.query_params.get("from")
        return date.fromisoformat(first) if first else last - USUAL, last
    except (ValueError, OverflowError):
        raise LivescanError("'from' and 'to' are days, CCYY-MM-DD.", means="Nothing was counted.") from None
