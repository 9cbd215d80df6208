"""Serving the core's application inside the core's own loop: on the sockets that systemd hands over, or on a UNIX socket of mode 0600."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from agent.sockets import listen_private

_GRACE = 2  # s that open event streams are given when the core ends


class _Server(uvicorn.Server):
    """Signals are the core's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_on(path: Path, application: ASGIApp, stop: asyncio.Event, *, given: Sequence[socket.socket] = ()) -> None:
    """Until `stop` is set. `given`: sockets that listen already; without one of UNIX among them, `path` is made.

    Raises OSError when the socket cannot be made.
    """
    config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_GRACE)
    server = _Server(config)
    own = () if any(one.family == socket.AF_UNIX for one in given) else (listen_private(path, backlog=64),)
    serving = asyncio.create_task(server.serve(sockets=[*given, *own]))
    try:
        await stop.wait()
    finally:
        if own:
            path.unlink(missing_ok=True)
        server.should_exit = True
        await serving
