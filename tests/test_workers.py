"""The process pool against jobs that really die, hang and crash."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType

import cv2
import numpy as np
import pytest

from agent.workers import WorkerDied, WorkerHung, Workers


def double(number: int) -> int:
    return 2 * number


def die(_: object = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def refuse() -> None:
    raise ValueError("this job says no")


def stop_amid_an_answer() -> None:
    """As if it were killed while its answer, a thousand bytes, is on the way."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    os.write(frame.f_locals["result_queue"]._writer.fileno(), struct.pack("!i", 1000) + bytes(10))
    time.sleep(60)


def threads_of_opencv() -> int:
    return int(cv2.getNumThreads())


def total(pixels: np.ndarray) -> int:
    return int(pixels.sum())


@asynccontextmanager
async def pool(processes: int = 2, deadline: float = 20.0) -> AsyncIterator[Workers]:
    workers = Workers(processes, deadline=deadline)
    try:
        yield workers
    finally:
        workers.close()


def in_pool(case: Callable[[Workers], Awaitable[object]], **settings: float) -> object:
    async def main() -> object:
        async with pool(**settings) as workers:  # type: ignore[arg-type]
            return await case(workers)

    return asyncio.run(main())


def test_a_job_gives_its_value() -> None:
    assert in_pool(lambda workers: workers.run(double, 21)) == 42


def test_an_image_crosses_whole() -> None:
    image = np.full((1000, 1608), 7, np.uint8)
    assert in_pool(lambda workers: workers.run(total, image)) == image.size * 7


def test_a_job_that_raises_raises_here_and_keeps_its_process() -> None:
    async def case(workers: Workers) -> None:
        before = await workers.run(os.getpid)
        with pytest.raises(ValueError, match="says no"):
            await workers.run(refuse)
        assert await workers.run(os.getpid) == before

    in_pool(case, processes=1)


def test_a_job_that_kills_its_process_fails_alone() -> None:
    async def case(workers: Workers) -> None:
        beside = asyncio.gather(workers.run(hang, 0.4), *(workers.run(double, n) for n in range(8)))
        with pytest.raises(WorkerDied, match="'die' ended unexpectedly"):
            await workers.run(die)
        assert await beside == [0.4, *(2 * n for n in range(8))]

    in_pool(case)


def test_a_dead_process_is_replaced_every_time() -> None:
    async def case(workers: Workers) -> None:
        for number in range(4):
            with pytest.raises(WorkerDied):
                await workers.run(die)
            assert await workers.run(double, number) == 2 * number

    in_pool(case, processes=1)


def test_a_job_that_hangs_is_stopped_and_named() -> None:
    async def case(workers: Workers) -> None:
        began = time.monotonic()
        with pytest.raises(WorkerHung, match=r"'hang' did not end in 0\.3 s"):
            await workers.run(hang, 60.0, deadline=0.3)
        assert time.monotonic() - began < 5
        assert await workers.run(double, 1) == 2

    in_pool(case, processes=1)


def test_a_cancelled_job_frees_its_place() -> None:
    async def case(workers: Workers) -> None:
        job = asyncio.create_task(workers.run(hang, 60.0))
        await asyncio.sleep(0.3)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert await workers.run(double, 3) == 6

    in_pool(case, processes=1)


ENDING = """
import asyncio, os, signal
from agent.workers import WorkerHung, Workers
from tests.test_workers import stop_amid_an_answer

async def amid_an_answer(workers):
    await workers.run(stop_amid_an_answer, deadline=1.0)

async def amid_a_job(workers):
    os.kill(await workers.run(os.getpid), signal.SIGSTOP)
    await workers.run(len, bytes(5_000_000), deadline=1.0)

async def main():
    workers = Workers(1)
    try:
        await {story}(workers)
    except WorkerHung:
        workers.close()

if __name__ == "__main__":
    asyncio.run(main())
    print("over")
"""


@pytest.mark.parametrize("story", ["amid_an_answer", "amid_a_job"])
def test_a_core_ends_though_a_worker_was_stopped(story: str) -> None:
    command = [sys.executable, "-c", ENDING.replace("{story}", story)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "over\n"


def test_each_process_has_one_opencv_thread() -> None:
    assert in_pool(lambda workers: workers.run(threads_of_opencv)) == 1


_ORPHANS = """
import asyncio, os, signal, sys
from agent.workers import Workers
async def main():
    workers = Workers(2)
    print(await workers.run(os.getpid), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    asyncio.run(main())
"""


def test_no_worker_outlives_a_killed_core(tmp_path: Path) -> None:
    script = tmp_path / "core.py"
    script.write_text(_ORPHANS)
    root = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, str(script)], check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    for _ in range(50):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.1)
    pytest.fail("a worker process is still there five seconds after its core was killed")
