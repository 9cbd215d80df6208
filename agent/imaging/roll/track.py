"""The way of a roll: one row for each frame, and what follows from two rows. Sideways is positive to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll.register import Displacement
from agent.imaging.roll.strip import Strip

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Row:
    """One frame. `strip` is None where nothing touched."""

    index: int  # of the frame, as the scanner counts
    at_us: int
    strip: Strip | None
    step: Displacement  # of the skin since the rows before, beyond what was known; gated axes are 0
    place: tuple[float, float]  # pixels, x and y of the strip's middle on what is composed


@dataclass(frozen=True, eq=False)
class Track:
    """Rows with contact, and what they say together. Arrays have one value a row; speeds are those since the row before, 0 of the first."""

    rows: tuple[Row, ...]
    mm: float  # of a pixel
    left: Floats  # mm, edges of the strip
    right: Floats
    seconds: Floats  # since the first row
    skin: Floats  # (rows, 2) mm, displacement of the skin since the row before
    turned: Floats  # degrees clockwise since the row before
    went: Floats  # mm since the row before, of the edge that moved more

    @property
    def sense(self) -> int:
        """1 from left to right, -1 from right to left, 0 while it has not moved."""
        total = float(self.went.sum())
        return 0 if abs(total) < 1.0 else (1 if total > 0 else -1)

    @property
    def speed(self) -> Floats:
        """mm/s along the roll, sideways movement of the whole finger taken off where that makes it less."""
        other = self.went - self.skin[:, 0]
        least = np.where(np.abs(other) < np.abs(self.went), other, self.went)
        return np.asarray(least / np.maximum(self.apart, 1e-3))

    @property
    def apart(self) -> Floats:
        """Seconds since the row before."""
        return np.asarray(np.diff(self.seconds, prepend=self.seconds[:1]))

    def where(self, row: int) -> tuple[float, float]:
        """Middle of the strip on the print, pixels."""
        return self.rows[row].place


def track_of(rows: Sequence[Row], ppi: int) -> Track:
    """Of rows in the order of the frames."""
    seen = tuple(row for row in rows if row.strip is not None)
    mm = 25.4 / ppi
    left, right = (np.array([getattr(row.strip, edge) for row in seen], float) * mm for edge in ("left", "right"))
    seconds = np.array([row.at_us for row in seen], float) / 1e6
    skin = np.array([(row.step.x, row.step.y) for row in seen], float).reshape(-1, 2) * mm
    turned = np.array([row.step.turn for row in seen], float)
    return Track(seen, mm, left, right, seconds - seconds[:1], skin, turned, _went(left, right))


def _went(left: Floats, right: Floats) -> Floats:
    """An edge of the strip that is the finger's own edge stands still: the other one tells."""
    a, b = (np.diff(edge, prepend=edge[:1]) for edge in (left, right))
    return np.where(np.abs(a) > np.abs(b), a, b)
