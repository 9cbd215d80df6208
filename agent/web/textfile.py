"""Metrics as a file that node_exporter's textfile collector reads: the core is on no network, so nobody scrapes it from afar."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from agent.errors import LivescanError
from agent.store.files import write_durably
from agent.web.metrics import Health

log = logging.getLogger(__name__)

EVERY = 60.0  # s


class Textfile:
    def __init__(self, path: Path, health: Health) -> None:
        """path: ends in .prom; its folder is node_exporter's and is there."""
        self._path = path
        self._health = health

    async def run(self) -> None:
        """For ever. Cancel it to stop; the file's own time then says how old it is."""
        while True:
            try:
                await self.write()
            except (OSError, LivescanError) as error:
                log.error("metrics: the textfile cannot be written: %s", type(error).__name__)
            await asyncio.sleep(EVERY)

    async def write(self) -> None:
        data = (await self._health.metrics()).encode()
        await asyncio.to_thread(self._put, data)

    def _put(self, data: bytes) -> None:
        write_durably(self._path, data)
        self._path.chmod(0o644)
