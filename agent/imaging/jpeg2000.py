"""JPEG 2000 for 1000 ppi prints: Pillow (OpenJPEG) with the parameters of NIST SP 500-289, EBTS 11.0 §3.8.2, and a resolution box.

9/7 irreversible wavelet, 6 decompositions, code blocks of 64 x 64, progression RPCL, one layer at 10:1. Pillow writes no resolution, so
the box `res ` is put into the JP2 header afterwards (ISO/IEC 15444-1 I.5.3.7): without it a reader must guess the scale.

Run this only in a worker process, like every native codec.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from agent.imaging.wsq_header import ImageError
from agent.model.impression import GrayImage

RATIO = 10  # to 1: EBTS 11.0 §3.8.2, lossy target for 1000 ppi
RESOLUTIONS = 7  # six decompositions
CODE_BLOCK = (64, 64)
PROGRESSION = "RPCL"
MAX_PIXELS = 64_000_000  # 8000 x 8000: a 1000 ppi palm and a margin
SIGNATURES = (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")  # JP2 file; bare code stream
_PER_METRE = 39.370_078_74  # pixels per metre for one pixel per inch


def encode_jp2(pixels: GrayImage, ppi: int, software: str = "") -> bytes:
    """JP2 of an 8-bit grey image (rows, columns) at 10:1. The same pixels give the same bytes."""
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or not 0 < pixels.size <= MAX_PIXELS:
        raise ImageError("it is not one plane of 8-bit grey of a possible size")
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        out,
        format="JPEG2000",
        quality_mode="rates",
        quality_layers=[RATIO],
        irreversible=True,
        num_resolutions=RESOLUTIONS,
        codeblock_size=CODE_BLOCK,
        progression=PROGRESSION,
        comment=software.encode("ascii", "replace")[:200] or None,
    )
    return with_resolution(out.getvalue(), ppi)


def decode_jp2(data: bytes | memoryview) -> GrayImage:
    """Pixels of a JPEG 2000 file as grey. Raises ImageError for what is no such file."""
    return decode_with_pillow(data, "JPEG2000")


def decode_with_pillow(data: bytes | memoryview, *formats: str) -> GrayImage:
    """Pixels (rows, columns) as grey of a picture in one of these formats. Raises ImageError for anything else."""
    try:
        with Image.open(io.BytesIO(bytes(data)), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ImageError(f"{picture.width} x {picture.height} pixels are more than {MAX_PIXELS}")
            return np.asarray(picture.convert("L"), np.uint8)
    except ImageError:
        raise
    except Exception as error:  # Pillow's plug-ins raise OSError, SyntaxError, ValueError, struct.error and others
        raise ImageError("the decoder gave up on it") from error


def with_resolution(data: bytes, ppi: int) -> bytes:
    """A JP2 file with a capture resolution box as the last of its header boxes."""
    start = _header_box(data)
    length = int.from_bytes(data[start : start + 4], "big")
    box = resolution_box(ppi)
    return data[:start] + (length + len(box)).to_bytes(4, "big") + data[start + 4 : start + length] + box + data[start + length :]


def resolution_box(ppi: int) -> bytes:
    """`res ` holding `resc`: vertical and horizontal pixels per metre as fraction and power of ten (15444-1 I.5.3.7.1)."""
    per_metre = round(ppi * _PER_METRE)
    exponent = 0
    while per_metre > 0xFFFF:
        per_metre, exponent = round(per_metre / 10), exponent + 1
    fraction = per_metre.to_bytes(2, "big") + (1).to_bytes(2, "big")
    capture = (18).to_bytes(4, "big") + b"resc" + fraction + fraction + bytes((exponent, exponent))
    return (26).to_bytes(4, "big") + b"res " + capture


def read_ppi(data: bytes | memoryview) -> int | None:
    """The capture resolution a JP2 file states, rounded to pixels per inch; None when it states none."""
    at = bytes(data[:4096]).find(b"resc")
    if at < 0 or len(data) < at + 14:
        return None
    upper, lower = (int.from_bytes(data[at + 4 + n : at + 6 + n], "big") for n in (0, 2))
    exponent = int.from_bytes(data[at + 12 : at + 13], "big", signed=True)
    return round(upper / lower * 10**exponent / _PER_METRE) if lower and abs(exponent) < 10 else None


def _header_box(data: bytes) -> int:
    """Offset of the box `jp2h`. Boxes follow one another; the header stands before the code stream."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"jp2h":
            return at
        if length < 8:
            break
        at += length
    raise ImageError("the JPEG 2000 file has no header box")
