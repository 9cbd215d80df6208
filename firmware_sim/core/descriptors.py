"""USB 2.0 descriptors as bytes (USB 2.0 specification, chapter 9.6). Values in, bytes out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum


class Type(IntEnum):
    """bDescriptorType, USB 2.0 table 9-5."""

    DEVICE = 1
    CONFIGURATION = 2
    STRING = 3
    INTERFACE = 4
    ENDPOINT = 5
    DEVICE_QUALIFIER = 6
    OTHER_SPEED_CONFIGURATION = 7


class Speed(IntEnum):
    """enum usb_device_speed (Linux, include/uapi/linux/usb/ch9.h)"""

    FULL = 2  # 12 Mbit/s
    HIGH = 3  # 480 Mbit/s


BULK, INTERRUPT = 2, 3  # bmAttributes bits 0..1, USB 2.0 table 9-13
IN = 0x80  # bEndpointAddress bit 7
BUS_POWERED = 0x80  # bmAttributes of a configuration: bit 7 is always set
ENGLISH_US = 0x0409  # the one language of the strings
USB_2 = 0x0200  # bcdUSB


@dataclass(frozen=True)
class Endpoint:
    address: int  # number, bit 7 set for IN
    kind: int  # BULK or INTERRUPT
    max_packet: int  # bytes, high speed
    interval: int  # high speed: 2 ** (interval - 1) microframes of 125 us; 0 for bulk
    full_speed_packet: int = 64  # bytes
    full_speed_interval: int = 0  # ms

    def pack(self) -> bytes:
        return struct.pack("<BBBBHB", 7, Type.ENDPOINT, self.address, self.kind, self.max_packet, self.interval)

    def at_full_speed(self) -> Endpoint:
        return replace(self, max_packet=self.full_speed_packet, interval=self.full_speed_interval)


@dataclass(frozen=True)
class Interface:
    number: int
    triple: tuple[int, int, int]  # class, subclass, protocol
    endpoints: tuple[Endpoint, ...]
    alternate: int = 0

    def pack(self) -> bytes:
        head = struct.pack("<9B", 9, Type.INTERFACE, self.number, self.alternate, len(self.endpoints), *self.triple, 0)
        return head + b"".join(endpoint.pack() for endpoint in self.endpoints)

    def at_full_speed(self) -> Interface:
        return replace(self, endpoints=tuple(endpoint.at_full_speed() for endpoint in self.endpoints))


@dataclass(frozen=True)
class Configuration:
    value: int
    interfaces: tuple[Interface, ...]
    power_ma: int  # mA

    def pack(self, kind: Type = Type.CONFIGURATION) -> bytes:
        body = b"".join(interface.pack() for interface in self.interfaces)
        count = len({interface.number for interface in self.interfaces})
        return struct.pack("<BBHBBBBB", 9, kind, 9 + len(body), count, self.value, 0, BUS_POWERED, self.power_ma // 2) + body

    def pack_other_speed(self) -> bytes:
        """What the device would be at full speed (USB 2.0, 9.6.4)."""
        slow = replace(self, interfaces=tuple(interface.at_full_speed() for interface in self.interfaces))
        return slow.pack(Type.OTHER_SPEED_CONFIGURATION)


@dataclass(frozen=True)
class Descriptors:
    """All that one device tells of itself. String 1 is the manufacturer, 2 the product, 3 the serial number."""

    vendor: int
    product: int
    release: int  # bcdDevice
    strings: tuple[str, str, str]
    configuration: Configuration
    max_packet_0: int = 64  # bytes
    speed: Speed = Speed.HIGH

    def device(self) -> bytes:
        ids = (self.vendor, self.product, self.release)
        return struct.pack("<BBHBBBBHHHBBBB", 18, Type.DEVICE, USB_2, 0, 0, 0, self.max_packet_0, *ids, 1, 2, 3, 1)

    def qualifier(self) -> bytes:
        return struct.pack("<BBHBBBBBB", 10, Type.DEVICE_QUALIFIER, USB_2, 0, 0, 0, self.max_packet_0, 1, 0)

    def string(self, index: int) -> bytes | None:
        if index == 0:
            return struct.pack("<BBH", 4, Type.STRING, ENGLISH_US)
        if index > len(self.strings):
            return None
        text = self.strings[index - 1].encode("utf-16-le")[:252]  # bLength is one byte
        return struct.pack("<BB", 2 + len(text), Type.STRING) + text

    def find(self, kind: int, index: int) -> bytes | None:
        """The descriptor GET_DESCRIPTOR asks for, None when there is none."""
        if kind == Type.STRING:
            return self.string(index)
        if index != 0:
            return None
        makers: dict[int, Callable[[], bytes]] = {Type.DEVICE: self.device, Type.CONFIGURATION: self.configuration.pack}
        if self.speed is Speed.HIGH:  # USB 2.0, 9.6.2: a device of one speed only has no qualifier
            makers |= {Type.DEVICE_QUALIFIER: self.qualifier, Type.OTHER_SPEED_CONFIGURATION: self.configuration.pack_other_speed}
        return makers[kind]() if kind in makers else None
