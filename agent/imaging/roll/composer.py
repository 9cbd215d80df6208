"""A roll composed while it happens: `add` every frame, then `finish`.

No clock, no thread: it may live in a worker process or beside the driver. State is one mosaic and a row for each frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from agent.imaging.roll.faults import RollFault
from agent.imaging.roll.gate import Gate
from agent.imaging.roll.mosaic import Mosaic, SeamLine
from agent.imaging.roll.pose import lying
from agent.imaging.roll.register import STILL, Displacement
from agent.imaging.roll.strip import Strip, find_strip
from agent.imaging.roll.track import Row, track_of
from agent.imaging.roll.watch import faults_of
from agent.model.impression import GrayImage

TRAVEL = 30.0  # mm from nail to nail, of the strip's middle, by which progress is told
SAME = 1e-6
BROAD = 0.2  # share of the print's height in which a column counts as part of its width


@dataclass(frozen=True)
class RollSight:
    """After each frame."""

    progress: int  # 0..999 per mille of a usual finger; 1000 is said by nobody but `finish`
    velocity: float  # pixels since the frame before, positive to the right
    faults: tuple[RollFault, ...]  # so far; x, y in pixels of the frame


@dataclass(frozen=True, eq=False)
class RolledPrint:
    pixels: GrayImage = field(repr=False)  # uint8 (height, width) of the area asked for, 255 = bare
    ppi: int
    faults: tuple[RollFault, ...]  # x, y in pixels of the print
    width_mm: float  # of the print, nail to nail
    frames: int  # with contact, of which it is composed
    lost_frames: int
    unchecked_frames: int  # with contact, of which nobody can say whether the skin moved before them
    origin: tuple[int, int]  # x, y of the print's corner in pixels of the frames
    seams: tuple[SeamLine, ...] = field(default=(), repr=False)  # in pixels of the print


class RollComposer:
    """`area` width and height of the print, `ppi` of the frames. Raises ValueError for a ppi other than 500 and 1000."""

    def __init__(self, area: tuple[int, int] = (800, 750), ppi: int = 500) -> None:
        if ppi not in (500, 1000):
            raise ValueError(f"{ppi} ppi; rolls are taken at 500 or 1000")
        self._area, self._ppi = area, ppi
        self._gate = Gate(ppi)
        self._mosaic: Mosaic | None = None
        self._size: tuple[int, ...] = ()
        self._rows: list[Row] = []
        self._pose = lying(0)

    def add(self, pixels: GrayImage, index: int, at_us: int) -> RollSight:
        """One frame as the scanner gave it, uint8 (rows, columns), 0 = ridge; `index` counts frames, `at_us` is the device's time.

        Raises ValueError for a frame of another size or an index that does not rise.
        """
        self._expect(pixels, index)
        strip = find_strip(pixels, self._ppi)
        step, place = (STILL, (0.0, 0.0)) if strip is None else self._joined(pixels, strip, index)
        self._rows.append(Row(index, at_us, strip, step, place))
        return self._sight()

    def finish(self) -> RolledPrint:
        """The print. Bare where nothing was rolled."""
        pixels, origin, width_mm = self._cut()
        found = faults_of(self._rows, self._ppi, finished=True, width_mm=width_mm)
        seen = [row for row in self._rows if row.strip is not None]
        lost = self._rows[-1].index - self._rows[0].index + 1 - len(self._rows) if self._rows else 0
        return RolledPrint(
            pixels,
            self._ppi,
            tuple(replace(one, x=one.x - origin[0], y=one.y - origin[1]) for one in found),
            width_mm,
            len(seen),
            lost,
            sum(not row.step.checked for row in seen),
            origin,
            tuple(self._drawn(line, origin) for line in (self._mosaic.lines if self._mosaic else ())),
        )

    def _expect(self, pixels: GrayImage, index: int) -> None:
        if self._mosaic is None:
            self._size = pixels.shape
            self._mosaic = Mosaic((pixels.shape[0], pixels.shape[1]), self._ppi)
            self._pose = lying(self._mosaic.margin - 1)
        if pixels.shape != self._size or pixels.dtype != np.uint8:
            raise ValueError(f"a frame of {pixels.dtype} {pixels.shape} among frames of uint8 {self._size}")
        if self._rows and index <= self._rows[-1].index:
            raise ValueError(f"frame {index} after frame {self._rows[-1].index}")

    def _joined(self, pixels: GrayImage, strip: Strip, index: int) -> tuple[Displacement, tuple[float, float]]:
        """Where the skin is, by what is composed; then the strip joins it. What moved, and the strip's middle on what is composed."""
        assert self._mosaic is not None
        step, about = (STILL, (0.0, 0.0)) if self._mosaic.reach is None else self._gated(pixels, strip)
        self._pose = self._pose.after(step, about)
        upright, there = self._upright(pixels, strip)
        moved = self._pose.whole
        self._mosaic.lay(upright, there, moved, index)
        return step, (there.centre - moved[0], there.middle - moved[1])

    def _upright(self, pixels: GrayImage, strip: Strip) -> tuple[GrayImage, Strip]:
        """The frame and its strip, turned back where the finger has turned."""
        if not self._pose.turned:
            return pixels, strip
        upright = self._pose.upright(pixels)
        return upright, find_strip(upright, self._ppi) or strip

    def _gated(self, pixels: GrayImage, strip: Strip) -> tuple[Displacement, tuple[float, float]]:
        assert self._mosaic is not None
        whole = self._pose.whole
        found, about = self._mosaic.where(*self._upright(pixels, strip), whole)
        rest = (0.0, 0.0) if self._pose.turned else (whole[0] - self._pose.moved[0], whole[1] - self._pose.moved[1])
        return self._gate.passed(found, rest), about

    def _sight(self) -> RollSight:
        track = track_of(self._rows, self._ppi)
        if not track.rows:
            return RollSight(0, 0.0, faults_of(self._rows, self._ppi, finished=False))
        mm = 25.4 / self._ppi
        travelled = float(np.ptp(np.cumsum(track.went)))
        velocity = float(track.went[-1]) / mm if self._rows[-1].strip is not None else 0.0
        return RollSight(min(999, round(1000 * travelled / TRAVEL)), velocity, faults_of(self._rows, self._ppi, finished=False))

    def _cut(self) -> tuple[GrayImage, tuple[int, int], float]:
        """The print around its middle, its corner in pixels of the frames, its width in mm."""
        width, height = self._area
        if self._mosaic is None or self._mosaic.reach is None:
            return np.full((height, width), 255, np.uint8), (0, 0), 0.0
        whole = self._mosaic.pixels
        filled = self._mosaic.weight > SAME
        columns = np.flatnonzero(filled.mean(axis=0) > BROAD * filled.mean(axis=0).max())
        rows = np.flatnonzero(filled.mean(axis=1) > BROAD * filled.mean(axis=1).max())
        left = (int(columns[0]) + int(columns[-1]) + 1 - width) // 2
        top = (int(rows[0]) + int(rows[-1]) + 1 - height) // 2
        print_ = np.full((height, width), 255, np.uint8)
        y, x = max(0, top), max(0, left)
        part = np.clip(np.rint(whole[y : top + height, x : left + width]), 0, 255).astype(np.uint8)
        print_[y - top : y - top + part.shape[0], x - left : x - left + part.shape[1]] = part
        mm = (int(columns[-1]) + 1 - int(columns[0])) * 25.4 / self._ppi
        return print_, (left - self._mosaic.margin, top - self._mosaic.margin), mm

    def _drawn(self, line: SeamLine, origin: tuple[int, int]) -> SeamLine:
        """A seam's columns by row of the print."""
        rows = np.clip(np.arange(self._area[1]) + origin[1], 0, len(line.columns) - 1)
        return SeamLine(line.frame, line.columns[rows] - np.float32(origin[0]))
