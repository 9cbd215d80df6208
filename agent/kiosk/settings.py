"""The station's settings for an administrator: read, held against the files, taken up as `livescan reload` does. No file is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, who, words_of
from agent.kiosk.words import Words
from agent.reloading import AT_THE_NEXT_START, BUSY
from agent.web.pages import Page

_REFUSED = {AT_THE_NEXT_START: "settings.refused_next_start", BUSY: "settings.refused_busy"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


def pages(frame: Frame) -> Sequence[Page]:
    desk = frame.parts.settings

    async def show(request: Request) -> Response:
        return await frame.page(request, "settings.html", **_shown(words_of(request), await desk.look()), refused="")

    async def take_up(request: Request) -> Response:
        await form_of(request)
        t, done = words_of(request), await desk.take_up(who())
        if done["asked"]:
            return await frame.page(request, "settings_taking.html", asked=done["asked"], uplink=done["uplink"], state="asked", why="")
        return await frame.page(request, "settings.html", **_shown(t, await desk.look()), refused=_why(t, done["refused"]))

    async def now(request: Request) -> Response:
        asked = request.query_params.get("asked", "")
        found = await desk.outcome(asked if _DIGEST.fullmatch(asked) else "")
        state = "in_force" if found["in_force"] else "refused" if found["refused"] else "asked"
        return await frame.fragment(request, "settings_now.html", state=state, why=_why(words_of(request), found["refused"]))

    return (
        Page("GET", "/settings", show, Right.SETTINGS),
        Page("POST", "/settings/take-up", take_up, Right.SETTINGS),
        Page("GET", "/settings/now", now, Right.SETTINGS, by_itself=True),
    )


def _why(t: Words, refused: str) -> str:
    return t(_REFUSED[refused]) if refused in _REFUSED else refused


def _shown(t: Words, found: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{**row, "value": said(row["value"]), "becomes": said(row["becomes"]), "does": _does(t, row)} for row in found["rows"]]
    tables = [(name, list(several)) for name, several in groupby(rows, key=lambda row: row["table"])]
    changes = [{**one, "before": said(one["before"]), "after": said(one["after"])} for one in found["changes"]]
    return {"tables": tables, "changes": changes, "faults": found["faults"], "files": found["files"]}


def _does(t: Words, row: Mapping[str, Any]) -> str:
    """In the reader's language; what stands beside its default where the catalogue does not know it yet."""
    return t.maybe(f"setting.{str(row['key']).replace('.', '_')}", str(row["remark"]))


def said(value: object) -> str:
    """As the file would have it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(said(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
