"""All pages of the kiosk, in one list: a new one is a module with `pages(frame)` and a line here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response

from agent.access.roles import Right
from agent.errors import LivescanError
from agent.kiosk import (
    auditing,
    capturing,
    detainers,
    devices,
    glossary,
    hands,
    identity,
    liaison,
    people,
    preview,
    queries,
    queueing,
    replies,
    sending,
    settings,
    shift,
    signing,
    tasks,
)
from agent.kiosk.frame import STATIC, Frame, said_of, words_of
from agent.kiosk.parts import KioskParts
from agent.web.pages import Page

MODULES = (
    *(signing, people, identity, hands, capturing, preview, sending, queueing, replies, tasks, liaison, detainers, queries),
    *(shift, auditing, devices, settings, glossary),
)
_FIXES = frozenset({"scanner", "room", "clock", "certificates", "audit", "link", "platen", "calibration"})
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Kiosk:
    def __init__(self, parts: KioskParts) -> None:
        self.frame = Frame(parts)
        self.pages: Sequence[Page] = (*_own(self.frame), *(page for module in MODULES for page in module.pages(self.frame)))

    def refusal(self, request: Request, error: LivescanError, status: int) -> Response:
        """Of the guard: to where one signs in, or unlocks; else a page that says why."""
        if status == 401:
            return RedirectResponse("/sign-in", 303)
        if status == 423:
            return RedirectResponse(f"/locked?back={quote(request.url.path)}" if request.method == "GET" else "/locked", 303)
        if "must be changed" in error.what:
            return RedirectResponse("/password", 303)
        return HTMLResponse(self.frame.plain(request, "refused.html", error=error), status)

    async def failed(self, request: Request, error: LivescanError) -> Response:
        """What a page could not do, in its frame."""
        back = request.headers.get("referer", "")
        inside = back if back.startswith(f"{request.url.scheme}://{request.url.netloc}/") else "/start"
        return await self.frame.page(request, "error.html", 400, error=error, back=inside)


def _own(frame: Frame) -> Sequence[Page]:
    async def static(request: Request) -> Response:
        path = STATIC / Path(request.path_params["name"]).name
        if path.suffix not in _KINDS or not path.is_file():
            return PlainTextResponse("", 404)
        return FileResponse(path, media_type=_KINDS[path.suffix], headers={"Cache-Control": "max-age=31536000, immutable"})

    async def chips(request: Request) -> Response:
        return await frame.fragment(request, "chips.html", chips=await frame.chips(words_of(request)))

    async def fix(request: Request) -> Response:
        what = request.path_params["what"]
        if what not in _FIXES:
            raise LivescanError("There is no such page.", do="Go back.")
        t, found = words_of(request), next((check for check in await frame.parts.checks() if check.name == what), None)
        says = said_of(found, t) if found else ""
        link = await frame.parts.sending.queue() if what == "link" else None
        return await frame.page(request, "fix.html", what=what, says=says, link=link)

    return (
        Page("GET", "/static/{name}", static, None),
        Page("GET", "/chips", chips, Right.STATUS, by_itself=True),
        Page("GET", "/fix/{what}", fix, Right.STATUS),
    )
