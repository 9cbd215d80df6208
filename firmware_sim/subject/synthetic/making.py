"""Makes a synthetic person on all cores, or takes it from the cache."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial

import cv2

from firmware_sim.subject.person import SubjectError
from firmware_sim.subject.synthetic import cache
from firmware_sim.subject.synthetic.fingers import Finger, make_finger
from firmware_sim.subject.synthetic.person import SyntheticPerson

FINGERS = range(1, 11)
PATIENCE = 60  # s for one finger
Progress = Callable[[int, int], None]  # done, of


def make_person(seed: str, progress: Progress = lambda _done, _of: None, *, pores: bool = False) -> SyntheticPerson:
    """Ten fingers from a seed; `progress` is told how many are done."""
    kept_as = f"{seed} with pores" if pores else seed
    fingers = cache.load(kept_as)
    if fingers is None:
        fingers = _grow_all(seed, progress, pores)
        cache.save(kept_as, fingers)
    progress(len(FINGERS), len(FINGERS))
    return SyntheticPerson(seed, fingers)


def _grow_all(seed: str, progress: Progress, pores: bool) -> dict[int, Finger]:
    """A pool that is ended with its workers when this is interrupted. Raises SubjectError when a worker dies."""
    fingers: dict[int, Finger] = {}
    workers = min(len(os.sched_getaffinity(0)), len(FINGERS))
    with multiprocessing.get_context("forkserver").Pool(workers, initializer=_calm) as pool:
        made = pool.imap_unordered(partial(_grow_one, seed, pores), FINGERS)
        while len(fingers) < len(FINGERS):
            progress(len(fingers), len(FINGERS))
            try:
                finger, grown = made.next(timeout=PATIENCE)
            except multiprocessing.TimeoutError as error:
                raise SubjectError(f"A synthetic person could not be made: no finger was ready within {PATIENCE} seconds.") from error
            fingers[finger] = grown
    return fingers


def _grow_one(seed: str, pores: bool, finger: int) -> tuple[int, Finger]:
    return finger, make_finger(seed, finger, pores=pores)


def _calm() -> None:
    """One thread a worker; Ctrl-C is the parent's to handle, which then ends its workers."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
