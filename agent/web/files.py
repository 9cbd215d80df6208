"""Files of bookings over the core's HTTP interface: in and out, corrections, photos, control numbers. Bytes travel as base64 in JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.booking.facts import Facts, facts_from_python
from agent.booking.records import WantedPhoto
from agent.errors import LivescanError
from agent.model.fingers import Position
from agent.model.photo import PhotoKind
from agent.web.bodies import body_of, officer_of, positions_of, who_of


class FileDesk(Protocol):
    """What `booking.records.Records` is."""

    async def correct(self, booking_id: str, officer: str, facts: Facts | None, retake: Collection[Position]) -> str | None: ...
    async def resend(self, booking_id: str, officer: str) -> str: ...
    async def envelope(self, booking_id: str, officer: str) -> bytes: ...
    async def plain_file(self, booking_id: str, officer: str, *, card: bool = False) -> bytes: ...
    async def import_file(self, data: bytes, facts: Facts | None, officer: str) -> Mapping[str, Any]: ...
    async def add_photo(self, booking_id: str, officer: str, wanted: WantedPhoto) -> int: ...
    def control_numbers(self) -> Mapping[str, Any]: ...


def file_routes(desk: FileDesk) -> list[Route]:
    async def correct(request: Request) -> Response:
        body = await body_of(request)
        corrects = await desk.correct(_booking(request), officer_of(body), _facts(body), positions_of(body.get("retake", [])))
        return JSONResponse({"booking": _booking(request), "corrects": corrects})

    async def resend(request: Request) -> Response:
        return JSONResponse({"booking": _booking(request), "envelope_sha256": await desk.resend(_booking(request), who_of(request))})

    async def envelope(request: Request) -> Response:
        return _file(await desk.envelope(_booking(request), who_of(request)))

    async def plain_file(request: Request) -> Response:
        body = await body_of(request)
        return _file(await desk.plain_file(_booking(request), officer_of(body), card=body.get("for") == "card"))

    async def import_file(request: Request) -> Response:
        body = await body_of(request)
        return JSONResponse(dict(await desk.import_file(_bytes(body.get("file")), _facts(body), officer_of(body))), 201)

    async def photo(request: Request) -> Response:
        body = await body_of(request)
        number = await desk.add_photo(_booking(request), officer_of(body), _photo(body))
        return JSONResponse({"booking": _booking(request), "photo": number}, 201)

    async def tcns(_: Request) -> Response:
        return JSONResponse(dict(desk.control_numbers()))

    return [
        Route("/api/tcns", tcns),
        Route("/api/imports", import_file, methods=["POST"]),
        Route("/api/bookings/{booking_id}/correction", correct, methods=["POST"]),
        Route("/api/bookings/{booking_id}/resend", resend, methods=["POST"]),
        Route("/api/bookings/{booking_id}/envelope", envelope),
        Route("/api/bookings/{booking_id}/file", plain_file, methods=["POST"]),
        Route("/api/bookings/{booking_id}/photos", photo, methods=["POST"]),
    ]


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def _facts(body: Mapping[str, Any]) -> Facts | None:
    return None if body.get("facts") is None else facts_from_python(body["facts"])


def _photo(body: Mapping[str, Any]) -> WantedPhoto:
    kinds = {kind.value: kind for kind in PhotoKind}
    kind = kinds.get(str(body.get("kind", "FACE")).upper())
    if kind is None:
        raise LivescanError(f"A photo is one of {', '.join(kinds)}.")
    texts = [None if body.get(name) is None else str(body[name]) for name in ("mark", "description")]
    return WantedPhoto(kind, texts[0], texts[1], None if body.get("picture") is None else _bytes(body["picture"]))


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise LivescanError("The file in the request is not base64.", means="Nothing was opened.") from None


def _file(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream")
