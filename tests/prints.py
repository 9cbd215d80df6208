"""Prints to look at in tests: the NIST reference card's images, by finger position."""

from __future__ import annotations

import struct
from functools import lru_cache

import _wsq
import numpy as np
from numpy.typing import NDArray

from tests.data import testdata


@lru_cache(maxsize=1)
def nist_card() -> dict[int, NDArray[np.uint8]]:
    """The 14 impressions of the inked ten-print card, FGP code to pixels. Read by hand: Type-4, 18 bytes of header, then WSQ."""
    data = testdata("prints/nist/type-4-tpcard.an2").read_bytes()
    begin = data.index(b"\x1c", data.index(b"\x1c") + 1) + 1  # after Type-1 and Type-2
    card = {}
    while begin < len(data):
        length, width, height = (*struct.unpack_from(">I", data, begin), *struct.unpack_from(">HH", data, begin + 13))
        pixels = _wsq.decompress(data[begin + 18 : begin + length])[0]
        card[data[begin + 6]] = np.frombuffer(pixels, np.uint8).reshape(height, width)
        begin += length
    return card
