"""The page's port."""

from __future__ import annotations

import asyncio
import socket

from starlette.applications import Starlette

from agent.web.serve import listen_local, serve_page


def test_the_page_is_sent_without_waiting_for_the_browsers_acknowledgement() -> None:
    """An accepted connection has what its listening socket has: tcp(7)."""
    listening = listen_local(0)

    async def story() -> list[int]:
        stop, same = asyncio.Event(), [one.dup() for one in listening]
        stop.set()
        await serve_page(listening, Starlette(), stop)
        found = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in same]
        for one in same:
            one.close()
        return found

    assert all(asyncio.run(story()))
