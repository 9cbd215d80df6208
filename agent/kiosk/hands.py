"""The hands: which finger can be printed, said once on a drawing, before or between the prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.errors import LivescanError
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, go
from agent.model.fingers import FingerMark, Position
from agent.web.pages import Page


def pages(frame: Frame) -> Sequence[Page]:
    async def show(request: Request) -> Response:
        booking = str(request.path_params["booking_id"])
        hand = await frame.parts.capture.hand(booking)
        asked = request.query_params.get("finger", "")
        finger = next((one for one in hand["fingers"] if str(one["finger"]) == asked), None)
        taken = {int(one) for one in frame.parts.taken(booking)}
        values: dict[str, Any] = {"hand": hand, "chosen": finger, "marks": list(FingerMark), "booking": booking, "started": bool(taken)}
        facts = await frame.parts.intake.facts(booking)
        return await frame.page(request, "hands.html", name=facts.subject.name, **values)

    async def mark(request: Request) -> Response:
        form, booking = await form_of(request), str(request.path_params["booking_id"])
        finger, said = _finger(form.text("finger")), _mark(form.text("mark"))
        await frame.parts.capture.mark(booking, finger, said, smt=form.text("smt") == "yes")
        return go(f"/booking/{booking}/hands?finger={int(finger)}" if form.text("stay") else f"/booking/{booking}/hands")

    return (
        Page("GET", "/booking/{booking_id}/hands", show, Right.BOOK),
        Page("POST", "/booking/{booking_id}/hands", mark, Right.BOOK),
    )


def _finger(text: str) -> Position:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10):
        raise LivescanError("No finger is named by its number.", means="Nothing was marked.", do="Choose a finger on the drawing.")
    return Position(int(text))


def _mark(text: str) -> FingerMark:
    if text not in list(FingerMark):
        raise LivescanError("The finger is marked as nothing that there is.", means="Nothing was marked.", do="Choose one of the marks.")
    return FingerMark(text)
