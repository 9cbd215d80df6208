"""A cooperative synthetic booking, captured by a whole training site: how long each verdict takes, what the machine spends on it.

Times are those of the core's own events, as a kiosk page hears them:

- verdict: from the scanner's trigger to the next state after the check, so with the transfer of the image, the composing of a roll, the
  sequence check and the storing of what is accepted;
- machine time of a booking: processor seconds of the core and its workers from its opening to its last print, all of their threads;
- peak memory: the most that core and workers had at one time, looked at five times a second, sealing and the gallery included; beside it
  the sum of each process's own peak (VmHWM), which they do not have at one time.

The live view and the segmentation are measured alone, on one thread, at full size. There is no peer to put beside this.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from agent.bench.process_tree import Highest, cpu_seconds, peak_rss_mb, started_with, tree
from agent.capture.autocapture import begin
from agent.capture.plan import plan
from agent.errors import LivescanError
from agent.imaging.placement import Look, look
from agent.imaging.platen import background, is_latent_alone
from agent.imaging.scale import at_500
from agent.imaging.segment import segment
from agent.model.fingers import Position
from agent.model.impression import GrayImage
from agent.training.demo import Demo
from agent.training.site import TrainingSite
from agent.training.workplace import workplace

SLAPS = frozenset((Position.PLAIN_RIGHT_FOUR, Position.PLAIN_LEFT_FOUR))
TARGETS = {
    "booking_machine_s": 40.0,
    "slap_verdict_ms_median": 700.0,
    "roll_verdict_ms_median": 500.0,
    "autocapture_ms_per_frame": 25.0,
    "segment_ms": 60.0,
    "peak_rss_mb": 900.0,
}
FRAMES = 30  # of the live view
FULL = (1500, 1600)  # rows, columns of a FAP-60 platen at 500 ppi

Tell = Callable[[str], None]


@dataclass
class Watched:
    """What was heard of one booking."""

    verdicts: dict[int, list[float]] = field(default_factory=dict)  # ms by position
    machine_s: float = 0.0
    _core: int | None = None
    _taking: tuple[int, float] | None = None  # position, monotonic s
    _before: float = 0.0

    def hear(self, kind: str, what: Mapping[str, Any], now: float) -> None:
        if kind == "opened":
            self._core = started_with(os.getpid(), "core")
            self._before = self._spent()
        elif kind == "capture":
            self._state(int(what["fgp"]), str(what["state"]), now)
        elif kind == "impression":
            self._verdict(now)
        elif kind == "captured":
            self._verdict(now)
            self.machine_s = self._spent() - self._before

    @property
    def core(self) -> int | None:
        return self._core

    def peak_mb(self) -> float:
        return peak_rss_mb(tree(self._core)) if self._core else 0.0

    def _state(self, fgp: int, state: str, now: float) -> None:
        if state == "taking":
            self._taking = fgp, now
        elif state in ("await lift", "ask officer"):
            self._verdict(now)

    def _verdict(self, now: float) -> None:
        if self._taking is not None:
            fgp, since = self._taking
            self.verdicts.setdefault(fgp, []).append((now - since) * 1000)
            self._taking = None

    def _spent(self) -> float:
        return cpu_seconds(tree(self._core)) if self._core else 0.0


def measure(runs: int, subject: str, speed: float, tell: Tell, *, ppi: int = 500) -> dict[str, float]:
    """`runs` bookings of one person, the workers warm. Raises LivescanError when one does not come through.

    At 1000 ppi they are sent so, as Type-14 with JPEG 2000; the live view stays at 500.
    """
    cv2.setNumThreads(1)
    with workplace() as site:
        heard = _bookings(site, runs, subject, (speed, ppi), tell)
        slap = _slap(site, ppi)
    ms = {fgp: [value for one in heard for value in one.verdicts.get(fgp, ())] for fgp in range(1, 15)}
    return {
        "booking_machine_s": round(statistics.median(one.machine_s for one in heard), 2),
        "slap_verdict_ms_median": round(statistics.median(value for fgp in SLAPS for value in ms[fgp]), 1),
        "roll_verdict_ms_median": round(statistics.median(value for fgp in range(1, 11) for value in ms[fgp]), 1),
        "autocapture_ms_per_frame": round(_live_view(slap), 2),
        "segment_ms": round(_median_ms(lambda: segment(slap, Position.PLAIN_RIGHT_FOUR)), 2),
        "peak_rss_mb": round(max(one.highest for one in heard), 1),
        "own_peaks_mb": round(max(one.peak for one in heard), 1),
    }


@dataclass(frozen=True)
class Heard:
    verdicts: Mapping[int, list[float]]
    machine_s: float
    highest: float  # MB at one time
    peak: float  # MB, each process's own, summed


def _bookings(site: TrainingSite, runs: int, subject: str, how: tuple[float, int], tell: Tell) -> list[Heard]:
    """`how`: speed, and ppi."""
    found: list[Heard] = []
    speed, ppi = how
    watched = Watched()

    def show(kind: str, what: Mapping[str, Any]) -> None:
        watched.hear(kind, what, time.monotonic())
        if kind == "subject":
            tell(f"growing a synthetic person: {what.get('done', 0)} of {what.get('of', 10)}")

    fine: dict[str, dict[str, Any]] = {"capture": {"ppi": ppi}, "submission": {"profile": "CAR-14-1000"}} if ppi > 500 else {}
    demo = Demo(site, show, settings=fine)
    for number in range(1, runs + 1):
        with Highest(lambda one=watched: one.core) as highest:  # type: ignore[misc]  # mypy infers no lambda's default
            if number == 1:
                demo.run(subject, speed)
            else:
                demo.book({})
        found.append(Heard(watched.verdicts, watched.machine_s, highest.mb, watched.peak_mb()))
        tell(f"booking {number} of {runs}: {watched.machine_s:.1f} s of machine time")
        watched = Watched()
    return found


def _slap(site: TrainingSite, ppi: int) -> GrayImage:
    """The right four fingers as they lay on the platen, on a platen of full size, at 500 ppi."""
    laid = cv2.imread(str(site.truth / f"fgp-{int(Position.PLAIN_RIGHT_FOUR)}.pgm"), cv2.IMREAD_GRAYSCALE)
    if laid is None:
        raise LivescanError("The simulator kept no picture of the slap.")
    laid = at_500(np.asarray(laid, np.uint8), ppi)
    platen = np.full(FULL, 250, np.uint8)
    rows, columns = (min(a, b) for a, b in zip(laid.shape, FULL, strict=True))
    top, left = (FULL[0] - rows) // 2, (FULL[1] - columns) // 2
    platen[top : top + rows, left : left + columns] = laid[:rows, :columns]
    return platen


def _live_view(slap: GrayImage) -> float:
    """Median ms for a picture of the live view at full size, looked at and judged."""
    step = plan()[0]
    auto, before = begin(step, still_ms=300, cleared=True), None
    empty = background(np.full(FULL, 250, np.uint8), 500)
    times = []
    for number in range(FRAMES):
        started = time.perf_counter()
        seen: Look = look(slap, 500, step.fingers, before)
        auto, before = auto.after(seen, number * 66_000, touching=not is_latent_alone(slap, empty, 500)), seen
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _median_ms(once: Callable[[], object]) -> float:
    times = []
    for _ in range(FRAMES):
        started = time.perf_counter()
        once()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
