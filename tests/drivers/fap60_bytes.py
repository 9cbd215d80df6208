"""What a FAP60 device sends, packed for tests straight from docs/fap60-protocol.md; shares no codec with the driver."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

PREVIEW, RESULT = 1, 2


def sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def pixels(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def frame(
    image: NDArray[np.uint8],
    *,
    sequence: int = 1,
    token: int = 7,
    kind: int = RESULT,
    mode: int = 5,
    pad: int = 0,
    advice: int = 0,
    index: int = 0,
) -> bytes:
    height, width = image.shape
    payload = np.pad(image, ((0, 0), (0, pad)), constant_values=255).tobytes()
    head = struct.pack("<4sHHIIQ", b"LSF1", 1, 64, sequence, token, 1000)
    head += struct.pack("<BBBxHHHHI", kind, mode, 8, width, height, width + pad, 500, advice)
    head += struct.pack("<IIHH8x", len(payload), zlib.crc32(payload), 4, index)
    return sealed(head) + payload


def event(kind: int, a: int = 0, b: int = 0, *, sequence: int = 1, token: int = 7, advice: int = 0) -> bytes:
    return sealed(struct.pack("<2sBBIIQHHI", b"EV", 1, kind, sequence, token, 1000, a, b, advice))


def info(*, flat: tuple[int, int] = (160, 150), roll: tuple[int, int] = (80, 100), flags: int = 0x7F) -> bytes:
    body = struct.pack("<4sHBBHHHHHHHH", b"LSI1", 1, 60, flags, 0b111110, 500, *flat, *roll, 150, 0)
    return sealed(body + b"1.0".ljust(16, b"\0") + b"CAL".ljust(16, b"\0") + struct.pack("<I", 1))


def state(code: int, *, token: int = 0, error: int = 0, last: int = 0) -> bytes:
    return struct.pack("<BBBxIII", code, error, 1, token, last, 0)
