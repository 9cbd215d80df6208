"""Makes a synthetic person on all cores, or takes it from the cache."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed

import cv2

from firmware_sim.subject.synthetic import cache
from firmware_sim.subject.synthetic.fingers import Finger, make_finger
from firmware_sim.subject.synthetic.person import SyntheticPerson

FINGERS = range(1, 11)
Progress = Callable[[int, int], None]  # done, of


def make_person(seed: str, progress: Progress = lambda _done, _of: None) -> SyntheticPerson:
    """Ten fingers from a seed; `progress` is told how many are done."""
    fingers = cache.load(seed)
    if fingers is None:
        fingers = _grow_all(seed, progress)
        cache.save(seed, fingers)
    progress(len(FINGERS), len(FINGERS))
    return SyntheticPerson(seed, fingers)


def _grow_all(seed: str, progress: Progress) -> dict[int, Finger]:
    workers = min(len(os.sched_getaffinity(0)), len(FINGERS))
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_calm) as pool:
        jobs = {pool.submit(make_finger, seed, finger): finger for finger in FINGERS}
        try:
            for done, _job in enumerate(as_completed(jobs)):
                progress(done, len(FINGERS))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {finger: job.result() for job, finger in jobs.items()}


def _calm() -> None:
    """One thread a worker, and Ctrl-C is the parent's to handle."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
