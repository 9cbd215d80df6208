"""The frame that every page stands in, and how a page is made: station, officer, clock, three chips in words, one primary button."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.access.roles import Right, may
from agent.capture.station import Presence
from agent.errors import LivescanError
from agent.kiosk.parts import Check, KioskParts
from agent.kiosk.spoken import spoken
from agent.kiosk.words import DEFAULT, Words, languages, words
from agent.web.bodies import SIGNED_IN
from agent.web.guard import token_of
from agent.web.viewers import roles_now
from agent.web.withheld import ROLES_OF

HERE = Path(__file__).parent
LANGUAGE, THEME = "livescan_language", "livescan_theme"  # cookies: how it looks, nothing of anyone
THEMES = ("light", "dark")
_RECENT = 5.0  # s
_LONG = 240  # minutes that something waits before it is marked

# path, right, word: the pages that are always one press away, in this order
MENU = (
    ("/start", Right.STATUS, "nav.start"),
    ("/people", Right.SEE, "nav.people"),
    ("/replies", Right.HISTORY, "nav.replies"),
    ("/tasks", Right.SEE, "nav.tasks"),
    ("/liaison", Right.READ_IMMIGRATION, "nav.liaison"),
    ("/queue", Right.SEE, "nav.queue"),
    ("/shift", Right.SEE, "nav.shift"),
    ("/devices", Right.DEVICES, "nav.devices"),
    ("/settings", Right.SETTINGS, "nav.settings"),
    ("/audit", Right.AUDIT, "nav.audit"),
)

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["spoken"] = lambda text, t: spoken(t, text)
STATIC = HERE / "static"
_VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))).hexdigest()[:12]
_TEMPLATES.globals["asset"] = lambda name: f"/static/{name}?{_VERSION}"  # a browser keeps it until the program changes


@dataclass(frozen=True)
class Chip:
    name: str  # scanner, link, waiting
    mark: str  # good, care, bad: a shape, never a colour alone
    text: str


class Frame:
    def __init__(self, parts: KioskParts) -> None:
        self.parts = parts
        self._chips: tuple[float, str, tuple[Chip, ...]] = (-_RECENT, "", ())

    async def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        t = words_of(request)
        said = request.query_params.get("said", "")
        around = {
            "t": t,
            "place": self.parts.place,
            "officer": SIGNED_IN.get(),
            "may": _may,
            "chips": await self._recent_chips(t) if SIGNED_IN.get() else (),
            "now": self.local(self.parts.clock.now()),
            "csrf": csrf_of(request),
            "theme": request.cookies.get(THEME) if request.cookies.get(THEME) in THEMES else "",
            "languages": languages(),
            "path": request.url.path,
            "said": t.maybe(f"said.{said}", "") if said.isidentifier() else "",
            "when": self.when,
            "menu": MENU,
            "unread": await self.unread() if SIGNED_IN.get() else 0,
        }
        text = _TEMPLATES.get_template(template).render({**around, **values})
        return HTMLResponse(text, status)

    async def fragment(self, request: Request, template: str, **values: Any) -> HTMLResponse:
        """A part of a page, for a script that puts it in place."""
        return HTMLResponse(_TEMPLATES.get_template(template).render({"t": words_of(request), "when": self.when, **values}))

    async def unread(self) -> int:
        """Replies that whoever is signed in may read, and nobody has opened."""
        return len(await self.parts.replies.unread(roles_now())) if _may(Right.HISTORY) else 0

    def plain(self, request: Request, template: str, **values: Any) -> str:
        """Without the frame: for whoever may not see how the station is."""
        return _TEMPLATES.get_template(template).render({"t": words_of(request), **values})

    async def _recent_chips(self, t: Words) -> tuple[Chip, ...]:
        """As they were seconds ago, where they were looked at: no page waits for a scanner. The page renews them by itself."""
        at, language, chips = self._chips
        fresh = language == t.language and self.parts.clock.monotonic() - at < _RECENT
        return chips if fresh else await self.chips(t)

    async def chips(self, t: Words) -> tuple[Chip, ...]:
        scanner, queue = await asyncio.gather(self.parts.scanner.present(), self.parts.sending.queue())
        made = (_scanner(t, scanner), self._link(t, queue), _waiting(t, queue))
        self._chips = (self.parts.clock.monotonic(), t.language, made)
        return made

    def _link(self, t: Words, queue: Mapping[str, Any]) -> Chip:
        """Up is when the uplink has its broker and the bureau does not say that it is away."""
        if queue["broker"] is True and queue["bureau"] != "offline":
            return Chip("link", "good", t("chip.link_up"))
        since = queue.get("since")
        return Chip("link", "bad", t("chip.link_down_since", at=self.when(since)) if since else t("chip.link_down"))

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.parts.place.time_zone)

    def when(self, at: str | datetime | None) -> str:
        """Local time, with the day where it is not today."""
        if at is None:
            return ""
        local = self.local(datetime.fromisoformat(at) if isinstance(at, str) else at)
        today = self.local(self.parts.clock.now()).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def said_of(check: Check, t: Words) -> str:
    """One line of the station check in words."""
    return t(f"check.{check.says}", **{name: spoken(t, one) if isinstance(one, str) else one for name, one in check.values.items()})


_TEMPLATES.globals["said_of"] = said_of


def _scanner(t: Words, found: Presence) -> Chip:
    if not found.there:
        return Chip("scanner", "bad", t("chip.scanner_lost"))
    return Chip("scanner", "good", t("chip.scanner_busy" if found.busy else "chip.scanner_ready"))


def _waiting(t: Words, queue: Mapping[str, Any]) -> Chip:
    if not queue["items"]:
        return Chip("waiting", "good", t("chip.nothing_waits"))
    minutes = round(max(one["age_s"] for one in queue["items"]) / 60)
    key = "chip.waiting" if minutes < 120 else "chip.waiting_hours"
    return Chip("waiting", "care" if minutes >= _LONG else "good", t(key, n=queue["total"], minutes=minutes, hours=round(minutes / 60)))


def words_of(request: Request) -> Words:
    asked = request.cookies.get(LANGUAGE, DEFAULT)
    return words(asked if asked in languages() else DEFAULT)


def csrf_of(request: Request) -> str:
    """Of this session: what the page's own forms carry. "" before sign-in."""
    token = token_of(request.headers)
    return hmac.new(token.encode(), b"livescan-kiosk/csrf", hashlib.sha256).hexdigest() if token else ""


def go(path: str, said: str = "") -> Response:
    """To another page, after something was done."""
    return RedirectResponse(f"{path}?said={said}" if said else path, 303)


def who() -> str:
    """The officer that is signed in. Raises LivescanError."""
    found = SIGNED_IN.get()
    if found is None:
        raise LivescanError("Nobody is signed in.", means="Nothing was done.", do="Sign in first.")
    return found


def _may(right: str) -> bool:
    return may(ROLES_OF.get() or (), Right(right))
