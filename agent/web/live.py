"""What happens now, told to whoever listens: one bounded queue a listener, so a slow page never holds the station up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

Event = Mapping[str, Any]  # JSON values; identities, positions, numbers and times, nothing of the person

_LONGEST = 1000  # events kept for a slow listener before the oldest go


class Live:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event]] = set()

    def say(self, event: Event) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def listen(self) -> AsyncIterator[Event]:
        """Events from now on. The caller is subscribed as soon as the first value is awaited."""
        queue: asyncio.Queue[Event] = asyncio.Queue(_LONGEST)
        self._listeners.add(queue)
        try:
            yield {"event": "listening"}
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)
