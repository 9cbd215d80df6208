"""What a page's form sends: bounded, from this session's own page, texts only."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

from agent.access.desk import NotAllowed
from agent.errors import LivescanError
from agent.kiosk.frame import csrf_of
from agent.kiosk.uploads import LARGEST, read_upload
from agent.web.bodies import LARGEST_FORM

_MOST_FIELDS = 3000  # 999 charges have two each


class Form:
    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Without the blanks around it; "" where there is none."""
        return next(iter(self._values.get(name, ())), "").strip()

    def texts(self, name: str) -> list[str]:
        return [value.strip() for value in self._values.get(name, [])]

    def firsts(self) -> dict[str, str]:
        """The first value of each."""
        return {name: self.text(name) for name in self._values}


async def form_of(request: Request, *, signed_in: bool = True) -> Form:
    """Raises LivescanError for what is no form, NotAllowed for one without this session's mark."""
    data = await _read(request, LARGEST_FORM)
    try:
        values = parse_qs(data.decode(), keep_blank_values=True, strict_parsing=bool(data), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise _unread() from None
    form = Form(values)
    return _of_this_session(form, request) if signed_in else form


async def upload_of(request: Request) -> tuple[Form, Mapping[str, bytes]]:
    """A form with files, each by the name of its field. Raises as `form_of`."""
    data = await _read(request, LARGEST)
    try:
        found = read_upload(request.headers.get("content-type", ""), data)
    except ValueError:
        raise _unread() from None
    return _of_this_session(Form(found.texts), request), found.files


def key_of(form: Form) -> Mapping[str, Any] | None:
    """What a security key answered, as the page's script sends it; None where none was used. What is no JSON object proves nothing."""
    if not form.text("key"):
        return None
    try:
        said = json.loads(form.text("key"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def _read(request: Request, largest: int) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > largest:
            raise LivescanError("What was typed in is longer than any booking can be.", means="Nothing was kept of it.")
    return bytes(data)


def _unread() -> LivescanError:
    return LivescanError("The form could not be read.", means="Nothing was done.", do="Go back and try again.")


def _of_this_session(form: Form, request: Request) -> Form:
    if not hmac.compare_digest(form.text("csrf").encode(), csrf_of(request).encode()):
        raise NotAllowed("That form is not of this session.", means="Nothing was done.", do="Open the page again.")
    return form
