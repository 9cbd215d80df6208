"""Many people for searches one against many: plain prints only, of fingers grown at 250 ppi and laid down at 500.

Cheaper than `making` by the factor five: a smaller piece of finger, no passes at full size, no search for skin that scans well. The prints
are as distinct (same growth, same impression), only softer at the edges of ridges; figures in docs/reports/synthetic.md.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from firmware_sim.subject.person import Gray, Way
from firmware_sim.subject.synthetic import impression
from firmware_sim.subject.synthetic.field import COLUMNS, ROWS, make_field
from firmware_sim.subject.synthetic.fingers import NOISE, RIDGES, Coming, Finger, draw, press, traits_of
from firmware_sim.subject.synthetic.growth import grow_coarse

SHAPE = (310, 260)  # rows and columns at 250 ppi: what a plain touch of a turned thumb needs


@dataclass(frozen=True, eq=False)
class Member:
    """One of a crowd."""

    number: int
    prints: dict[int, tuple[Gray, ...]] = field(repr=False)  # by finger 1..10: plain impressions at 500 ppi, each another attempt


def crowd(seed: str, count: int, fingers: Sequence[int] = (2,), impressions: int = 2, workers: int | None = None) -> Iterator[Member]:
    """`count` people in the order of their numbers, on all cores. The same seed, number and finger give the same prints at any count."""
    cores = workers or len(os.sched_getaffinity(0))
    make = partial(make_member, seed, fingers=tuple(fingers), impressions=impressions)
    with multiprocessing.get_context("forkserver").Pool(cores, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield from pool.imap(make, range(count), chunksize=4)


def make_member(seed: str, number: int, *, fingers: Sequence[int] = (2,), impressions: int = 2) -> Member:
    own = f"{seed}/{number}"
    return Member(
        number, {finger: tuple(_print(own, finger, grown, n) for n in range(impressions)) for finger, grown in grow_fingers(own, fingers)}
    )


def grow_fingers(seed: str, fingers: Sequence[int]) -> Iterator[tuple[int, Finger]]:
    """Ridges of a seed's fingers, at 250 ppi inside, for `synthetic.fingers.press` to lay down."""
    for finger in fingers:
        traits, random = traits_of(seed, finger), draw(seed, RIDGES, finger)
        field_ = make_field(traits.pattern, random, size=traits.size, period=traits.period, shape=SHAPE, scale=2)
        yield finger, Finger(_whole(grow_coarse(field_, random)))


def _whole(coarse: np.ndarray) -> Gray:
    """At 500 ppi in the middle of a whole finger's canvas."""
    ridges = cv2.resize(coarse, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    grey = np.rint(np.clip(ridges, -1, 1) * 127.5 + 127.5).astype(np.uint8)
    down, right = (ROWS - grey.shape[0]) // 2, (COLUMNS - grey.shape[1]) // 2
    return np.asarray(cv2.copyMakeBorder(grey, down, down, right, right, cv2.BORDER_REFLECT_101), np.uint8)


def _print(seed: str, finger: int, grown: Finger, attempt: int) -> Gray:
    ink = press(grown, seed, finger, Way.PLAIN, Coming(attempt))
    return impression.sensed(ink, draw(seed, NOISE, finger, attempt))
