"""USB/IP 1.1.1, the bytes: what the Linux kernel's vhci driver and `usbip` speak. Big-endian throughout.

Pure: bytes in, values out. Source: Linux, Documentation/usb/usbip_protocol.rst, and drivers/usb/usbip/usbip_common.h.

    client                                   server
    OP_REQ_DEVLIST ─────────────────────────▶
                   ◀───────────────────────── OP_REP_DEVLIST, then the connection ends
    OP_REQ_IMPORT  ─────────────────────────▶
                   ◀───────────────────────── OP_REP_IMPORT, then the same connection carries transfers:
    CMD_SUBMIT     ─────────────────────────▶ RET_SUBMIT, in any order, tied by seqnum
    CMD_UNLINK     ─────────────────────────▶ RET_UNLINK, -ECONNRESET when the transfer was still pending, 0 when it had completed
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

VERSION = 0x0111

OP_REQ_DEVLIST = 0x8005
OP_REP_DEVLIST = 0x0005
OP_REQ_IMPORT = 0x8003
OP_REP_IMPORT = 0x0003

ST_OK = 0
ST_NA = 1  # not available
ST_DEV_BUSY = 2  # exported to somebody else
ST_DEV_ERR = 3
ST_NODEV = 4
ST_ERROR = 5

CMD_SUBMIT = 1
CMD_UNLINK = 2
RET_SUBMIT = 3
RET_UNLINK = 4

URB_DIR_IN = 0x0200  # transfer_flags
ECONNRESET = 104  # Linux numbers, on the wire whatever the host's own are

OP_COMMON = struct.Struct(">HHI")  # version, code, status
DEVICE = struct.Struct(">256s32sIIIHHHBBBBBB")  # struct usbip_usb_device
INTERFACE = struct.Struct(">BBBx")
HEADER_SIZE = 48
MAX_DEVICES = 256  # more in one list than any bus has: hostile

_SUBMIT = struct.Struct(">IIIIIIiiii8s")
_UNLINK = struct.Struct(">IIIIII24x")
_RETURN = struct.Struct(">IIIIIii20x")


class UsbipGarbled(ValueError):
    """The server sent bytes that are not USB/IP 1.1.1."""


@dataclass(frozen=True)
class ListedDevice:
    """One entry of a device list: what is known of a device without importing it."""

    path: str
    busid: str
    busnum: int
    devnum: int
    speed: int  # enum usb_device_speed: 1 low, 2 full, 3 high, 5 super
    id_vendor: int
    id_product: int
    bcd_device: int
    device_class: tuple[int, int, int]  # class, subclass, protocol
    configuration: int  # bConfigurationValue, 0 when not configured
    configurations: int
    interface_count: int
    interfaces: tuple[tuple[int, int, int], ...] = ()  # class, subclass, protocol; empty in the answer to an import

    @property
    def devid(self) -> int:
        """What a transfer calls the device by: bus number above, device number below."""
        return (self.busnum & 0xFFFF) << 16 | (self.devnum & 0xFFFF)


@dataclass(frozen=True)
class Return:
    """The head of RET_SUBMIT or RET_UNLINK."""

    command: int  # RET_SUBMIT or RET_UNLINK
    seqnum: int
    status: int  # 0 or a negative Linux errno
    actual: int  # bytes moved; follows as data when the transfer was an IN. 0 for RET_UNLINK


def devlist_request() -> bytes:
    return OP_COMMON.pack(VERSION, OP_REQ_DEVLIST, 0)


def import_request(busid: str) -> bytes:
    name = busid.encode("ascii")
    if len(name) > 31:
        raise ValueError(f"a USB/IP bus id has at most 31 characters, this one {len(name)}")
    return OP_COMMON.pack(VERSION, OP_REQ_IMPORT, 0) + struct.pack(">32s", name)


def parse_reply(data: bytes, code: int) -> int:
    """Status of an operation's answer (8 bytes). Raises UsbipGarbled for another version or another answer."""
    version, got, status = OP_COMMON.unpack(data)
    if version != VERSION:
        raise UsbipGarbled(f"the server speaks USB/IP version {version:#06x}, not {VERSION:#06x}")
    if got != code:
        raise UsbipGarbled(f"the server answered {got:#06x} where {code:#06x} was due")
    return int(status)


def parse_count(data: bytes) -> int:
    """Number of devices in a list (4 bytes)."""
    count = int.from_bytes(data, "big")
    if count > MAX_DEVICES:
        raise UsbipGarbled(f"the server lists {count} devices")
    return count


def parse_device(data: bytes) -> ListedDevice:
    """One struct usbip_usb_device (312 bytes)."""
    path, busid, bus, number, speed, vendor, product, bcd, cls, sub, proto, config, configs, count = DEVICE.unpack(data)
    return ListedDevice(
        path=_text(path),
        busid=_text(busid),
        busnum=bus,
        devnum=number,
        speed=speed,
        id_vendor=vendor,
        id_product=product,
        bcd_device=bcd,
        device_class=(cls, sub, proto),
        configuration=config,
        configurations=configs,
        interface_count=count,
    )


def parse_interfaces(data: bytes) -> tuple[tuple[int, int, int], ...]:
    """The class triples behind a listed device (4 bytes each)."""
    return tuple((a, b, c) for a, b, c in INTERFACE.iter_unpack(data))


def submit(
    seqnum: int, devid: int, endpoint: int, *, is_in: bool, length: int, setup: bytes = bytes(8), interval: int = 0, data: bytes = b""
) -> bytes:
    """CMD_SUBMIT. `endpoint` is the number without its direction bit, `interval` in frames of the bus as the kernel's URB has it."""
    flags = URB_DIR_IN if is_in else 0
    return _SUBMIT.pack(CMD_SUBMIT, seqnum, devid, int(is_in), endpoint, flags, length, 0, 0, interval, setup) + data


def unlink(seqnum: int, devid: int, victim: int) -> bytes:
    """CMD_UNLINK of the transfer that was submitted as `victim`."""
    return _UNLINK.pack(CMD_UNLINK, seqnum, devid, 0, 0, victim)


def parse_return(data: bytes | bytearray) -> Return:
    """The 48 bytes at the head of everything the server sends after the import."""
    command, seqnum, _devid, _direction, _endpoint, status, actual = _RETURN.unpack(data)
    if command not in (RET_SUBMIT, RET_UNLINK):
        raise UsbipGarbled(f"the server sent command {command} where an answer to a transfer was due")
    if command == RET_UNLINK:
        actual = 0
    if actual < 0 or status > 0:
        raise UsbipGarbled(f"the server answered transfer {seqnum} with status {status} and length {actual}")
    return Return(command, seqnum, status, actual)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("ascii", errors="replace")
