"""A capture under way over the core's HTTP interface: the button, the pause, the attempts, the hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.capture.questions import Answer, Choice
from agent.errors import LivescanError
from agent.model.fingers import FingerMark, Position
from agent.model.impression import Override
from agent.web.bodies import LARGEST_FORM, Decision, body_of, finger_of


class CaptureDesk(Protocol):
    """What `booking.attending.Attending` is."""

    async def trigger(self, booking_id: str) -> None: ...
    async def pause(self, booking_id: str) -> None: ...
    async def attempts(self, booking_id: str) -> Sequence[Mapping[str, Any]]: ...
    async def attempts_of(self, booking_id: str, position: Position) -> Sequence[Mapping[str, Any]]: ...
    async def picture(self, booking_id: str, position: Position, number: int) -> bytes: ...
    async def stored_picture(self, booking_id: str, position: Position) -> bytes: ...
    async def hand(self, booking_id: str) -> Mapping[str, Any]: ...
    async def mark(self, booking_id: str, finger: Position, mark: FingerMark, *, smt: bool = False) -> Mapping[str, Any]: ...


def capture_routes(desk: CaptureDesk) -> list[Route]:
    async def trigger(request: Request) -> Response:
        await desk.trigger(_booking(request))
        return JSONResponse({"booking": _booking(request)})

    async def pause(request: Request) -> Response:
        await desk.pause(_booking(request))
        return JSONResponse({"booking": _booking(request)})

    async def attempts(request: Request) -> Response:
        return JSONResponse({"attempts": list(await desk.attempts(_booking(request)))})

    async def picture(request: Request) -> Response:
        position, number = _position(request.path_params["fgp"]), int(request.path_params["number"])
        data = await desk.picture(_booking(request), position, number)
        return Response(data, media_type="image/png", headers={"Cache-Control": "no-store"})

    async def hand(request: Request) -> Response:
        return JSONResponse(dict(await desk.hand(_booking(request))))

    async def mark(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        return JSONResponse(dict(await desk.mark(_booking(request), finger_of(body), _mark(body), smt=body.get("smt") is True)))

    return [
        Route("/api/bookings/{booking_id}/trigger", trigger, methods=["POST"]),
        Route("/api/bookings/{booking_id}/pause", pause, methods=["POST"]),
        Route("/api/bookings/{booking_id}/attempts", attempts),
        Route("/api/bookings/{booking_id}/attempts/{fgp:int}/{number:int}", picture),
        Route("/api/bookings/{booking_id}/hand", hand, methods=["GET"]),
        Route("/api/bookings/{booking_id}/hand", mark, methods=["POST"]),
    ]


def answer_to(said: Decision, now: datetime) -> Answer:
    """A decision as the capture takes it. Raises LivescanError for a choice that there is not."""
    override = None if said.reason is None else Override(said.reason, said.officer, now, said.second)
    return Answer(choice_of(said), override, said.finger)


def choice_of(said: Decision) -> Choice:
    """Raises LivescanError for a choice that there is not."""
    choice = said.choice or (Choice.REPEAT if said.reason is None else Choice.TAKE)
    if choice not in list(Choice):
        raise LivescanError("The choice is none that there is.", do=f"Choose one of: {', '.join(Choice)}.")
    return Choice(choice)


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def _position(number: int) -> Position:
    try:
        return Position(number)
    except ValueError:
        raise LivescanError("There is no such finger position.", do="Give 1 to 14.") from None


def _mark(body: Mapping[str, Any]) -> FingerMark:
    said = str(body.get("mark"))
    if said not in list(FingerMark):
        raise LivescanError("The finger is marked as nothing that there is.", do=f"Mark it as one of: {', '.join(FingerMark)}.")
    return FingerMark(said)
