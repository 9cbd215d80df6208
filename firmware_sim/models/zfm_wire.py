"""EF01 packets of serial fingerprint modules (ZFM-20, R30x, AS608, R503), seen from the module. Big-endian.

Source: the makers' user manuals. EF 01, address 4, kind 1, length 2 (content + 2), content, checksum 2 (sum of kind, length and content).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"\xef\x01"
HEAD = struct.Struct(">2sIBH")
LONGEST = 256 + 2  # content and checksum


class Kind(IntEnum):
    COMMAND = 1
    DATA = 2
    ACK = 7
    LAST = 8


class Op(IntEnum):
    GET_IMAGE = 0x01
    IMAGE_TO_TEMPLATE = 0x02
    MATCH = 0x03
    SEARCH = 0x04
    MAKE_MODEL = 0x05
    STORE = 0x06
    LOAD = 0x07
    UP_TEMPLATE = 0x08
    DOWN_TEMPLATE = 0x09
    UP_IMAGE = 0x0A
    DELETE = 0x0C
    EMPTY = 0x0D
    SET_PARAMETER = 0x0E
    READ_PARAMETERS = 0x0F
    SET_PASSWORD = 0x12
    VERIFY_PASSWORD = 0x13
    RANDOM = 0x14
    SET_ADDRESS = 0x15
    WRITE_NOTE = 0x18
    READ_NOTE = 0x19
    FAST_SEARCH = 0x1B
    TEMPLATE_COUNT = 0x1D
    READ_INDEX = 0x1F
    AURA_LED = 0x35
    READ_PRODUCT = 0x3C
    SOFT_RESET = 0x3D
    ECHO = 0x53


class Code(IntEnum):
    OK = 0x00
    PACKET = 0x01
    NO_FINGER = 0x02
    IMAGE_FAILED = 0x03
    TOO_FEW_POINTS = 0x07
    NO_MATCH = 0x08
    NOT_FOUND = 0x09
    NOT_THE_SAME = 0x0A
    BAD_PAGE = 0x0B
    LOAD_FAILED = 0x0C
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    BAD_REGISTER = 0x1A
    MUST_VERIFY = 0x21
    ECHOED = 0x55


@dataclass(frozen=True)
class Packet:
    address: int
    kind: int
    content: bytes
    intact: bool  # its checksum is right

    def pack(self) -> bytes:
        """With a wrong checksum where it is not intact."""
        body = HEAD.pack(MAGIC, self.address, self.kind, len(self.content) + 2) + self.content
        total = sum(body[6:]) + (0 if self.intact else 1)
        return body + struct.pack(">H", total & 0xFFFF)


class PacketReader:
    """From bytes to packets; what is none is passed over up to the next EF 01."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        self._buffer += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> Packet | None:
        while True:
            self._skip_to_magic()
            if len(self._buffer) < HEAD.size:
                return None
            _magic, address, kind, length = HEAD.unpack_from(self._buffer)
            if not 2 <= length <= LONGEST:
                del self._buffer[:2]
                continue
            if len(self._buffer) < HEAD.size + length:
                return None
            whole = bytes(self._buffer[: HEAD.size + length])
            del self._buffer[: HEAD.size + length]
            intact = sum(whole[6:-2]) & 0xFFFF == struct.unpack(">H", whole[-2:])[0]
            return Packet(address, kind, whole[HEAD.size : -2], intact)

    def _skip_to_magic(self) -> None:
        at = self._buffer.find(MAGIC)
        if at < 0:
            at = len(self._buffer) - (1 if self._buffer.endswith(MAGIC[:1]) else 0)
        del self._buffer[:at]
