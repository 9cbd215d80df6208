"""Prints to look at in tests: images of NIST's reference transactions, by finger position."""

from __future__ import annotations

import re
import struct
from functools import lru_cache

import _wsq
import numpy as np
from numpy.typing import NDArray

from tests.data import testdata


@lru_cache(maxsize=1)
def nist_amputation() -> dict[int, NDArray[np.uint8]]:
    """The plain impressions of a hand whose left ring finger is amputated, FGP code to pixels. Read by hand: Type-14, WSQ in field 999."""
    data = testdata("prints/nist/type-14-amp-nqm-utf8.an2").read_bytes()
    found = {}
    for record in re.finditer(rb"14\.0?01:(\d+)\x1d", data):
        body = data[record.start() : record.start() + int(record[1]) - 1]
        position = re.search(rb"\x1d14\.0?13:(\d+)", body)
        assert position is not None
        pixels, width, height, _ = _wsq.decompress(body[body.index(b"14.999:") + 7 :])
        found[int(position[1])] = np.frombuffer(pixels, np.uint8).reshape(height, width)
    return found


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
