"""The usbredir protocol 0.7 as bytes, seen from the side that has the device (usbredir, docs/usb-redirection-protocol). Little-endian.

A head is type, length of what follows, id: an id of 32 bits until both sides have said hello, of 64 bits then if both can.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from firmware_sim.core.descriptors import BULK, Descriptors, Speed
from firmware_sim.core.urb import Status


class RedirError(Exception):
    """The other side sent bytes that are not usbredir; its connection ends."""


class Kind(IntEnum):
    HELLO = 0
    DEVICE_CONNECT = 1
    DEVICE_DISCONNECT = 2
    RESET = 3
    INTERFACE_INFO = 4
    EP_INFO = 5
    SET_CONFIGURATION = 6
    GET_CONFIGURATION = 7
    CONFIGURATION_STATUS = 8
    SET_ALT_SETTING = 9
    GET_ALT_SETTING = 10
    ALT_SETTING_STATUS = 11
    START_INTERRUPT_RECEIVING = 15
    STOP_INTERRUPT_RECEIVING = 16
    INTERRUPT_RECEIVING_STATUS = 17
    CANCEL_DATA_PACKET = 21
    FILTER_REJECT = 22
    FILTER_FILTER = 23
    DEVICE_DISCONNECT_ACK = 24
    CONTROL_PACKET = 100
    BULK_PACKET = 101
    INTERRUPT_PACKET = 103


class RedirStatus(IntEnum):
    SUCCESS = 0
    CANCELLED = 1
    INVALID = 2
    IO_ERROR = 3
    STALL = 4
    TIMEOUT = 5
    BABBLE = 6


class Cap(IntEnum):
    """Bits of the capabilities that we have."""

    CONNECT_DEVICE_VERSION = 1
    DEVICE_DISCONNECT_ACK = 3
    EP_INFO_MAX_PACKET_SIZE = 4
    IDS_64 = 5
    BULK_LENGTH_32 = 6


CAPABILITIES = sum(1 << cap for cap in Cap)
NEEDED = 1 << Cap.EP_INFO_MAX_PACKET_SIZE | 1 << Cap.BULK_LENGTH_32 | 1 << Cap.CONNECT_DEVICE_VERSION
_NARROW, _WIDE = struct.Struct("<III"), struct.Struct("<IIQ")
_HELLO = struct.Struct("<64sI")
_CONTROL = struct.Struct("<BBBBHHH")
_BULK = struct.Struct("<BBHIH")
_INTERRUPT = struct.Struct("<BBH")
MAX_LENGTH = (16 << 20) + 64  # bytes in one packet
SPEEDS = {Speed.FULL: 1, Speed.HIGH: 2}
_INVALID, _CONTROL_TYPE = 255, 0
_STATUSES = {
    Status.OK: RedirStatus.SUCCESS,
    Status.UNLINKED: RedirStatus.CANCELLED,
    Status.STALL: RedirStatus.STALL,
    Status.BABBLE: RedirStatus.BABBLE,
}


@dataclass(frozen=True)
class Packet:
    kind: int
    id: int
    body: bytes


@dataclass(frozen=True)
class Transfer:
    """A control or bulk packet."""

    endpoint: int  # address
    length: int  # bytes of room or of data
    data: bytes
    setup: bytes = b""


class Decoder:
    """From bytes to packets, one at a time: what a hello says changes how the next one is read."""

    def __init__(self) -> None:
        self.wide = False  # ids of 64 bits
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Packet | None:
        """None when more bytes are needed. Raises RedirError."""
        head = _WIDE if self.wide else _NARROW
        if len(self._buffer) < head.size:
            return None
        kind, length, number = head.unpack_from(self._buffer)
        if length > MAX_LENGTH:
            raise RedirError(f"a packet of {length} bytes")
        if len(self._buffer) < head.size + length:
            return None
        packet = Packet(kind, number, bytes(self._buffer[head.size : head.size + length]))
        del self._buffer[: head.size + length]
        return packet


@dataclass(frozen=True)
class Answer:
    """A packet to send; what a picture is made of is not copied."""

    kind: Kind
    pieces: tuple[bytes | memoryview, ...]
    number: int = 0

    def frame(self, *, wide: bool) -> list[bytes | memoryview]:
        head = _WIDE if wide else _NARROW
        return [head.pack(self.kind, sum(map(len, self.pieces)), self.number), *self.pieces]


def pack(kind: Kind, body: bytes = b"", number: int = 0) -> Answer:
    return Answer(kind, (body,), number)


def pack_hello() -> Answer:
    return pack(Kind.HELLO, _HELLO.pack(b"livescan firmware_sim", CAPABILITIES))


def parse_hello(body: bytes) -> int:
    """The other side's capabilities. Raises RedirError when it lacks what we need."""
    if len(body) < 64:
        raise RedirError("a short hello")
    capabilities = struct.unpack_from("<I", body.ljust(68, b"\0"), 64)[0]
    if capabilities & NEEDED != NEEDED:
        raise RedirError(f"capabilities {capabilities:#x}")
    return int(capabilities)


def pack_connect(told: Descriptors) -> list[Answer]:
    """Interfaces, endpoints, then the device, as QEMU wants them."""
    ids = (told.vendor, told.product, told.release)
    return [*pack_interfaces(told), pack(Kind.DEVICE_CONNECT, struct.pack("<BBBBHHH", SPEEDS[told.speed], 0, 0, 0, *ids))]


def pack_interfaces(told: Descriptors) -> list[Answer]:
    interfaces = told.configuration.interfaces
    triples = [interface.triple for interface in interfaces]
    columns = [[interface.number for interface in interfaces], *([triple[n] for triple in triples] for n in range(3))]
    info = struct.pack("<I", len(interfaces)) + b"".join(bytes(column).ljust(32, b"\0") for column in columns)
    return [pack(Kind.INTERFACE_INFO, info), pack(Kind.EP_INFO, _endpoint_info(told))]


def _endpoint_info(told: Descriptors) -> bytes:
    types, intervals, owners, sizes = [_INVALID] * 32, [0] * 32, [0] * 32, [0] * 32
    for place in (0, 16):
        types[place], sizes[place] = _CONTROL_TYPE, told.max_packet_0
    for interface in told.configuration.interfaces:
        for endpoint in interface.endpoints:
            place = (endpoint.address & 0x80) >> 3 | endpoint.address & 0x0F
            types[place], intervals[place] = (2 if endpoint.kind == BULK else 3), endpoint.interval
            owners[place], sizes[place] = interface.number, endpoint.max_packet
    return bytes(types) + bytes(intervals) + bytes(owners) + struct.pack("<32H", *sizes)


def redir_status(status: Status | None) -> RedirStatus:
    return _STATUSES.get(status or Status.OK, RedirStatus.IO_ERROR)


def parse_control(body: bytes) -> Transfer:
    """Raises RedirError."""
    if len(body) < _CONTROL.size:
        raise RedirError("a short control packet")
    _endpoint, request, request_type, _status, value, index, length = _CONTROL.unpack_from(body)
    data = body[_CONTROL.size :]
    if request_type & 0x80:
        data = b""
    elif len(data) != length:
        raise RedirError(f"{len(data)} bytes for {length}")
    return Transfer(request_type & 0x80, length, data, struct.pack("<BBHHH", request_type, request, value, index, length))


def pack_control(asked: bytes, status: RedirStatus, actual: int, pieces: Sequence[bytes | memoryview], number: int) -> Answer:
    """The answer repeats what was asked, with status and length."""
    endpoint, request, request_type, _status, value, index, _length = _CONTROL.unpack_from(asked)
    head = _CONTROL.pack(endpoint, request, request_type, status, value, index, actual)
    return Answer(Kind.CONTROL_PACKET, (head, *pieces), number)


def parse_bulk(body: bytes) -> Transfer:
    """Raises RedirError."""
    if len(body) < _BULK.size:
        raise RedirError("a short bulk packet")
    endpoint, _status, low, _stream, high = _BULK.unpack_from(body)
    length, data = high << 16 | low, body[_BULK.size :]
    if length > MAX_LENGTH or (not endpoint & 0x80 and len(data) != length):
        raise RedirError(f"{len(data)} bytes for {length}")
    return Transfer(endpoint, length, b"" if endpoint & 0x80 else data)


def pack_bulk(endpoint: int, status: RedirStatus, actual: int, pieces: Sequence[bytes | memoryview], number: int) -> Answer:
    return Answer(Kind.BULK_PACKET, (_BULK.pack(endpoint, status, actual & 0xFFFF, 0, actual >> 16), *pieces), number)


def pack_interrupt(endpoint: int, status: RedirStatus, data: bytes, number: int) -> Answer:
    return Answer(Kind.INTERRUPT_PACKET, (_INTERRUPT.pack(endpoint, status, len(data)), data), number)


def one_byte(body: bytes) -> int:
    """Raises RedirError."""
    if len(body) < 1:
        raise RedirError("an empty packet")
    return body[0]
