"""The process pool for half-second jobs on the CPU: segmentation, NFIQ 2, WSQ.

The native codecs hold the interpreter lock, and hostile input can crash some of them. So jobs run in processes forked from a clean server
that has only imported what jobs need. Each process is an executor of its own and runs one job at a time: a job that kills its process fails
alone and by name, a job that hangs is ended with its process when its time is up, and neither touches the job beside it. The process is
replaced.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import cv2

from agent.errors import LivescanError
from agent.memory import give_back
from agent.quality.engine import warm_engine

T = TypeVar("T")

# imported once, in the fork server: a new process then starts in milliseconds
PRELOAD = ["agent.workers", "agent.quality.assess", "agent.capture.reading"]
DEADLINE = 30.0  # seconds for a job that is given no other: some twenty times the slowest job measured


class WorkerDied(LivescanError):
    """The process that ran one job is gone: its input crashed a native library, or the machine ran out of memory."""


class WorkerHung(WorkerDied):
    """One job did not end in its time; its process was ended with it."""


class Workers:
    """Runs module-level functions on picklable values, at most `processes` at a time. To be used from one event loop."""

    def __init__(self, processes: int, *, deadline: float = DEADLINE) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOAD)
        self._deadline = deadline  # seconds
        self._idle = [_Process(self._context) for _ in range(processes)]
        self._all = set(self._idle)
        self._free = asyncio.Semaphore(processes)

    async def run(self, fn: Callable[..., T], *args: Any, deadline: float | None = None) -> T:
        """The value of `fn(*args)`, or what it raised. Raises WorkerDied when its process died, WorkerHung after `deadline` seconds."""
        async with self._free:
            process = self._idle.pop()
            try:
                return await process.run(partial(fn, *args), deadline or self._deadline, name=fn.__name__)
            finally:
                self._idle.append(self._kept(process))

    async def warm(self) -> None:
        """Every process started and its NFIQ 2 model loaded (0.5 s of CPU each): the first finger then waits for nothing."""
        await asyncio.gather(*(self.run(warm_engine) for _ in self._all))

    def close(self) -> None:
        """End every process now, with whatever it is doing."""
        for process in self._all:
            process.end()

    def _kept(self, process: _Process) -> _Process:
        if process.usable:
            return process
        self._all.discard(process)
        fresh = _Process(self._context)
        self._all.add(fresh)
        return fresh


class _Process:
    """One worker process, started by its first job."""

    def __init__(self, context: Any) -> None:
        self._executor = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
        self._pid: Future[int] | None = None
        self.usable = True

    async def run(self, job: Callable[[], T], deadline: float, *, name: str) -> T:
        try:
            self._pid = self._pid or self._executor.submit(os.getpid)
            async with asyncio.timeout(deadline):  # not wait_for, which in Python 3.11 can lose a cancellation
                return await asyncio.wrap_future(self._executor.submit(job))
        except TimeoutError as hung:
            if not self.usable:
                raise
            self.end()
            raise WorkerHung(f"The job '{name}' did not end in {deadline:g} s and was stopped.", means=_MEANS, do=_DO) from hung
        except (BrokenProcessPool, OSError) as died:
            self.end()
            raise WorkerDied(f"The process of the job '{name}' ended unexpectedly.", means=_MEANS, do=_DO) from died
        except asyncio.CancelledError:
            self.end()
            raise

    def end(self) -> None:
        self.usable = False
        if self._pid is not None and self._pid.done() and not self._pid.exception():
            with suppress(ProcessLookupError):
                os.kill(self._pid.result(), signal.SIGKILL)
        if self._pid is not None:
            _let_go_of_pipes(self._executor)
        self._executor.shutdown(wait=False, cancel_futures=True)


def _let_go_of_pipes(executor: ProcessPoolExecutor) -> None:
    """Close this process's own copies of the worker's ends: where answers are written and where jobs are read.

    The executor keeps them open and uses neither. A worker that is killed amid an answer would leave the executor's thread waiting for the
    rest, one that is killed amid a job's image the other thread waiting to be read; and the core, when it ends, waits for both.
    From 3.11.5 on the thread itself closes the second (cpython issue 94777), and two must not; Debian 12 has 3.11.2.
    """
    answers, jobs = getattr(executor, "_result_queue", None), getattr(executor, "_call_queue", None)
    if answers is not None:
        answers._writer.close()
    if jobs is not None and sys.version_info < (3, 11, 5):
        jobs._reader.close()


_MEANS = "Only this one image was not processed; everything else goes on."
_DO = "It is tried again with the next capture; if it keeps happening, tell a technician."


def _begin() -> None:
    """In each new process: one OpenCV thread, deaf to Ctrl-C (the core decides when to end), never outliving the core."""
    give_back()
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
