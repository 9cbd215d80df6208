"""USB/IP protocol 1.1.1 as bytes (Linux, Documentation/usb/usbip_protocol.rst). Everything is big-endian, but for the SETUP packet.

An operation (list, import) comes first on a connection; after a granted import the same connection carries 48-byte URB headers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

VERSION = 0x0111
HIGH_SPEED = 3  # enum usb_device_speed


class UsbipError(Exception):
    """The client sent bytes that are not USB/IP; its connection ends."""


class Operation(IntEnum):
    REQ_DEVLIST = 0x8005
    REP_DEVLIST = 0x0005
    REQ_IMPORT = 0x8003
    REP_IMPORT = 0x0003


class OpStatus(IntEnum):
    """tools/usb/usbip/libsrc/usbip_common.h"""

    OK = 0
    NOT_AVAILABLE = 1
    DEVICE_BUSY = 2
    DEVICE_ERROR = 3
    NO_DEVICE = 4


class Command(IntEnum):
    SUBMIT = 1
    UNLINK = 2
    RET_SUBMIT = 3
    RET_UNLINK = 4


OP_SIZE, BUSID_SIZE, URB_SIZE = 8, 32, 48  # bytes
_OP = struct.Struct(">HHI")
_DEVICE = struct.Struct(">256s32sIIIHHHBBBBBB")
_BASIC = struct.Struct(">5I")
_SUBMIT = struct.Struct(">5I Iiiii 8s")
_UNLINK = struct.Struct(">5I I24x")
_RET_SUBMIT = struct.Struct(">5I iIiII 8x")
_RET_UNLINK = struct.Struct(">5I i24x")


@dataclass(frozen=True)
class Exported:
    """How one device is shown in lists."""

    path: str
    busid: str  # such as 1-1
    bus: int
    number: int
    ids: tuple[int, int, int]  # idVendor, idProduct, bcdDevice
    configuration: int  # bConfigurationValue now
    triples: tuple[tuple[int, int, int], ...]  # class, subclass, protocol of each interface
    speed: int = HIGH_SPEED  # enum usb_device_speed

    @property
    def devid(self) -> int:
        return self.bus << 16 | self.number

    def pack(self) -> bytes:
        names = (self.path.encode(), self.busid.encode())
        place = (self.bus, self.number, self.speed)
        return _DEVICE.pack(*names, *place, *self.ids, 0, 0, 0, self.configuration, 1, len(self.triples))

    def pack_interfaces(self) -> bytes:
        return b"".join(bytes([*triple, 0]) for triple in self.triples)


@dataclass(frozen=True)
class Submit:
    seqnum: int
    devid: int
    to_host: bool
    endpoint: int  # number without direction
    flags: int
    length: int  # bytes
    packets: int  # isochronous packets; 0 or -1 otherwise
    setup: bytes


@dataclass(frozen=True)
class Unlink:
    seqnum: int
    devid: int
    victim: int  # seqnum of the request to take back


def parse_operation(data: bytes) -> Operation:
    """The code of a request. Raises UsbipError."""
    version, code, _status = _OP.unpack(data)
    if version != VERSION or code not in (Operation.REQ_DEVLIST, Operation.REQ_IMPORT):
        raise UsbipError(f"operation {code:#06x} of version {version:#06x}")
    return Operation(code)


def parse_busid(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("ascii", "replace")


def pack_devlist(devices: Sequence[Exported]) -> bytes:
    body = b"".join(device.pack() + device.pack_interfaces() for device in devices)
    return _OP.pack(VERSION, Operation.REP_DEVLIST, OpStatus.OK) + struct.pack(">I", len(devices)) + body


def pack_import(status: OpStatus, device: Exported | None = None) -> bytes:
    head = _OP.pack(VERSION, Operation.REP_IMPORT, status)
    return head + device.pack() if device is not None and status is OpStatus.OK else head


def parse_urb(data: bytes) -> Submit | Unlink:
    """A 48-byte request. Raises UsbipError."""
    command, seqnum, devid, direction, endpoint = _BASIC.unpack_from(data)
    if command == Command.UNLINK:
        return Unlink(seqnum, devid, _UNLINK.unpack(data)[5])
    if command != Command.SUBMIT or direction > 1 or endpoint > 15:
        raise UsbipError(f"command {command:#x}, direction {direction}, endpoint {endpoint}")
    flags, length, _start, packets, _interval, setup = _SUBMIT.unpack(data)[5:]
    if length < 0 or packets > 0:
        raise UsbipError(f"length {length}, {packets} isochronous packets")
    return Submit(seqnum, devid, direction == 1, endpoint, flags, length, packets, setup)


def pack_ret_submit(seqnum: int, status: int, actual: int, packets: int) -> bytes:
    return _RET_SUBMIT.pack(Command.RET_SUBMIT, seqnum, 0, 0, 0, status, actual, 0, packets & 0xFFFFFFFF, 0)


def pack_ret_unlink(seqnum: int, status: int) -> bytes:
    return _RET_UNLINK.pack(Command.RET_UNLINK, seqnum, 0, 0, 0, status)
