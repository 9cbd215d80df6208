"""ICE's forms, releases, and drafts for a person to send, over the core's HTTP interface. Bytes travel as base64 in JSON."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.casework.detainer_record import Lodged
from agent.casework.iaq import NO_OFFENSE, Asking
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.web.bodies import LARGEST_FILE, LARGEST_FORM, body_of, who_of
from agent.web.viewers import roles_now, viewer_of

_LONGEST = 500  # characters of what is read from a form
_PHONE = re.compile(r"[0-9 ()+.-]{0,20}")
_OFFENSE = re.compile(r"[0-9]{4}")


class LiaisonDesk(Protocol):
    async def lodge(self, booking_id: str, document: bytes, read: Lodged, by: str) -> Mapping[str, Any]: ...
    async def of_booking(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]: ...
    async def shown(self, id_: str, viewer: Viewer) -> Mapping[str, Any]: ...
    async def document(self, id_: str, viewer: Viewer) -> bytes: ...
    async def found(self, viewer: Viewer) -> Sequence[Mapping[str, Any]]: ...
    async def cards(self) -> Sequence[Mapping[str, Any]]: ...
    async def silence(self) -> Sequence[Mapping[str, Any]]: ...
    async def why_off(self) -> str: ...
    async def deed(self, id_: str, word: str, by: str, said: Mapping[str, str], at: datetime | None) -> Mapping[str, Any]: ...
    async def released(self, booking_id: str, by: str, at: datetime | None) -> Mapping[str, Any]: ...
    async def draft_answer(self, id_: str, by: str) -> Mapping[str, Any]: ...
    async def may_query(self, booking_id: str, roles: Collection[str]) -> bool: ...
    async def query_card(self, booking_id: str, roles: Collection[str]) -> Mapping[str, Any] | None: ...
    async def query_text(self, booking_id: str, asking: Asking) -> str: ...
    async def draft_query(self, booking_id: str, asking: Asking, shown: str = "") -> Mapping[str, Any]: ...
    async def queries(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]: ...
    async def drafts(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]: ...
    async def let_go(self, booking_id: str, id_: str, by: str, roles: Collection[str]) -> Mapping[str, Any]: ...


def liaison_routes(desk: LiaisonDesk) -> list[Route]:
    return [*_detainer_routes(desk), *_booking_routes(desk)]


def _detainer_routes(desk: LiaisonDesk) -> list[Route]:
    async def search(request: Request) -> Response:
        return JSONResponse({"detainers": list(await desk.found(viewer_of(request, await body_of(request, LARGEST_FORM))))})

    async def shown(request: Request) -> Response:
        return JSONResponse(dict(await desk.shown(_detainer(request), viewer_of(request, await body_of(request, LARGEST_FORM)))))

    async def document(request: Request) -> Response:
        data = await desk.document(_detainer(request), viewer_of(request, await body_of(request, LARGEST_FORM)))
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    async def deed(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        by, said = who_of(request, body), _words(body.get("said"))
        return JSONResponse(dict(await desk.deed(_detainer(request), _text(body, "event"), by, said, _instant(body))))

    async def answer(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.draft_answer(_detainer(request), who_of(request, body))), 201)

    return [
        Route("/api/detainers/search", search, methods=["POST"]),
        Route("/api/detainers/{detainer}/view", shown, methods=["POST"]),
        Route("/api/detainers/{detainer}/document", document, methods=["POST"]),
        Route("/api/detainers/{detainer}/deeds", deed, methods=["POST"]),
        Route("/api/detainers/{detainer}/answer", answer, methods=["POST"]),
    ]


def _booking_routes(desk: LiaisonDesk) -> list[Route]:
    async def lodge(request: Request) -> Response:
        body = await body_of(request, LARGEST_FILE)
        made = await desk.lodge(_booking(request), _bytes(body.get("document")), _lodged(body), who_of(request, body))
        return JSONResponse(dict(made), 201)

    async def of_booking(request: Request) -> Response:
        viewer = viewer_of(request, await body_of(request, LARGEST_FORM))
        return JSONResponse({"detainers": list(await desk.of_booking(_booking(request), viewer))})

    async def released(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.released(_booking(request), who_of(request, body), _instant(body))))

    async def may_query(request: Request) -> Response:
        return JSONResponse({"may_be_drafted": await desk.may_query(_booking(request), roles_now())})

    async def draft_query(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.draft_query(_booking(request), asking_of(viewer_of(request, body), body))), 201)

    async def drafts(request: Request) -> Response:
        viewer = viewer_of(request, await body_of(request, LARGEST_FORM))
        return JSONResponse({"drafts": list(await desk.drafts(_booking(request), viewer))})

    async def let_go(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        draft, by = str(request.path_params["draft"]), who_of(request, body)
        return JSONResponse(dict(await desk.let_go(_booking(request), draft, by, roles_now())))

    return [
        Route("/api/bookings/{booking_id}/detainers", lodge, methods=["POST"]),
        Route("/api/bookings/{booking_id}/detainers/view", of_booking, methods=["POST"]),
        Route("/api/bookings/{booking_id}/release", released, methods=["POST"]),
        Route("/api/bookings/{booking_id}/query", may_query, methods=["GET"]),
        Route("/api/bookings/{booking_id}/query", draft_query, methods=["POST"]),
        Route("/api/bookings/{booking_id}/drafts/view", drafts, methods=["POST"]),
        Route("/api/bookings/{booking_id}/drafts/{draft}/let-go", let_go, methods=["POST"]),
    ]


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def _detainer(request: Request) -> str:
    return str(request.path_params["detainer"])


def asking_of(viewer: Viewer, body: Mapping[str, Any]) -> Asking:
    """Who asks and why, with what is typed in beside it. Raises LivescanError."""
    phone, offense = _text(body, "phone"), _text(body, "offense") or NO_OFFENSE
    if not _PHONE.fullmatch(phone) or not _OFFENSE.fullmatch(offense):
        raise LivescanError("A telephone number has digits, an offense code four of them.", means="No query was drafted.")
    return Asking(viewer.officer, viewer.roles, viewer.reason, phone, body.get("in_custody") is True, offense)


def _lodged(body: Mapping[str, Any]) -> Lodged:
    attached = body.get("attached") or []
    if not isinstance(attached, list) or not all(isinstance(one, str) and len(one) <= _LONGEST for one in attached):
        raise LivescanError("What is attached is no list of papers.", means="Nothing was recorded.")
    return Lodged(
        _text(body, "form"),
        _text(body, "ice_office"),
        _text(body, "ice_officer"),
        _instant(body, "received_at") or datetime.now(UTC),
        frozenset(attached),
        _text(body, "subject_number"),
        _text(body, "probable_cause"),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise LivescanError(f"'{name}' is no text of at most {_LONGEST} characters.", means="Nothing was recorded.")
    return value


def _words(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise LivescanError("What is said of a deed is no object of texts.", means="Nothing was recorded.")
    return {str(key): one for key, one in value.items()}


def _instant(body: Mapping[str, Any], name: str = "at") -> datetime | None:
    """ISO 8601 with a time zone; None where it is not said."""
    value = body.get(name)
    if value in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise LivescanError(f"'{name}' is no time in ISO 8601 with a time zone.", means="Nothing was recorded.")
    return at.astimezone(UTC)


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise LivescanError("The document in the request is not base64.", means="Nothing was recorded.") from None
