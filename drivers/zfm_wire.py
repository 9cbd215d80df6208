"""EF01 packets of serial fingerprint modules: ZFM-20, R30x, AS608, R503. Pure.

Sources: the makers' public user manuals ("ZFM-20 series", "R503 fingerprint module"), and the module's behaviour to two free drivers
(`pyfingerprint`, `adafruit-circuitpython-fingerprint`; no code of them is here). Big-endian throughout.

    EF 01 | address 4 | PID 1 | length 2 = content + 2 | content | checksum 2 = sum of PID, length and content, modulo 65,536
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from drivers.errors import Garbled

HEADER = b"\xef\x01"
BROADCAST = 0xFFFFFFFF  # the address of a module that has not been given one
MOST_CONTENT = 256  # bytes: the largest packet size that a module can be set to
READY_BYTE = 0x55  # R503, when it has started
BAUD_UNIT = 9600  # baud = 9600 * N
BAUDS = (57600, 115200, 9600, 19200, 38400, 28800, 76800, 86400, 96000, 105600, 48000, 67200)  # N = 1..12, most usual first

_HEAD = struct.Struct(">2sIBH")
OVERHEAD = _HEAD.size + 2


class Pid(IntEnum):
    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    LAST_DATA = 0x08


class Op(IntEnum):
    GEN_IMAGE = 0x01
    UP_IMAGE = 0x0A
    SET_PARAMETER = 0x0E
    READ_PARAMETERS = 0x0F
    VERIFY_PASSWORD = 0x13
    AURA_LED = 0x35  # R503
    READ_PRODUCT = 0x3C  # R503


class Code(IntEnum):
    """Confirmation code, first byte of an acknowledgement."""

    OK = 0x00
    PACKET_ERROR = 0x01
    NO_FINGER = 0x02
    IMAGE_FAILED = 0x03
    CANNOT_SEND_IMAGE = 0x0F
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    BAD_REGISTER = 0x1A
    WRONG_ADDRESS = 0x20
    VERIFY_PASSWORD = 0x21


class Aura(IntEnum):
    """R503, mode of the ring."""

    BREATHE = 1
    FLASH = 2
    ON = 3
    OFF = 4


class AuraColour(IntEnum):
    RED = 1
    BLUE = 2
    PURPLE = 3


@dataclass(frozen=True)
class Packet:
    address: int
    pid: int
    content: bytes


@dataclass(frozen=True)
class Damaged:
    """A packet whose checksum is wrong."""

    pid: int


@dataclass(frozen=True)
class Parameters:
    """ReadSysPara, 16 bytes."""

    status: int  # bit 0 busy, 1 match found, 2 password verified, 3 image in the buffer
    system: int
    capacity: int  # templates
    security: int  # 1..5
    address: int
    packet_size: int  # bytes of content in a data packet: 32, 64, 128, 256
    baud: int


@dataclass(frozen=True)
class Product:
    """ReadProdInfo, 46 bytes; only newer modules answer it."""

    model: str
    batch: str
    serial: str
    hardware: str
    sensor: str
    width: int  # pixels
    height: int  # pixels


def build(pid: Pid, content: bytes, address: int = BROADCAST) -> bytes:
    if len(content) > MOST_CONTENT:
        raise ValueError(f"a packet carries at most {MOST_CONTENT} bytes, these are {len(content)}")
    body = _HEAD.pack(HEADER, address, pid, len(content) + 2) + content
    return body + struct.pack(">H", checksum(body))


def command(op: Op, parameters: bytes = b"", address: int = BROADCAST) -> bytes:
    return build(Pid.COMMAND, bytes([op]) + parameters, address)


def checksum(body: bytes | bytearray) -> int:
    """Of a packet without its last two bytes."""
    return sum(body[6:]) & 0xFFFF


class Decoder:
    """From the bytes of the line to packets. Finds its way again by searching for EF 01; holds at most one packet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.passed_over = 0  # bytes that belonged to no packet

    def feed(self, data: bytes) -> list[Packet | Damaged]:
        self._buffer += data
        out: list[Packet | Damaged] = []
        while (found := self._next()) is not None:
            out.append(found)
        return out

    def clear(self) -> None:
        self._buffer.clear()
        self.passed_over = 0

    def _next(self) -> Packet | Damaged | None:
        """The first whole packet, or None when more must come."""
        while True:
            self._seek()
            if len(self._buffer) < _HEAD.size:
                return None
            _, address, pid, length = _HEAD.unpack_from(self._buffer)
            if not 2 < length <= MOST_CONTENT + 2 or pid not in _PIDS:
                self._drop(len(HEADER))
                continue
            size = _HEAD.size + length
            if len(self._buffer) < size:
                return None
            return self._cut(address, pid, size)

    def _seek(self) -> None:
        at = self._buffer.find(HEADER)
        if at < 0:
            at = len(self._buffer) - (1 if self._buffer[-1:] == HEADER[:1] else 0)
        self._drop(at)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self.passed_over += count

    def _cut(self, address: int, pid: int, size: int) -> Packet | Damaged:
        body, stated = self._buffer[: size - 2], int.from_bytes(self._buffer[size - 2 : size], "big")
        if checksum(body) != stated:
            self._drop(len(HEADER))  # its length may be what is wrong: a good packet may begin inside it
            return Damaged(pid)
        del self._buffer[:size]
        return Packet(address, pid, bytes(body[_HEAD.size :]))


_PIDS = frozenset(Pid)


def parse_parameters(data: bytes) -> Parameters:
    """Raises Garbled."""
    if len(data) != 16:
        raise Garbled(f"The module described itself in {len(data)} bytes.")
    status, system, capacity, security, address, size, n = struct.unpack(">HHHHIHH", data)
    if size > 3 or not 1 <= n <= 12:
        raise Garbled(f"The module says packet size {size} and baud rate {n}, which do not exist.")
    return Parameters(status, system, capacity, security, address, 32 << size, n * BAUD_UNIT)


def parse_product(data: bytes) -> Product:
    """Raises Garbled."""
    if len(data) != 46:
        raise Garbled(f"The module described its making in {len(data)} bytes.")
    model, batch, serial, hardware, sensor, width, height, _template, _capacity = struct.unpack(">16s4s8s2s8sHHHH", data)
    if not 0 < width <= 1024 or not 0 < height <= 1024 or width % 2:
        raise Garbled(f"The module says that its sensor has {width} x {height} pixels.")
    return Product(_text(model), _text(batch), _text(serial), f"{hardware[0]}.{hardware[1]}", _text(sensor), width, height)


def pixels(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width), 0 = ridge: two pixels a byte, high nibble first, 16 greys spread over 256. Raises Garbled."""
    if len(data) * 2 != width * height:
        raise Garbled(f"The module sent {len(data)} bytes for an image of {width} x {height} pixels.")
    packed = np.frombuffer(data, np.uint8)
    return (np.stack([packed >> 4, packed & 0x0F], axis=1) * np.uint8(17)).reshape(height, width)


def aura(mode: Aura, colour: AuraColour) -> bytes:
    """Parameters of AURA_LED: endless, at a middle speed."""
    return bytes([mode, 0x60, colour, 0])


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("ascii", errors="replace").strip()
