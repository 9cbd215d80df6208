"""The door on localhost: what any page or program of this machine may send to it is looked at before anything else.

A request must name this station's own address (DNS rebinding), and whatever changes something, or opens a WebSocket, must come from the
station's own page. Answers carry what keeps a browser from running or framing anything foreign.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), publickey-credentials-get=(self), "
    "publickey-credentials-create=(self)",
}
_SAFE = frozenset({"GET", "HEAD"})


class PageDoor:
    """ASGI. origin: of the page, http://localhost:8440 say. turned: told when a browser is about to show another page."""

    def __init__(self, application: ASGIApp, origin: str, turned: Callable[[], None] = lambda: None) -> None:
        self._application = application
        self._origin = origin
        self._turned = turned
        self._host = urlsplit(origin).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            if headers.get("sec-fetch-dest") == "document":
                self._turned()
            await self._application(scope, receive, _dressed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refusal, 403)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        if headers.getlist("host") != [self._host]:
            return "This is not the address of this station's page."
        if _by_token(scope, headers):
            return None
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if unsafe and headers.getlist("origin") != [self._origin]:
            return "That did not come from the station's own page."
        return None


def _by_token(scope: Scope, headers: Headers) -> bool:
    """A program's request. No foreign page sends one: a browser asks first whether it may send that header, and is not answered."""
    return scope["type"] == "http" and scope["path"].startswith("/api/v1/") and headers.get("authorization", "").startswith("Bearer ")


def _dressed(send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return dressed
