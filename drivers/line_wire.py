"""Lines with a sum, as our pedal and LED panel speak them: docs/pedal-protocol.md section 2. Pure."""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.errors import Garbled

BAUD = 115200
MOST = 60  # characters of content
_LONGEST = MOST + 4  # with *hh and \r


def build(content: str) -> bytes:
    """Raises ValueError for what no line may hold."""
    if not 1 <= len(content) <= MOST or "*" in content or not content.isascii() or not content.isprintable():
        raise ValueError("not a line of the protocol")
    return f"{content}*{_sum(content.encode()):02X}\n".encode()


def parse(line: bytes) -> str:
    """The content of a line without its end. Raises Garbled."""
    content, star, stated = line.removesuffix(b"\r").rpartition(b"*")
    good = star and len(content) in range(1, MOST + 1) and b"*" not in content and all(0x20 <= byte <= 0x7E for byte in content)
    if not good or stated != f"{_sum(content):02X}".encode():
        raise Garbled("The device sent a line that is damaged.")
    return content.decode("ascii")


class LineDecoder:
    """From the bytes of the port to contents. What is damaged is dropped and counted; at most one line is held."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._overlong = False
        self.damaged = 0  # lines dropped

    @property
    def noise(self) -> bool:
        """Whether something came that is no line of ours: a wrong baud rate may bring bytes without one end of a line among them."""
        return self.damaged > 0 or len(self._buffer) > 0

    def feed(self, data: bytes) -> list[str]:
        contents = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._buffer += line[: _LONGEST + 1]
            contents += self._line()
        self._buffer += rest[: _LONGEST + 1]
        if len(self._buffer) > _LONGEST:
            self._overlong = True
            del self._buffer[_LONGEST + 1 :]
        return contents

    def _line(self) -> list[str]:
        line, overlong = bytes(self._buffer), self._overlong or len(self._buffer) > _LONGEST
        self._buffer.clear()
        self._overlong = False
        try:
            if not overlong:
                return [parse(line)]
        except Garbled:
            pass  # counted below
        self.damaged += 1
        return []


def numbered(text: str) -> int:
    """A number 0..65535. Raises Garbled."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 0xFFFF):
        raise Garbled("The device sent a number that is none.")
    return int(text)


def _sum(content: bytes) -> int:
    return reduce(xor, content, 0)
