"""Photographs as baseline JPEG: the only compression NGI takes of a face (EBTS 11.0 appendix K)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.imaging.jpeg2000 import MAX_PIXELS
from agent.imaging.wsq_header import ImageError

_GAP, _PAPER = 12, 255  # pixels between two pictures; white
QUALITY = 90  # of 100: about 10:1 for a portrait, no visible loss


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Baseline JPEG of color pixels (rows, columns, 3), red first."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not 0 < pixels.size <= 3 * MAX_PIXELS:
        raise ImageError("it is not a color picture of a possible size")
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=QUALITY, progressive=False)
    return out.getvalue()


def thumbnail_png(pixels: NDArray[np.uint8], longest: int) -> bytes:
    """A gray picture (rows, columns) as PNG, its longer side at most `longest` pixels."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Color pixels (rows, columns, 3), red first, for the screen."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG")
    return out.getvalue()


def beside_png(pictures: Sequence[NDArray[np.uint8]], longest: int) -> bytes:
    """Gray pictures (rows, columns) from left to right in one PNG, their tops in line, each at most `longest` pixels; for comparing."""
    shown = [Image.fromarray(np.ascontiguousarray(picture)) for picture in pictures]
    for one in shown:
        one.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    width = sum(one.width for one in shown) + _GAP * (len(shown) - 1)
    sheet = Image.new("L", (width, max(one.height for one in shown)), _PAPER)
    left = 0
    for one in shown:
        sheet.paste(one, (left, 0))
        left += one.width + _GAP
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
