"""The print as composed so far. Where ridges of several strips agree they are averaged, the ones nearest to a strip's middle most;
where they contradict each other the seam says whose they are. Pixels are moved by whole pixels only, never resampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll import register, seam
from agent.imaging.roll.register import UNKNOWN, Displacement
from agent.imaging.roll.strip import Strip
from agent.model.impression import GrayImage

MARGIN = 64  # pixels at 500 ppi around the frame, for skin that has slipped
NEAR = 40.0  # pixels at 500 ppi, how fast a strip's weight falls from its middle
LEAST = 0.02  # weight at a strip's edges
FEATHER = 3.0  # pixels at 500 ppi from the seam to each side over which ownership passes
SAME, OTHER = 0.35, 0.7  # contradiction up to which ridges are averaged, and from which the seam decides alone
COMMON = 0.5  # share of the strip's rows in which the mosaic must have a column for it to be compared
STANDS = 2.0  # pixels at 500 ppi: a strip that has not gone on further owns nothing new

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class SeamLine:
    """For looking at."""

    frame: int
    columns: NDArray[np.float32]  # by row, in pixels of the frame


@dataclass(frozen=True, eq=False)
class _Piece:
    """The columns of a frame that hold its strip, and where they lie."""

    place: tuple[slice, slice]  # of the mosaic
    pixels: FloatImage
    contact: FloatImage  # 0..1
    middle: float  # of the strip, in its columns


class Mosaic:
    """`size` rows and columns of a frame, `ppi` 500 or 1000."""

    def __init__(self, size: tuple[int, int], ppi: int) -> None:
        self.scale, self._ppi = ppi // 500, ppi
        self.margin = MARGIN * self.scale
        shape = (size[0] + 2 * self.margin, size[1] + 2 * self.margin)
        self.pixels: FloatImage = np.full(shape, 255, np.float32)
        self.weight: FloatImage = np.zeros(shape, np.float32)
        self.reach: tuple[float, float] | None = None  # middles of the leftmost and the rightmost strip, of the mosaic
        self.lines: list[SeamLine] = []

    def where(self, pixels: GrayImage, found: Strip, moved: tuple[int, int]) -> tuple[Displacement, tuple[float, float]]:
        """Displacement of the strip beyond what it is known to have `moved`, pixels right and down, and the point about which it turned."""
        trim = min(register.TRIM * self.scale, register.TRIM_SHARE * found.width)
        low, high = (int(np.clip(edge, 0, pixels.shape[1])) for edge in (found.left + trim, found.right - trim))
        top, bottom = int(found.top), int(found.bottom)
        rows, columns = self._place((top, bottom), (low, high), moved)
        filled = np.flatnonzero((self.weight[rows, columns][::8] > 0).mean(axis=0) > COMMON) if high > low else np.empty(0)
        if filled.size < register.LEAST * self.scale:
            return UNKNOWN, (0.0, 0.0)
        first, last = int(filled[0]), int(filled[-1]) + 1
        here = register.ridges_of(self.pixels[rows, columns][:, first:last], self._ppi)
        there = register.ridges_of(pixels[top:bottom, low + first : low + last], self._ppi)
        pivot = (low + (first + last) / 2 - moved[0], (top + bottom) / 2 - moved[1])
        return register.displacement(here, there, self._ppi), pivot

    def lay(self, pixels: GrayImage, found: Strip, moved: tuple[int, int], frame: int) -> None:
        """Join a strip that has `moved` by whole pixels right and down."""
        low, high = self._columns(found, pixels.shape[1])
        place = self._place((0, pixels.shape[0]), (low, high), moved)
        contact = _stretched(found.contact[:, low // found.block : high // found.block], (pixels.shape[0], high - low))
        piece = _Piece(place, pixels[:, low:high].astype(np.float32), contact, found.centre - low)
        centre = found.centre - moved[0]
        contradiction = seam.disagreement(*(register.ridges_of(one, self._ppi) for one in (self.pixels[place], piece.pixels)))
        path = self._seam(piece, contradiction, centre)
        if path is not None:
            self.lines.append(SeamLine(frame, path[0][:, 0] + np.float32(low - moved[0])))
        self._blend(piece, _owned(piece, path, FEATHER * self.scale), _agreeing(contradiction, piece.pixels.shape))
        left, right = self.reach or (centre, centre)
        self.reach = (min(left, centre), max(right, centre))

    def _columns(self, found: Strip, width: int) -> tuple[int, int]:
        """All that the strip may touch, in whole blocks."""
        edge = 2 * found.block
        around = 20 * self.scale
        return max(0, int(found.left) - around) // edge * edge, min(width, int(found.right) + around + edge) // edge * edge

    def _place(self, rows: tuple[int, int], columns: tuple[int, int], moved: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the mosaic on which a frame's lie; no frame is known to have moved beyond the margin."""
        top, left = self.margin + rows[0] - moved[1], self.margin + columns[0] - moved[0]
        return slice(top, top + rows[1] - rows[0]), slice(left, left + columns[1] - columns[0])

    def _ahead(self, centre: float) -> tuple[int, float]:
        """To which side the strip goes further than any before (-1, 0, 1), and how far."""
        if self.reach is None:
            return 0, 0.0
        left, right = self.reach
        stands = STANDS * self.scale
        if centre > right + stands:
            return 1, centre - right
        return (-1, left - centre) if centre < left - stands else (0, 0.0)

    def _seam(self, piece: _Piece, contradiction: FloatImage, centre: float) -> tuple[FloatImage, int] | None:
        """Its column in the piece, (rows, 1), and on which side of it the piece's own lies; None for a piece that goes no further."""
        side, distance = self._ahead(centre)
        if not side:
            return None
        shrink = self._ppi // register.WORK_PPI
        path = seam.seam(contradiction, (piece.middle - side * distance / 2) / shrink) * np.float32(shrink)
        return _stretched(path[:, None], (piece.pixels.shape[0], 1)), side

    def _blend(self, piece: _Piece, mine: FloatImage, agree: FloatImage) -> None:
        """`mine` 0..1: how far a pixel is the piece's; `agree` 0..1: how far its ridges are those of the mosaic."""
        pixels, weight = self.pixels[piece.place], self.weight[piece.place]
        bare = weight <= 0
        near = _nearness(piece, NEAR * self.scale) * piece.contact
        kept = weight * (1 - mine * (1 - agree) * (piece.contact > 0.5))
        heard = near * np.maximum(np.maximum(agree, mine), bare)
        share = np.where(bare, piece.contact > 0, heard / (kept + near + np.float32(1e-6)))
        pixels += share * (piece.pixels - pixels)
        weight[...] = kept + heard


def _owned(piece: _Piece, path: tuple[FloatImage, int] | None, feather: float) -> FloatImage:
    if path is None:
        return np.zeros(piece.pixels.shape, np.float32)
    columns = np.arange(piece.pixels.shape[1], dtype=np.float32)[None, :]
    beyond = (columns - path[0]) * np.float32(path[1] / (2 * feather)) + np.float32(0.5)
    return np.asarray(np.clip(beyond, 0, 1), np.float32)


def _agreeing(contradiction: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    return np.asarray(np.clip((np.float32(OTHER) - _stretched(contradiction, shape)) * np.float32(1 / (OTHER - SAME)), 0, 1), np.float32)


def _nearness(piece: _Piece, reach: float) -> FloatImage:
    """(1, columns): 1 in the middle of the strip."""
    away = (np.arange(piece.pixels.shape[1], dtype=np.float32) - np.float32(piece.middle)) / np.float32(reach)
    return np.asarray(np.maximum(np.exp(-0.5 * away**2), np.float32(LEAST))[None, :], np.float32)


def _stretched(small: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    return np.asarray(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
