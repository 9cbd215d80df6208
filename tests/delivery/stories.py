"""What the stories about the uplink share: a core, an uplink in this process or in its own, and waiting for something to become true."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from agent.handover.core_end import CoreEnd
from agent.uplink import run_uplink
from tests.delivery.uplink_process import settings_from
from tests.handover.cores import SmallCore


def tell(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def core_at(directory: Path) -> AsyncIterator[SmallCore]:
    core = SmallCore(directory)
    core.end = CoreEnd(directory / "handover.sock", source=core, sink=core)
    await core.end.start()
    try:
        yield core
    finally:
        await core.end.close()
        core.database.close()


def options_at(directory: Path, port: int, **options: object) -> dict[str, Any]:
    return {"state": str(directory / "uplink"), "handover": str(directory / "handover.sock"), "port": port, **options}


@asynccontextmanager
async def uplink_at(directory: Path, port: int, **options: object) -> AsyncIterator[Path]:
    """The uplink in this process; its state directory."""
    ready = asyncio.Event()
    task = asyncio.create_task(run_uplink(settings_from(options_at(directory, port, **options)), ready=ready.set))
    await asyncio.wait({task, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield directory / "uplink"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class UplinkProcess:
    """The uplink as its own process."""

    def __init__(self, directory: Path, port: int, **options: object) -> None:
        self._command = [sys.executable, "-m", "tests.delivery.uplink_process", json.dumps(options_at(directory, port, **options))]
        self._log = (directory / "uplink.log").open("ab")
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._log, cwd=Path(__file__).parents[2])

    async def ready(self) -> None:
        assert self.process.stdout is not None
        assert await asyncio.to_thread(self.process.stdout.readline) == b"ready\n"

    async def ended(self, seconds: float = 20.0) -> int:
        return await asyncio.to_thread(self.process.wait, seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def __enter__(self) -> UplinkProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()
        if self.process.stdout is not None:
            self.process.stdout.close()


def spool(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "spool").iterdir())


def all_released(core: SmallCore, count: int) -> Callable[[], bool]:
    return lambda: len(core.column("SELECT txid FROM envelope WHERE release_acknowledged")) == count
