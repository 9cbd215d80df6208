"""WSQ, both ways, with NIST's codec (the `wsq` package), at the bit rate that EBTS 11.0 §3.8.2 asks for: 0.75.

Run this only in a worker process. The native codec holds the interpreter's lock throughout, and hostile bytes can end the process
(measured: mutated files gave SIGSEGV and SIGABRT; so did encoding images a few pixels high and tens of thousands wide). What can be
refused beforehand is refused here; the rest is why there is a pool.

The package's private module `_wsq` is called directly: its Pillow plug-in copies pixel by pixel through a list (43 ms instead of 26 ms
for a rolled print), and ignores its ratio argument in the same way.
"""

from __future__ import annotations

import _wsq
import numpy as np

from agent.imaging.wsq_comment import with_comment
from agent.imaging.wsq_header import ImageError, WsqHeader, read_wsq_header
from agent.model.impression import GrayImage

BIT_RATE = 0.75  # bits per pixel, EBTS 11.0 §3.8.2: nominal 15:1
PPI = 500  # the only resolution for which WSQ is used, EBTS 11.0 §3.8.2; the codec writes it into its comment
MIN_SIDE = 31  # pixels: below it the codec's wavelet tree has no leaves
MAX_SIDE = 5000  # pixels: 10 inches; tens of thousands in one direction overrun the codec's buffers (measured)
MAX_PIXELS = 16_000_000  # 4000 x 4000; at 16,843,009 white pixels the codec's 32-bit sum of grey levels overflows (measured)


def encode_wsq(pixels: GrayImage, comment: str = "") -> bytes:
    """WSQ of an 8-bit grey image (rows, columns), with a comment of ours in front when one is given (`wsq_comment`).

    The same pixels and comment give the same bytes. Raises ImageError for a size it cannot code.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise ImageError("it is not one plane of 8-bit grey")
    height, width = pixels.shape
    _check_size(width, height)
    try:
        data = bytes(_wsq.compress(np.ascontiguousarray(pixels).tobytes(), height, width, BIT_RATE))
    except Exception as error:  # the module raises bare Exception with NBIS's error number
        raise ImageError("the WSQ encoder gave up on it") from error
    return with_comment(data, comment) if comment else data


def decode_wsq(data: bytes | memoryview) -> GrayImage:
    """Pixels (rows, columns) of a WSQ file. Raises ImageError for what is no such file."""
    header = read_wsq_header(data)
    _check_size(header.width, header.height)
    try:
        pixels, width, height, _ppi = _wsq.decompress(bytes(data))
    except Exception as error:
        raise ImageError("the WSQ decoder gave up on it") from error
    return _shaped(pixels, int(width), int(height), header)


def _shaped(pixels: bytes, width: int, height: int, header: WsqHeader) -> GrayImage:
    if (width, height) != (header.width, header.height) or len(pixels) != width * height:
        raise ImageError("the WSQ decoder returned another size than the file states")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(height, width)


def _check_size(width: int, height: int) -> None:
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ImageError(f"{width} x {height} pixels is outside {MIN_SIDE} to {MAX_SIDE} on a side, {MAX_PIXELS} in all")


def psnr(a: GrayImage, b: GrayImage) -> float:
    """Peak signal-to-noise ratio in dB of two images of one size; infinity when they are equal. Raises ValueError for two sizes."""
    if a.shape != b.shape:
        raise ValueError(f"images of {a.shape} and {b.shape} cannot be compared")
    mse = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return float("inf") if mse == 0 else float(10 * np.log10(255.0**2 / mse))
