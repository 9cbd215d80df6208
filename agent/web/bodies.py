"""What comes in with a request: a JSON object of bounded size, an officer's id, a reason. Anything else is refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from agent.access.acts import Act
from agent.errors import LivescanError
from agent.model.fingers import FINGERS, Position

LARGEST_FILE = 64 * 1024 * 1024  # bytes of a request with a file: a CAR with 14 images at 1000 ppi has 6 MB
LARGEST_FORM = 256 * 1024  # bytes of one without; 999 charges of 300 characters fit

SIGNED_IN: ContextVar[str | None] = ContextVar("signed_in", default=None)  # the officer of this request, set by `web.guard`
SERVICE = "service"  # whoever may use the core's socket (mode 0600): the account that the station runs under, or root

_OFFICER = re.compile(r"[A-Za-z0-9._-]{1,40}")  # an id, never a name: it stands in rows and logs
_LONGEST_REASON = 500  # characters
_CHOICE = re.compile(r"[a-z_]{1,20}")


@dataclass(frozen=True)
class Decision:
    """What an officer answers to a question of the capture."""

    officer: str
    choice: str | None  # None in a request of the older form: a reason takes, none repeats
    reason: str | None
    second: str  # id of a second officer, "" none
    finger: Position | None  # a single finger, 1..10
    vouched: Act | None = None  # what the second officer has agreed to, having proved who they are


async def body_of(request: Request, largest: int = LARGEST_FILE) -> dict[str, Any]:
    """The JSON object of a request. Raises LivescanError for anything else, and before reading more than the limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > largest:
            raise LivescanError("The request is larger than any booking can be.", means="Nothing was opened.")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise LivescanError("The request is not JSON.", means="Nothing was opened.") from None
    if not isinstance(body, dict):
        raise LivescanError("The request is not a JSON object.", means="Nothing was opened.")
    return body


def officer_of(body: Mapping[str, Any]) -> str:
    """Who does it: the officer that is signed in, whom the request may name; where nobody is, whom it names. Raises LivescanError."""
    officer, signed_in = body.get("officer"), SIGNED_IN.get()
    if signed_in is not None:
        if officer not in (None, "", signed_in):
            raise LivescanError(
                "Another officer is named than the one who is signed in.", means="Nothing was done.", do="Sign in yourself."
            )
        return signed_in
    if not isinstance(officer, str) or not _OFFICER.fullmatch(officer):
        raise LivescanError(
            "No officer is named by an id.",
            means="Nothing was done.",
            do="Give the officer's id: 1 to 40 letters, digits, dots and hyphens.",
        )
    return officer


def who_of(_request: Request, body: Mapping[str, Any] | None = None) -> str:
    """Who asks: the officer that is signed in; at a station without sign-in whom the request names, else the socket's owner."""
    if (signed_in := SIGNED_IN.get()) is not None:
        return signed_in
    return officer_of(body) if body and body.get("officer") else SERVICE


def reason_of(body: Mapping[str, Any]) -> str | None:
    reason = body.get("reason")
    if reason is not None and not (isinstance(reason, str) and len(reason.strip()) > 0 and len(reason) <= _LONGEST_REASON):
        raise LivescanError("The reason is no text of 1 to 500 characters.", means="Nothing was done.", do="Say why in a sentence.")
    return reason


def decision_of(body: Mapping[str, Any]) -> Decision:
    choice = body.get("choice")
    if choice is not None and not (isinstance(choice, str) and _CHOICE.fullmatch(choice)):
        raise LivescanError("The choice is none that there is.", means="Nothing was done.")
    second = body.get("second") or ""
    if not (isinstance(second, str) and (second == "" or _OFFICER.fullmatch(second))):
        raise LivescanError("The second officer is not named by an id.", means="Nothing was done.")
    finger = None if body.get("finger") is None else finger_of(body)
    return Decision(officer_of(body), choice, reason_of(body), second, finger)


def finger_of(body: Mapping[str, Any]) -> Position:
    """A single finger."""
    finger = body.get("finger")
    if isinstance(finger, bool) or not isinstance(finger, int) or finger not in [int(one) for one in FINGERS]:
        raise LivescanError("No finger is named by its number.", means="Nothing was done.", do="Give 1 (right thumb) to 10 (left little).")
    return Position(finger)


def positions_of(numbers: Any) -> list[Position]:
    """Finger positions by number. Raises LivescanError."""
    try:
        return [Position(int(number)) for number in numbers]
    except (TypeError, ValueError):
        raise LivescanError("The fingers to take again are not numbers of finger positions, 1 to 14.") from None
