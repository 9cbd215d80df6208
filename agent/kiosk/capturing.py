"""Prints are taken: the live picture, one sentence, what is done and what is left, and the questions that only the officer can answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.access.roles import Right
from agent.booking.states import BookingState
from agent.capture.plan import Step, plan
from agent.capture.questions import Choice
from agent.errors import LivescanError
from agent.kiosk.asking import Form, form_of, key_of
from agent.kiosk.frame import Frame, go, who, words_of
from agent.kiosk.spoken import spoken
from agent.kiosk.tiles import Tile, tiles
from agent.model.fingers import Position, fingers_of
from agent.web.bodies import Decision, decision_of
from agent.web.pages import Page
from agent.web.vouching import challenge, vouched

REASONS = ("dry", "worn", "injured", "tremor", "uncooperative", "best")  # of the catalogue: reason.NAME


@dataclass(frozen=True)
class Work:
    """A booking as its pages see it."""

    id: str
    state: str
    held_why: str
    name: str
    steps: tuple[Step, ...]
    prints: Sequence[Mapping[str, Any]]
    tiles: Sequence[Tile]
    done: int
    question: Mapping[str, Any] | None


def refused(work: Work, tried: bool) -> Mapping[str, str]:
    """Retake, accept best, cannot do better: why each cannot be done now (of the catalogue: why_not.NAME), "" where it can.

    A print is kept in spite of what was found, and asked for anew, only where the capture asks: `capture.questions`. While one waits for
    a finger, the next attempt comes by itself. tried: there are attempts at what is being taken.
    """
    if work.question is not None:
        answers = work.question["choices"]
        return {
            "repeat": "" if Choice.REPEAT in answers else "asked_otherwise",
            "take": "" if Choice.TAKE in answers else "untried",
            "cannot": "",
        }
    if work.done == len(work.steps):
        return dict.fromkeys(("repeat", "take", "cannot"), "all_taken")
    if work.state == BookingState.HELD:
        return {"repeat": "held", "take": "held", "cannot": ""}
    return (
        {"repeat": "retaking", "take": "tries_left", "cannot": ""} if tried else {"repeat": "nothing_yet", "take": "untried", "cannot": ""}
    )


async def work_of(frame: Frame, booking_id: str) -> Work:
    """Raises LivescanError where there is no such booking."""
    found = await frame.parts.station.booking(booking_id)
    if found is None:
        raise LivescanError("There is no such booking on this station.", do="Go back to the list.")
    facts = await frame.parts.intake.facts(booking_id)
    steps, standing = plan(facts.missing), frame.parts.scanner.view.now
    here = standing.step.position if standing.booking == booking_id and standing.step is not None else None
    taken = {int(one) for one in frame.parts.taken(booking_id)}
    made = tiles(steps, found["impressions"], here, taken)
    question = found["question"]
    done = sum(int(step.position) in taken for step in steps)
    return Work(
        booking_id, str(found["state"]), found["held_why"] or "", facts.subject.name, steps, found["impressions"], made, done, question
    )


def pages(frame: Frame) -> Sequence[Page]:
    async def booking(request: Request) -> Response:
        """To where the booking stands."""
        found = await work_of(frame, _booking(request))
        return go(f"/booking/{found.id}/{_AT.get(found.state, 'state')}")

    async def capture(request: Request) -> Response:
        work = await work_of(frame, _booking(request))
        if work.state not in (BookingState.CAPTURING, BookingState.HELD):
            return go(f"/booking/{work.id}/{'review' if work.state == BookingState.CAPTURED else 'state'}")
        return await frame.page(request, "capture.html", work=work, name=work.name, **await _side(work))

    async def side(request: Request) -> Response:
        work = await work_of(frame, _booking(request))
        return await frame.fragment(request, "capture_side.html", work=work, place=frame.parts.place, **await _side(work))

    async def _side(work: Work) -> dict[str, Any]:
        standing = frame.parts.scanner.view.now
        now = standing.step if standing.booking == work.id else None
        asked = None if work.question is None else Position(int(work.question["fgp"]))
        position = asked or (now.position if now is not None else None)
        attempts = await frame.parts.capture.attempts_of(work.id, position) if position is not None else []
        other = _other(work.question, frame.parts.taken(work.id))
        why_not = refused(work, bool(attempts))
        finger = int(position) if position is not None and position <= Position.LEFT_LITTLE else None
        return {"why_not": why_not, "finger": finger, "attempts": attempts, "position": position, "reasons": REASONS, "other": other}

    async def answer(request: Request) -> Response:
        form, booking = await form_of(request), _booking(request)
        asked = frame.parts.station.asked_now(booking)
        said = await vouched(frame.parts.access, _said(form), _proof(form), asked, booking=booking, door="page")
        await frame.parts.station.decide(booking, said)
        return go(f"/booking/{booking}/capture")

    async def second_key(request: Request) -> Response:
        """What the second officer's security key is to sign, and the same in words: they agree to what they read."""
        form, booking, t = await form_of(request), _booking(request), words_of(request)
        said, asked = _said(form), frame.parts.station.asked_now(booking)
        try:
            options = await challenge(frame.parts.access, said, _proof(form), asked, booking=booking, door="page")
        except LivescanError as error:
            return JSONResponse({"what": spoken(t, error.what), "means": spoken(t, error.means), "do": spoken(t, error.do)}, 400)
        finger = t(f"finger.{asked['fgp']}") if asked else ""
        return JSONResponse({"options": options, "says": t("question.agrees", officer=said.second, finger=finger, reason=said.reason)})

    async def take_now(request: Request) -> Response:
        await form_of(request)
        await frame.parts.capture.trigger(_booking(request))
        return Response(status_code=204)

    async def pause(request: Request) -> Response:
        """The next person can be taken; this one goes on later at the same finger."""
        await form_of(request)
        await frame.parts.capture.pause(_booking(request))
        return go("/people", "paused")

    async def resume(request: Request) -> Response:
        await form_of(request)
        await frame.parts.station.resume(_booking(request))  # type: ignore[arg-type]
        return go(f"/booking/{_booking(request)}/capture")

    async def attempt(request: Request) -> Response:
        fgp, number = Position(int(request.path_params["fgp"])), int(request.path_params["number"])
        return png(await frame.parts.capture.picture(_booking(request), fgp, number))

    async def stored(request: Request) -> Response:
        return png(await frame.parts.capture.stored_picture(_booking(request), Position(int(request.path_params["fgp"]))))

    return (
        Page("GET", "/booking/{booking_id}", booking, Right.SEE),
        Page("GET", "/booking/{booking_id}/capture", capture, Right.BOOK),
        Page("GET", "/booking/{booking_id}/capture/side", side, Right.BOOK, by_itself=True),
        Page("POST", "/booking/{booking_id}/answer", answer, Right.BOOK),
        Page("POST", "/booking/{booking_id}/answer/challenge", second_key, Right.BOOK),
        Page("POST", "/booking/{booking_id}/take-now", take_now, Right.BOOK),
        Page("POST", "/booking/{booking_id}/pause", pause, Right.BOOK),
        Page("POST", "/booking/{booking_id}/resume", resume, Right.BOOK),
        Page("GET", "/booking/{booking_id}/attempt/{fgp:int}/{number:int}", attempt, Right.BOOK, by_itself=True),
        Page("GET", "/booking/{booking_id}/print/{fgp:int}", stored, Right.BOOK, by_itself=True),
    )


def _said(form: Form) -> Decision:
    body = {"choice": form.text("choice"), "officer": who(), "second": form.text("second"), "finger": None}
    if form.text("choice") == Choice.TAKE:
        body["reason"] = form.text("why") or form.text("reason")
    return decision_of(body)


def _proof(form: Form) -> dict[str, Any]:
    """Of the second officer: a password, and a code or a security key."""
    code = form.text("second_code").replace(" ", "")
    return {"second_proof": {"password": form.text("second_password"), "code": code, "key": key_of(form)}}


def _other(question: Mapping[str, Any] | None, taken: Collection[int]) -> int | None:
    """What is stored of the finger that it looks like: its roll, else the flat impression that it is part of."""
    if question is None or question["looks_like"] is None:
        return None
    like = Position(int(question["looks_like"]))
    return next((int(one) for one in Position if int(one) in taken and (one is like or like in fingers_of(one))), None)


_AT: Mapping[str, str] = {
    BookingState.CAPTURING: "capture",
    BookingState.HELD: "capture",
    BookingState.CAPTURED: "review",
    BookingState.SEALED: "state",
    BookingState.UNDONE: "send",
}


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def png(data: bytes) -> Response:
    return Response(data, media_type="image/png")
