"""In front of every route: who asks, whether they may, and that it is on the audit record before it is done.

A request comes by one of two doors: the core's UNIX socket (mode 0600, so its owner or root), or the page on localhost. Somebody is signed
in by a token (`Authorization: Bearer`, or the cookie of the page). Nobody signed in is `service` on the socket, and nobody on the page.
Where sign-in is required, `service` may look at the station's status, and at its officers for as long as no administrator can sign in: that
is how the first one is made, and the last one is let in again. Where it is not required (training), `service` may do all of it, on record.
A route that is not in the table is nobody's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.access.desk import AccessDesk, NotAllowed, NotSignedIn, Principal, SessionLocked
from agent.access.history import NoReason, entry_of
from agent.access.roles import Right, Role, may
from agent.audit.entries import AuditRefused, Entry, Event, Outcome
from agent.errors import LivescanError
from agent.web.bodies import SERVICE, SIGNED_IN
from agent.web.lasting import until_locked
from agent.web.pages import Page, page_of
from agent.web.withheld import ROLES_OF

COOKIE = "livescan_session"
_OPEN = frozenset({("GET", "/api/notice"), ("POST", "/api/sign-in"), ("POST", "/api/sign-in/challenge")})
_B = r"/api/bookings/[^/]+"
_R = Right
# method, path, right: every route of the core
ROUTES: tuple[tuple[str, re.Pattern[str], Right], ...] = tuple(
    (method, re.compile(path), right)
    for method, path, right in (
        ("GET", r"/api/status", _R.STATUS),
        ("GET", r"/api/devices(/beside)?", _R.DEVICES),
        ("POST", r"/api/devices/(self-test|pedal|camera)", _R.DEVICES),
        ("GET", r"/api/settings", _R.SETTINGS),
        ("GET", r"/api/events", _R.SEE),
        ("GET", r"/api/bookings", _R.SEE),
        ("POST", r"/api/bookings", _R.BOOK),
        ("GET", _B, _R.SEE),
        ("POST", _B + r"/(resume|decision(/challenge)?|trigger|pause|photos|hand|undo|urgent|send-now)", _R.BOOK),
        ("GET", _B + r"/attempts(/\d+/\d+)?", _R.BOOK),
        ("GET", _B + r"/hand", _R.SEE),
        ("POST", _B + r"/(correction|resend)", _R.CORRECT),
        ("GET", _B + r"/envelope", _R.EXPORT),
        ("POST", _B + r"/file", _R.EXPORT),
        ("GET", _B + r"/(replies|history)(/.*)?", _R.HISTORY),
        ("POST", _B + r"/(replies|history)(/.*)?", _R.HISTORY),
        ("GET", r"/api/inbox", _R.HISTORY),
        ("POST", r"/api/inbox/[0-9a-f]{64}(/(tie|aside))?", _R.HISTORY),
        ("GET", r"/api/open", _R.SEE),
        ("GET", _B + r"/owed", _R.SEE),
        ("POST", _B + r"/rejection", _R.BOOK),  # casework asks for a reason itself, and notes the view
        ("POST", r"/api/roster", _R.SEE),
        ("GET", _B + r"/timeline", _R.SEE),
        ("POST", _B + r"/release", _R.BOOK),
        ("GET", r"/api/tasks", _R.SEE),
        ("POST", r"/api/tasks/[^/]+/[^/]+/done", _R.SEE),
        ("POST", r"/api/tasks/[^/]+/[^/]+/begin", _R.BOOK),
        ("GET", _B + r"/retaken(/[^/]+/[0-9]+)?", _R.BOOK),
        ("POST", _B + r"/(detainers|drafts)(/view)?", _R.LIAISE),  # casework asks for a reason itself, and notes the view
        ("POST", _B + r"/drafts/[^/]+/let-go", _R.LIAISE),
        ("GET", _B + r"/query", _R.LIAISE),
        ("POST", _B + r"/query", _R.LIAISE),
        ("POST", r"/api/detainers/(search|[^/]+/(view|document|deeds|answer))", _R.LIAISE),
        ("GET", r"/api/reports/(rates|public)", _R.REPORTS),
        ("GET", r"/api/suspension", _R.SEE),
        ("POST", r"/api/suspension", _R.SUSPEND),
        ("POST", r"/api/suspension/lift", _R.LIFT),
        ("GET", r"/api/tcns", _R.SEE),
        ("GET", r"/api/queue", _R.SEE),
        ("POST", r"/api/queue/[^/]+/(retry|aside)", _R.CORRECT),
        ("POST", r"/api/imports", _R.BOOK),
        ("GET", r"/api/audit", _R.AUDIT),
        ("POST", r"/api/audit/archive", _R.AUDIT),
        ("GET", r"/api/officers", _R.OFFICERS),
        ("POST", r"/api/officers(/[^/]+/(reset|disable|roles))?", _R.OFFICERS),
        ("GET", r"/api/programs", _R.PROGRAMS),
        ("POST", r"/api/programs(/[^/]+/revoke)?", _R.PROGRAMS),
        ("GET", r"/api/v1/bookings", _R.JAIL),
        ("POST", r"/api/v1/bookings", _R.JAIL),
        ("GET", r"/api/v1/bookings/.+", _R.JAIL),
        ("POST", r"/api/v1/bookings/.+/release", _R.JAIL),
        ("POST", r"/api/v1/roster", _R.JAIL),
        ("GET", r"/api/v1/events", _R.JAIL),
        ("GET", r"/api/v1/health", _R.METRICS),
        ("GET", r"/api/v1/metrics", _R.METRICS),
        ("GET", r"/api/v1/openapi\.json", _R.METRICS),
        ("GET", r"/api/session", _R.OWN),
        ("POST", r"/api/session/(lock|unlock|sign-out|password|keys|keys/challenge)", _R.OWN),
        ("GET", _B + r"/hints", _R.BOOK),
        ("POST", _B + r"/hints", _R.BOOK),
        ("GET", r"/api/gallery", _R.SEE),
        ("POST", r"/api/gallery/(purge|expunge)", _R.RETENTION),
        ("POST", r"/api/gallery/officers(/forget)?", _R.OWN),
        ("GET", r"/api/retention", _R.RETENTION),
        ("POST", r"/api/retention/(run|hold|lift|expunge)", _R.RETENTION),
    )
)
_BY_ITSELF = re.compile(rf"/api/(status|events|session|queue)|{_B}/attempts/.*")  # what a page asks for unasked: no sign of its officer
_LASTS = re.compile(r"/api/events")  # as long as its listener listens, and its officer is there
_IN_LOCKED = frozenset({"/api/session/unlock", "/api/session/sign-out"})
_BOOKING = re.compile(r"/(?:api/bookings|booking)/([0-9]{8}-[0-9A-Z]{8})(/|$)")
_LOOKS = frozenset({"GET", "WS"})  # methods that change nothing
_WITH_OLD_PASSWORD = frozenset({"/api/session/password", "/api/session", "/password"})
_REASON = ("purpose", "action", "case", "requester", "agency", "recipient")


Refusal = Callable[[Request, LivescanError, int], Response]


@dataclass(frozen=True)
class Rules:
    desk: AccessDesk
    note: Callable[[Entry], Awaitable[None]]
    required: bool  # sign-in
    origin: str  # of the page
    ori: str  # of this agency
    pages: Sequence[Page] = ()  # of the door on localhost, beside the API
    refusal: Refusal | None = None  # of a page, for a person; None: as the API says it


class Guard:
    """ASGI."""

    def __init__(self, application: ASGIApp, rules: Rules) -> None:
        self._application = application
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            who = await self._admitted(scope)
        except LivescanError as error:
            await self._refused(error, scope, receive, send)
            return
        signed_in = SIGNED_IN.set(None if who is None else who.officer)
        roles = ROLES_OF.set(None if who is None else who.roles)
        try:
            await self._answer(who, scope, receive, send)
        finally:
            ROLES_OF.reset(roles)
            SIGNED_IN.reset(signed_in)

    async def _refused(self, error: LivescanError, scope: Scope, receive: Receive, send: Send) -> None:
        status = _status(error)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4000 + status})
        elif self._rules.refusal is not None and not scope["path"].startswith("/api/"):
            await self._rules.refusal(Request(scope), error, status)(scope, receive, send)
        else:
            await JSONResponse({"what": error.what, "means": error.means, "do": error.do}, status)(scope, receive, send)

    async def _answer(self, who: Principal | None, scope: Scope, receive: Receive, send: Send) -> None:
        token = token_of(Headers(scope=scope))
        if who is None or not token or (scope["type"] == "http" and not _LASTS.fullmatch(scope["path"])):
            await self._application(scope, receive, send)
            return

        async def still() -> bool:
            try:
                await asyncio.to_thread(lambda: self._rules.desk.principal(token, acts=False, door=door_of(scope)))
            except (NotSignedIn, SessionLocked):
                return False
            return True

        await until_locked(self._application, scope, receive, send, still)

    async def _admitted(self, scope: Scope) -> Principal | None:
        """Who is signed in; None for `service`, and where nobody need be signed in. Raises LivescanError."""
        asked = _asked(scope, self._rules.pages)
        if (asked.method, asked.path) in _OPEN or (asked.page is not None and asked.page.right is None):
            return None
        principal = await self._principal(asked)
        await self._record(asked, principal, allowed=await self._may(principal, asked))
        return principal

    async def _principal(self, asked: _Asked) -> Principal | None:
        token = _token(asked.headers, self._rules.origin, asked.method)
        if not token:
            return None
        if asked.in_locked:  # they look at the session themselves
            return Principal(await asyncio.to_thread(self._rules.desk.owner, token), frozenset(Role))
        found = await asyncio.to_thread(lambda: self._rules.desk.principal(token, acts=not asked.by_itself, door=asked.door))
        if found.must_change and asked.path not in _WITH_OLD_PASSWORD:
            raise NotAllowed("The password must be changed first.", means="Nothing was done.", do="`livescan password`.")
        return found

    async def _may(self, principal: Principal | None, asked: _Asked) -> bool:
        if principal is not None:
            return asked.right is not None and may(principal.roles, asked.right)
        if asked.door != "socket":
            raise NotSignedIn("Nobody is signed in.", means="Nothing was done.", do="Sign in.")
        if not self._rules.required or asked.right is Right.STATUS:
            return True
        if asked.right is Right.OFFICERS and not await asyncio.to_thread(self._rules.desk.has_admin):
            return True
        raise NotSignedIn("Nobody is signed in.", means="Nothing was done.", do="Sign in: `livescan sign-in`.")

    async def _record(self, asked: _Asked, principal: Principal | None, *, allowed: bool) -> None:
        who = SERVICE if principal is None else principal.officer
        name = "unlisted" if asked.right is None else asked.right.value
        entry = Entry(Event.ASKED, who, asked.booking, door=asked.door, facts={"right": name})
        if not allowed:
            await self._rules.note(replace(entry, outcome=Outcome.DENIED))
            raise NotAllowed(
                "Your roles do not allow that.", means="Nothing was done; the attempt is on record.", do="Ask somebody who may."
            )
        if asked.right is Right.HISTORY:
            said = {key: asked.headers.get(f"livescan-{key}", "") for key in _REASON}
            await self._rules.note(entry_of(said, who=who, booking=asked.booking, ori=self._rules.ori, door=asked.door))
        elif asked.method not in _LOOKS and asked.right is not Right.OWN:
            await self._rules.note(entry)


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    right: Right | None
    door: str
    headers: Headers
    booking: str | None
    page: Page | None  # that it is, where it is none of the API

    @property
    def by_itself(self) -> bool:
        if self.page is not None:
            return self.page.by_itself
        return self.method == "GET" and _BY_ITSELF.fullmatch(self.path) is not None

    @property
    def in_locked(self) -> bool:
        return self.path in _IN_LOCKED or (self.page is not None and self.page.in_locked)


def _asked(scope: Scope, pages: Sequence[Page] = ()) -> _Asked:
    method, path = _method(scope), scope["path"]
    found, page = _BOOKING.match(path), page_of(pages, method, path)
    right = page.right if page is not None else right_of(method, path)
    return _Asked(method, path, right, door_of(scope), Headers(scope=scope), found.group(1) if found else None, page)


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WS"
    return "GET" if scope["method"] == "HEAD" else str(scope["method"])


def right_of(method: str, path: str) -> Right | None:
    return next((right for wanted, pattern, right in ROUTES if wanted == method and pattern.fullmatch(path)), None)


def door_of(scope: Scope) -> str:
    """A UNIX socket has a path and no port (ASGI 3, HTTP connection scope); where the server does not say, it is the page."""
    server = scope.get("server")
    return "socket" if server is not None and server[1] is None else "page"


def token_of(headers: Headers) -> str:
    """The session's token, from the header or the cookie; "" none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else _cookie(headers)


def _token(headers: Headers, origin: str, method: str) -> str:
    """A cookie is sent by whichever page asks, so a change is taken from the station's own page only."""
    by_cookie = not headers.get("authorization") and bool(_cookie(headers))
    if by_cookie and method not in _LOOKS and headers.get("origin") != origin:
        raise NotAllowed("That did not come from the station's own page.", means="Nothing was done.")
    return token_of(headers)


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _status(error: LivescanError) -> int:
    if isinstance(error, NotSignedIn):
        return 401
    if isinstance(error, SessionLocked):
        return 423
    return 400 if isinstance(error, NoReason | AuditRefused) else 403 if isinstance(error, NotAllowed) else 503
