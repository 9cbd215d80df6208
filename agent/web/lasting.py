"""What lasts longer than a request: an event stream ends when the session behind it is locked or has ended, not when the page goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

LOOK_EVERY = 2.0  # s
_LOCKED = 4423  # WebSocket close code: 4000 and what HTTP calls locked

Still = Callable[[], Awaitable[bool]]  # whether the session is open


async def until_locked(application: ASGIApp, scope: Scope, receive: Receive, send: Send, still: Still) -> None:
    """The application, for as long as `still` says so; what it was sending is ended in order."""
    running = asyncio.ensure_future(application(scope, receive, send))
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=LOOK_EVERY)
            if not running.done() and not await still():
                break
    finally:
        over = not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    if over:
        await send(_end(scope))
    elif not running.cancelled():
        running.result()


def _end(scope: Scope) -> dict[str, object]:
    if scope["type"] == "websocket":
        return {"type": "websocket.close", "code": _LOCKED}
    return {"type": "http.response.body", "body": b"", "more_body": False}
