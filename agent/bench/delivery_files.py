"""The files that the delivery bench sends: a small one, of which many go through troubles, and one made as a ten-print's is."""

from __future__ import annotations

import base64
import random
import struct

STATION = "LS-0001"
IMAGES = 14  # ten rolls, two thumbs, two fours
_HEADER = struct.Struct(">IBB6sBHHB")  # a Type-4's fixed fields: length, IDC, impression type, positions, resolution, width, height, GCA


def tcn_of(number: int) -> str:
    return f"{STATION}-{number:026d}"


def small_car(number: int, size: int) -> bytes:
    """An ANSI/NIST-ITL file of about `size` bytes, Types 1 and 2; the same number and size give the same file."""
    filler = base64.b64encode(random.Random(number).randbytes(max(1, size * 3 // 4))).decode()  # noqa: S311  not a secret
    return _type_1(number, "1\x1f1\x1e2\x1f00") + _record("2", f"2.002:00\x1d2.056:{filler}")


def ten_print_car(number: int, size: int) -> bytes:
    """As above, but what makes it large is `IMAGES` Type-4 records of equal size: bytes that compress as little as WSQ does."""
    count = "\x1e".join(["2\x1f00", *(f"4\x1f{index:02d}" for index in range(1, IMAGES + 1))])
    source = random.Random(number)  # noqa: S311  not a secret
    images = b"".join(_type_4(index, source.randbytes(size // IMAGES)) for index in range(1, IMAGES + 1))
    return _type_1(number, f"1\x1f{1 + IMAGES}\x1e{count}") + _record("2", "2.002:00\x1d2.056:BENCH") + images


def _type_1(number: int, count: str) -> bytes:
    first = f"1.002:0502\x1d1.003:{count}\x1d1.004:CAR\x1d1.005:20261124\x1d1.007:ZZSIB0000\x1d1.008:ZZ0010000"
    return _record("1", f"{first}\x1d1.009:{tcn_of(number)}\x1d1.011:19.69\x1d1.012:19.69")


def _type_4(index: int, image: bytes) -> bytes:
    position = min(index, 14)
    return _HEADER.pack(_HEADER.size + len(image), index, 1, bytes([position]) + b"\xff" * 5, 0, 800, 750, 1) + image


def _record(type_: str, fields: str) -> bytes:
    length = len(fields) + len(f"{type_}.001:\x1d\x1c") + 1
    while len(f"{type_}.001:{length}\x1d{fields}\x1c") != length:
        length += 1
    return f"{type_}.001:{length}\x1d{fields}\x1c".encode()
