"""Messages of the bureau that wait for a person, over the core's HTTP interface: list, look, tie to a booking, set aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.access.roles import Role
from agent.casework.settling import Decision
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.model.grounds import Deed, Ground
from agent.web.bodies import LARGEST_FORM, body_of, officer_of, reason_of
from agent.web.viewers import roles_now, viewer_of


class InboxDesk(Protocol):
    """What `casework.inbox_desk.InboxDesk` is."""

    async def waiting(self, roles: Collection[Role]) -> Sequence[Mapping[str, Any]]: ...
    async def shown(self, rid: str, viewer: Viewer) -> Mapping[str, Any]: ...
    async def settle(self, rid: str, decision: Decision, roles: Collection[Role]) -> Mapping[str, Any]: ...


def inbox_routes(desk: InboxDesk) -> list[Route]:
    async def waiting(_: Request) -> Response:
        return JSONResponse({"waiting": list(await desk.waiting(roles_now()))})

    async def shown(request: Request) -> Response:
        viewer = viewer_of(request, await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.shown(request.path_params["rid"], viewer)))

    async def tie(request: Request) -> Response:
        return await _settle(request, Deed.TIED)

    async def aside(request: Request) -> Response:
        return await _settle(request, Deed.SET_ASIDE)

    async def _settle(request: Request, deed: Deed) -> Response:
        decision = _decision(deed, await body_of(request, LARGEST_FORM))
        return JSONResponse(dict(await desk.settle(request.path_params["rid"], decision, roles_now())))

    return [
        Route("/api/inbox", waiting),
        Route("/api/inbox/{rid}", shown, methods=["POST"]),
        Route("/api/inbox/{rid}/tie", tie, methods=["POST"]),
        Route("/api/inbox/{rid}/aside", aside, methods=["POST"]),
    ]


def _decision(deed: Deed, body: Mapping[str, Any]) -> Decision:
    """Raises LivescanError."""
    try:
        ground = Ground(str(body.get("ground")))
    except ValueError:
        raise LivescanError("No ground is named.", means="Nothing was changed.", do=f"Say one of: {', '.join(Ground)}.") from None
    booking, tcn = body.get("booking") or "", body.get("tcn") or ""
    if not isinstance(booking, str) or not isinstance(tcn, str) or (deed is Deed.TIED and not booking):
        raise LivescanError("No booking is named.", means="Nothing was changed.")
    return Decision(deed, ground, officer_of(body), BookingId(booking) if booking else None, tcn, reason_of(body) or "")
