"""Prints booked here before, over the core's HTTP interface: hints of a booking, how the gallery stands, what may be taken out of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.errors import LivescanError
from agent.model.fingers import FINGERS, Position
from agent.web.bodies import LARGEST_FORM, body_of, officer_of, who_of

_LARGEST_PICTURES = 16 * 1024 * 1024  # bytes of a request with ten of them
_PPI = range(100, 2001)


class GalleryDesk(Protocol):
    """What `gallery.desk.GalleryDesk` is."""

    async def hints(self, booking_id: str, *, names: bool = False) -> Sequence[Mapping[str, Any]]: ...
    async def say_why(self, booking_id: str, other: str, said: str, officer: str) -> None: ...
    async def show(self) -> Mapping[str, Any]: ...
    async def purge(self, who: str = ...) -> Sequence[str]: ...
    async def expunge(self, booking_id: str, who: str) -> Mapping[str, Any]: ...
    async def keep_officer(self, officer: str, fingers: Mapping[Position, bytes], ppi: int) -> Sequence[int]: ...
    async def forget_officer(self, officer: str) -> bool: ...


def gallery_routes(desk: GalleryDesk) -> list[Route]:
    async def hints(request: Request) -> Response:
        found = await desk.hints(request.path_params["booking_id"], names=True)
        return JSONResponse({"hints": list(found)}, headers={"Cache-Control": "no-store"})

    async def say_why(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        booking = request.path_params["booking_id"]
        await desk.say_why(booking, str(body.get("other")), str(body.get("said")), officer_of(body))
        return JSONResponse({"booking": booking})

    async def show(_: Request) -> Response:
        return JSONResponse(dict(await desk.show()))

    async def purge(request: Request) -> Response:
        return JSONResponse({"purged": list(await desk.purge(who_of(request, await body_of(request, LARGEST_FORM))))})

    async def expunge(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.expunge(str(body.get("booking")), who_of(request, body))))

    async def keep_officer(request: Request) -> Response:
        body = await body_of(request, _LARGEST_PICTURES)
        kept = await desk.keep_officer(officer_of(body), _pictures(body), _ppi(body))
        return JSONResponse({"fingers": list(kept)}, 201)

    async def forget_officer(request: Request) -> Response:
        return JSONResponse({"was_there": await desk.forget_officer(officer_of(await body_of(request, LARGEST_FORM)))})

    return [
        Route("/api/bookings/{booking_id}/hints", hints, methods=["GET"]),
        Route("/api/bookings/{booking_id}/hints", say_why, methods=["POST"]),
        Route("/api/gallery", show, methods=["GET"]),
        Route("/api/gallery/purge", purge, methods=["POST"]),
        Route("/api/gallery/expunge", expunge, methods=["POST"]),
        Route("/api/gallery/officers", keep_officer, methods=["POST"]),
        Route("/api/gallery/officers/forget", forget_officer, methods=["POST"]),
    ]


def _pictures(body: Mapping[str, Any]) -> dict[Position, bytes]:
    """Picture files of single fingers, base64, by finger number."""
    given = body.get("fingers")
    if not isinstance(given, dict) or not given or set(given) - {str(int(finger)) for finger in FINGERS}:
        raise LivescanError("No pictures of fingers 1 to 10 are given.", means="Nothing was kept.")
    try:
        return {Position(int(finger)): base64.b64decode(data, validate=True) for finger, data in given.items()}
    except (binascii.Error, TypeError, ValueError):
        raise LivescanError("The pictures are not base64.", means="Nothing was kept.") from None


def _ppi(body: Mapping[str, Any]) -> int:
    ppi = body.get("ppi", 500)
    if isinstance(ppi, bool) or not isinstance(ppi, int) or ppi not in _PPI:
        raise LivescanError("No sensor has that resolution.", means="Nothing was kept.", do="Give 100 to 2000 ppi.")
    return ppi
