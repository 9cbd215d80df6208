"""A page of the station: its path, what answers, and whose right it is. One value, so that a page cannot be served without its right."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.routing import BaseRoute, Route, WebSocketRoute, compile_path

from agent.access.roles import Right


@dataclass(frozen=True)
class Page:
    method: str  # GET, POST, or WS for a WebSocket
    path: str  # as starlette writes it: /booking/{booking_id}/hands
    answer: Callable[..., Any]
    right: Right | None  # None: open to nobody in particular, before sign-in
    by_itself: bool = False  # asked for by the page, no sign of its officer
    in_locked: bool = False  # also while the session is locked, or its password must be changed first

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_path(self.path)[0]

    def is_for(self, method: str, path: str) -> bool:
        return method == self.method and self._pattern.match(path) is not None

    @property
    def route(self) -> BaseRoute:
        if self.method == "WS":
            return WebSocketRoute(self.path, self.answer)
        return Route(self.path, self.answer, methods=[self.method])


def page_of(pages: Sequence[Page], method: str, path: str) -> Page | None:
    return next((page for page in pages if page.is_for(method, path)), None)
