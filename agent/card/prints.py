"""A picture of a transaction cut to the size of its box on the card. For worker processes: what is decoded may be hostile.

Nothing is ever scaled: a pixel of a 500 ppi print is 1/500 inch on paper. What is larger than its box is cut around its ridges, and when
ridges had to be cut off the card says so beside the print.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.errors import LivescanError
from agent.imaging import ridges
from agent.imaging.jpeg2000 import MAX_PIXELS
from agent.imaging.pictures import decode_image
from agent.imaging.wsq_header import ImageError
from agent.model.impression import GrayImage

CLEAR = 3.0  # grey levels of fine ridge energy from which a pixel counts as print
EDGE = 0.04  # inches of ridge beyond the box that are not worth a word: the resolution of the ridge map


@dataclass(frozen=True, eq=False)
class CardPrint:
    pixels: GrayImage = field(repr=False)  # (rows, columns), not larger than its box
    ppi: int
    cut: bool = False  # ridges were cut off
    problem: str = ""  # why there is no picture, in a few words

    @property
    def size(self) -> tuple[float, float]:
        """Inches on paper, width and height."""
        return self.pixels.shape[1] / self.ppi, self.pixels.shape[0] / self.ppi


@dataclass(frozen=True)
class Wanted:
    """A picture as its record describes it, and the inches it may take on paper."""

    data: bytes = field(repr=False)
    coding: str  # 14.011 CGA
    width: int  # pixels
    height: int  # pixels
    ppi: int
    room: tuple[float, float]  # inches, width and height


def card_print(wanted: Wanted) -> CardPrint:
    """Decoded and cut; a picture that cannot be drawn true to scale comes back as a problem, never as an error."""
    if wanted.ppi <= 0:
        return _none("NO RESOLUTION IN RECORD")
    try:
        pixels = _raw(wanted) if wanted.coding == "NONE" else decode_image(wanted.data)
    except LivescanError:
        return _none("IMAGE CANNOT BE DECODED")
    if pixels.shape != (wanted.height, wanted.width):
        return _none("IMAGE IS NOT OF ITS STATED SIZE")
    return fitted(pixels, wanted.ppi, wanted.room)


def fitted(pixels: GrayImage, ppi: int, room: tuple[float, float]) -> CardPrint:
    """At most as large as the room, in inches; the window lies around the ridges."""
    columns, rows = (int(side * ppi + 0.5) for side in room)
    if pixels.shape[1] <= columns and pixels.shape[0] <= rows:
        return CardPrint(pixels, ppi)
    left, top, right, bottom = _ridges(pixels, ppi)
    across, down = _window(left, right, columns, pixels.shape[1]), _window(top, bottom, rows, pixels.shape[0])
    over = max(across.start - left, right - across.stop, down.start - top, bottom - down.stop)
    return CardPrint(np.ascontiguousarray(pixels[down, across]), ppi, cut=over > EDGE * ppi)


def face(data: bytes, most: tuple[int, int]) -> NDArray[np.uint8] | None:
    """A photograph as color pixels (rows, columns, 3), at most this wide and high; None for what is no picture. For a worker, too."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "JPEG2000", "PNG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.thumbnail(most, Image.Resampling.LANCZOS)
            return np.asarray(picture.convert("RGB"), np.uint8)
    except Exception:  # Pillow's plug-ins raise OSError, SyntaxError, ValueError, struct.error and others
        return None


def _raw(wanted: Wanted) -> GrayImage:
    if len(wanted.data) != wanted.width * wanted.height or not wanted.data:
        raise ImageError("its bytes are not as many as its pixels")
    return np.frombuffer(wanted.data, np.uint8).reshape(wanted.height, wanted.width)


def _ridges(pixels: GrayImage, ppi: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what shows ridges, in pixels; of the whole image where nothing does."""
    mask = ridges.ridge_mask(ridges.ridge_map(ridges.at_work_scale(pixels, ppi)), CLEAR) > 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return 0, 0, pixels.shape[1], pixels.shape[0]
    scale = ppi / ridges.WORK_PPI
    edges = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    left, top, right, bottom = (round(float(edge) * scale) for edge in edges)
    return left, top, right, bottom


def _window(low: int, high: int, most: int, whole: int) -> slice:
    """`most` pixels of `whole` with low..high in the middle, as far as the image reaches."""
    start = min(max(0, (low + high - most) // 2), max(0, whole - most))
    return slice(start, start + min(most, whole))


def _none(problem: str) -> CardPrint:
    return CardPrint(np.zeros((0, 0), np.uint8), 500, problem=problem)
