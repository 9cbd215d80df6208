"""Faults of a roll from its track. Each watch is a function of the whole track; limits are in mm and seconds, so frame rates do not matter.

Limits without another source were chosen on synthetic rolls (docs/reports/roll.md) and are not a vendor's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll.faults import RollFault, RollFaultKind, fault
from agent.imaging.roll.track import Row, Track, track_of

FAST = 72.0  # mm/s: 33 mm, the widest fingers, in half a second, at the quickest moment of it
BURST, BURST_LEAST = 2.5, 30.0  # times the roll's median speed while it moves, and mm/s
STEP = 0.4  # of the strip's width in one frame
LATE = 1.5  # times the usual time between frames: contact was lost in between
SLOW, SLOW_S = 6.0, 0.8  # mm/s over so many seconds
LONG_S = 5.0  # s, nail to nail
PAUSE, PAUSE_S = 2.0, 0.5  # mm/s over so many seconds
BACK = 1.3  # mm rolled back
FULL, NARROW_MM = 0.85, 20.0  # of the widest strip, at the beginning or the end of a roll; a print's least width, mm (IB: 10 to 30)
LIFTED = 0.35  # of the contact before and after
OTHER_MM2, OTHER_FRAMES = 25.0, 2  # contact beside the strip that is a second finger: a tip that just touches; dirt has 2 to 3 mm²
SLIPPED = 0.1  # mm in all: 2 pixels at 500 ppi
TURNED = 0.4  # degrees in all: a quarter of a ridge at the ends of a print
TOGETHER = 4  # rows without displacement that end an event
SHIFT_LEAST = 0.5  # mm; of less, the strip's edges do not show whether they followed: a slip
FOLLOWS = 0.5  # share of the skin's displacement that the contact must follow for a shift


def faults_of(rows: Sequence[Row], ppi: int, *, finished: bool, width_mm: float = 0.0) -> tuple[RollFault, ...]:
    """In the order of their frames. `width_mm` of the print counts when it is `finished`."""
    track = track_of(rows, ppi)
    if not track.rows:
        nothing = [fault(RollFaultKind.NARROW, rows[-1].index if rows else 0, (0.0, 0.0), "nothing was seen")]
        return (*_lost(rows), *(nothing if finished else ()))
    found = [
        *_lost(rows),
        *_lifted(rows),
        *_second(track),
        *_moved(track),
        *_turned(track),
        *_unchecked(track),
        *_fast(track),
        *_slow(track),
        *_back(track),
    ]
    if finished:
        found += _narrow(track, width_mm)
    return tuple(sorted(found, key=lambda one: one.frame))


def _lost(rows: Sequence[Row]) -> Iterator[RollFault]:
    for before, after in pairwise(rows):
        if (gap := after.index - before.index - 1) > 0:
            yield fault(RollFaultKind.FRAME_LOST, after.index, after.place, f"{gap} before picture {after.index}")


def _lifted(rows: Sequence[Row]) -> Iterator[RollFault]:
    """Contact that goes and comes back."""
    areas = np.array([0.0 if row.strip is None else row.strip.area_mm2 for row in rows])
    before, after = np.maximum.accumulate(areas), np.maximum.accumulate(areas[::-1])[::-1]
    for run in _runs(areas < LIFTED * np.minimum(before, after)):
        last = next((row for row in reversed(rows[: run.start]) if row.strip is not None), rows[run.start])
        seconds = (rows[run.stop].at_us - last.at_us) / 1e6
        yield fault(RollFaultKind.LIFTED, rows[run.start].index, last.place, f"for up to {seconds:.1f} s")


def _second(track: Track) -> Iterator[RollFault]:
    beside = np.array([row.strip is not None and row.strip.other_mm2 >= OTHER_MM2 for row in track.rows])
    for run in _runs(beside):
        if run.stop - run.start >= OTHER_FRAMES:
            row = track.rows[run.start]
            assert row.strip is not None
            yield fault(RollFaultKind.SECOND_FINGER, row.index, (row.strip.other_x, row.strip.middle), f"{row.strip.other_mm2:.0f} mm²")


def _unchecked(track: Track) -> Iterator[RollFault]:
    for run in _runs(np.array([not row.step.checked for row in track.rows])):
        count = run.stop - run.start
        yield fault(RollFaultKind.UNCHECKED, track.rows[run.start].index, track.where(run.start), f"in {count} picture{'s' * (count > 1)}")


def _moved(track: Track) -> Iterator[RollFault]:
    """Skin that moved over the glass, from its first step to its last."""
    for run in _runs(_bridged(np.abs(track.skin).max(axis=1) > 0, TOGETHER)):
        total = track.skin[run].sum(axis=0)
        if np.abs(total).max() >= SLIPPED:
            axis = int(np.abs(total[1]) > np.abs(total[0]))
            kind = _kind(track, run, axis, float(total[axis]))
            amount = f"{abs(total[0]):.1f} mm sideways and {abs(total[1]):.1f} mm lengthwise"
            yield fault(kind, track.rows[run.start].index, track.where(run.start), amount)


def _turned(track: Track) -> Iterator[RollFault]:
    for run in _runs(_bridged(track.turned != 0, TOGETHER)):
        total = float(track.turned[run].sum())
        if abs(total) >= TURNED:
            way = "clockwise" if total > 0 else "counter-clockwise"
            yield fault(RollFaultKind.TURNED, track.rows[run.start].index, track.where(run.start), f"{abs(total):.1f} degrees {way}")


def _kind(track: Track, run: slice, axis: int, total: float) -> RollFaultKind:
    """Lengthwise, slip and shift look alike: a strip's outline at the tip and the base is the finger's own and moves with the skin."""
    if axis:
        return RollFaultKind.SHIFT_V
    follows = _sideways(track, run)
    told = follows is not None and abs(total) >= SHIFT_LEAST and follows * np.sign(total) >= FOLLOWS * abs(total)
    return RollFaultKind.SHIFT_H if told else RollFaultKind.SLIP


def _sideways(track: Track, run: slice) -> float | None:
    """How far the strip went beyond what its speed before and after lets expect, mm."""
    around = np.r_[track.went[max(1, run.start - 4) : run.start], track.went[run.stop : run.stop + 4]]
    if not around.size:
        return None
    return float(track.went[run].sum() - np.median(around) * (run.stop - run.start))


def _fast(track: Track) -> Iterator[RollFault]:
    speed = np.abs(track.speed)
    if len(speed) < 2:
        return
    moving = speed[1:][speed[1:] > SLOW]
    usual = float(np.median(moving)) if moving.size else FAST
    quick = (speed > FAST) | ((speed > BURST * usual) & (speed > BURST_LEAST))
    quick |= (np.abs(track.speed) * track.apart > STEP * np.max(track.right - track.left)) & (
        track.apart < LATE * np.median(track.apart[1:])
    )
    for run in _runs(_bridged(quick, 2)):
        row = run.start
        yield fault(RollFaultKind.FAST, track.rows[row].index, track.where(row), f"up to {speed[run].max():.0f} mm in a second")


def _slow(track: Track) -> Iterator[RollFault]:
    """Standing still, and hardly moving."""
    still = _slower(track, PAUSE, PAUSE_S, np.zeros(len(track.rows), bool))
    for run in _runs(still):
        seconds = track.seconds[run.stop - 1] - track.seconds[max(0, run.start - 1)]
        yield fault(RollFaultKind.PAUSED, track.rows[run.start].index, track.where(run.start), f"for {seconds:.1f} s")
    slow = next(iter(_runs(_slower(track, SLOW, SLOW_S, still))), None)
    if slow is not None:
        yield fault(RollFaultKind.SLOW, track.rows[slow.start].index, track.where(slow.start))
    elif track.seconds[-1] > LONG_S and not still.any():
        yield fault(RollFaultKind.SLOW, track.rows[-1].index, track.where(-1), f"{track.seconds[-1]:.0f} s")


def _slower(track: Track, limit: float, seconds: float, but: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of every stretch of so many seconds, none of them in `but`, in which the strip went on less than `limit` mm/s, either way."""
    found = np.zeros(len(track.rows), bool)
    way = np.cumsum(track.went)
    for last in range(1, len(found)):
        first = int(np.searchsorted(track.seconds, track.seconds[last] - seconds, side="right")) - 1
        stretch = slice(first, last + 1)
        if first >= 0 and not but[stretch].any() and np.ptp(way[stretch]) < limit * (track.seconds[last] - track.seconds[first]):
            found[stretch] = True
    return found


def _back(track: Track) -> Iterator[RollFault]:
    for run in _runs(_behind(track, track.went) & _behind(track, track.went - track.skin[:, 0])):
        row = run.start
        yield fault(RollFaultKind.REVERSED, track.rows[row].index, track.where(row))


def _behind(track: Track, went: NDArray[np.float64]) -> NDArray[np.bool_]:
    way = np.cumsum(went) * track.sense
    return np.asarray(np.maximum.accumulate(way) - way > BACK)


def _narrow(track: Track, width_mm: float) -> Iterator[RollFault]:
    """Too little in all, or a strip that was still broad where a nail should have been."""
    widths = track.right - track.left
    ends = [row for row in (0, -1) if len(widths) > 1 and widths[row] > FULL * widths.max()]
    if width_mm < NARROW_MM or ends:
        row = ends[0] if ends else -1
        yield fault(RollFaultKind.NARROW, track.rows[row].index, track.where(row), f"{width_mm:.0f} mm wide")


def _runs(flags: NDArray[np.bool_]) -> list[slice]:
    """Stretches of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _bridged(flags: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Gaps of less than `gap` rows closed."""
    closed = flags.copy()
    for before, after in pairwise(_runs(flags)):
        if after.start - before.stop < gap:
            closed[before.stop : after.start] = True
    return closed
