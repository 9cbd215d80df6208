"""The acronyms of the procedure, one spelling each, from `config/glossary.toml`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from agent.access.roles import Right
from agent.kiosk.frame import Frame
from agent.settings import config_dir, read_toml
from agent.web.pages import Page


def pages(frame: Frame) -> Sequence[Page]:
    terms = sorted(read_toml(config_dir() / "glossary.toml").items())

    async def show(request: Request) -> Response:
        return await frame.page(request, "glossary.html", terms=terms)

    return (Page("GET", "/glossary", show, Right.STATUS),)
