"""Lines of docs/pedal-protocol.md section 2: `content*hh` with the XOR of the content's bytes."""

from __future__ import annotations

from functools import reduce
from operator import xor

LONGEST = 60  # characters of content


def pack(content: str) -> bytes:
    data = content.encode("ascii")
    return data + b"*%02X\n" % reduce(xor, data, 0)


def parse(line: bytes) -> str | None:
    """The content of one line without its end; None for one that is dropped."""
    content, star, total = line.removesuffix(b"\r").partition(b"*")
    printable = all(0x20 <= byte <= 0x7E for byte in content)
    if not (star and 1 <= len(content) <= LONGEST and printable and total == b"%02X" % reduce(xor, content, 0)):
        return None
    return content.decode("ascii")


class LineReader:
    """From bytes to contents; what is too long is forgotten up to its end."""

    def __init__(self) -> None:
        self._partial = bytearray()

    def feed(self, data: bytes) -> list[str]:
        *lines, rest = (bytes(self._partial) + data).split(b"\n")
        self._partial = bytearray(rest[: LONGEST + 5])
        return [content for line in lines if (content := parse(line)) is not None]
