"""Serving the core's application inside the core's own loop: the API on a UNIX socket of mode 0600, the page on localhost."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from agent.errors import ConfigError
from agent.sockets import listen_private

_GRACE = 2  # s that open event streams are given when the core ends
_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class _Server(uvicorn.Server):
    """Signals are the core's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_on(path: Path, application: ASGIApp, stop: asyncio.Event, *, given: Sequence[socket.socket] = ()) -> None:
    """Until `stop` is set. `given`: sockets that listen already; without any, `path` is made.

    Raises OSError when the socket cannot be made.
    """
    own = () if given else (listen_private(path, backlog=64),)
    try:
        await _serve([*given, *own], application, stop)
    finally:
        if own:
            path.unlink(missing_ok=True)


async def serve_page(sockets: Sequence[socket.socket], application: ASGIApp, stop: asyncio.Event) -> None:
    """The page, and the preview of the scanner over WebSocket. Until `stop` is set.

    An accepted connection inherits TCP_NODELAY. asyncio sets it only where a socket says that it is TCP's, and one that Python made does
    not: then the second packet of an answer waits for the browser's acknowledgement, 40 ms a page (measured; tcp(7)).
    """
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await _serve(sockets, application, stop)


def listen_local(port: int) -> list[socket.socket]:
    """Both loopback addresses: a browser tries either for "localhost", and nobody else may sit on the other one.

    Raises ConfigError when the port is taken. A machine without IPv6 has the one address.
    """
    made: list[socket.socket] = []
    for family, address in _LOOPBACK:
        one = socket.socket(family, socket.SOCK_STREAM)
        try:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, port))
        except OSError as error:
            one.close()
            if family == socket.AF_INET6 and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue
            raise ConfigError(
                f"The page cannot be served on port {port}: {error.strerror}.", do="Free the port, or set api.port and access.origin."
            ) from error
        made.append(one)
    return made


async def _serve(sockets: Sequence[socket.socket], application: ASGIApp, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        ws="websockets-sansio",
        ws_max_size=4096,  # bytes; what a page says over it is a word
        ws_per_message_deflate=False,  # raw grey pictures on loopback
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=list(sockets)))
    try:
        await stop.wait()
    finally:
        server.should_exit = True
        await serving
