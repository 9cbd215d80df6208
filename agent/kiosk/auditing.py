"""The audit record for an auditor: its last entries, one booking's, and whether the chain holds. Reading it is itself recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, who
from agent.web.pages import Page

_ENTRIES = 200  # of one page
_BOOKING = re.compile(r"[0-9]{8}-[0-9A-Z]{8}")
_KNOWN = ("n", "at", "station", "event", "outcome", "who", "booking", "facts")
_CHAIN = ("previous", "sha256")  # what the chain is made of: verified, not read


def pages(frame: Frame) -> Sequence[Page]:
    async def show(request: Request) -> Response:
        return await _page(request, None)

    async def verify(request: Request) -> Response:
        await form_of(request)
        return await _page(request, await frame.parts.audit.verdict())

    async def _page(request: Request, verdict: Any) -> Response:
        wanted = request.query_params.get("booking", "").strip().upper()
        booking = wanted if _BOOKING.fullmatch(wanted) else None
        found = await frame.parts.audit.show(who(), after=0, limit=_ENTRIES, booking=booking)
        entries = [_line(one) for one in reversed(found["entries"])]
        return await frame.page(
            request,
            "audit.html",
            entries=entries,
            wanted=wanted,
            unknown=bool(wanted) and booking is None,
            trouble=found["trouble"],
            verdict=verdict,
        )

    return (Page("GET", "/audit", show, Right.AUDIT), Page("POST", "/audit/verify", verify, Right.AUDIT))


def _line(entry: Any) -> dict[str, Any]:
    """What every entry says in columns, the rest as words beside each other."""
    facts = {**dict(entry.get("facts") or {}), **{key: value for key, value in entry.items() if key not in (*_KNOWN, *_CHAIN) and value}}
    said = " ".join(f"{key}={_short(value)}" for key, value in sorted(facts.items()))
    return {**{key: entry.get(key) or "" for key in _KNOWN if key != "facts"}, "said": said}


def _short(value: object) -> str:
    """A digest by its beginning: the whole stands in the export."""
    text = str(value)
    return f"{text[:12]}…" if re.fullmatch(r"[0-9a-f]{64}", text) else text
