"""Numbers and structures of Linux's usbfs on x86-64 (include/uapi/linux/usbdevice_fs.h), and a device's face in sysfs.

Standard library only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

CONTROL, BULK, SET_INTERFACE, SET_CONFIGURATION, GET_DRIVER = 0xC0185500, 0xC0185502, 0x80085504, 0x80045505, 0x41045508
SUBMIT_URB, DISCARD_URB, REAP_URB, REAP_URB_NO_DELAY = 0x8038550A, 0x550B, 0x4008550C, 0x4008550D
CLAIM_INTERFACE, RELEASE_INTERFACE, CONNECT_INFO, IOCTL, RESET = 0x8004550F, 0x80045510, 0x40085511, 0xC0105512, 0x5514
CLEAR_HALT, GET_CAPABILITIES, DISCONNECT_CLAIM, GET_SPEED = 0x80045515, 0x8004551A, 0x8108551B, 0x551F

CAPABILITIES = 0x01 | 0x04 | 0x10  # ZERO_PACKET, NO_PACKET_SIZE_LIM, REAP_AFTER_DISCONNECT: one URB for a read of any size
URB_INTERRUPT, URB_CONTROL, URB_BULK = 1, 2, 3
URB_SIZE, URB_STATUS, URB_BUFFER, URB_ACTUAL = 56, 4, 16, 28  # bytes; offsets of fields
_URB = struct.Struct("<BBxxiI4xQiiiiiIQ")
_SPEEDS = {1: "1.5", 2: "12", 3: "480"}


@dataclass(frozen=True)
class SubmittedUrb:
    kind: int
    endpoint: int
    flags: int
    length: int  # of the buffer; of a control request with its eight bytes

    @classmethod
    def parse(cls, data: bytes) -> SubmittedUrb:
        kind, endpoint, _status, flags, _buffer, length, *_rest = _URB.unpack(data)
        return cls(kind, endpoint, flags, length)


@dataclass(frozen=True)
class Face:
    """What the kernel would know of a device before anybody opens it."""

    bus: int
    number: int
    speed: int  # enum usb_device_speed
    device: bytes  # descriptor, 18 bytes
    configuration: bytes  # descriptor with all that follows
    strings: tuple[str, str, str]  # manufacturer, product, serial number

    @property
    def path(self) -> str:
        return f"/devices/pci0000:00/0000:00:14.0/usb{self.bus}/{self.bus}-1"

    @property
    def node(self) -> str:
        return f"/dev/bus/usb/{self.bus:03d}/{self.number:03d}"

    def describe(self) -> str:
        """In the words of umockdev's device files."""
        fields = struct.unpack("<BBHBBBBHHHBBBB", self.device)
        version, (usb_class, subclass, protocol, packet_0), (vendor, product, release) = fields[2], fields[3:7], fields[7:10]
        interfaces, power, attributes = self.configuration[4], self.configuration[8] * 2, self.configuration[7]
        blob = (self.device + self.configuration).hex().upper()
        lines = [f"P: {self.path}", f"N: {self.node.removeprefix('/dev/')}={blob}"]
        lines += [f"E: {line}" for line in self._properties(vendor, product, release, (usb_class, subclass, protocol))]
        attributes_of = {
            "bConfigurationValue": self.configuration[5],
            "bDeviceClass": f"{usb_class:02x}",
            "bDeviceSubClass": f"{subclass:02x}",
            "bDeviceProtocol": f"{protocol:02x}",
            "bMaxPacketSize0": packet_0,
            "bMaxPower": f"{power}mA",
            "bNumConfigurations": fields[13],
            "bNumInterfaces": f"{interfaces:2d}",
            "bcdDevice": f"{release:04x}",
            "bmAttributes": f"{attributes:x}",
            "busnum": self.bus,
            "dev": f"189:{self._minor}",
            "devnum": self.number,
            "devpath": 1,
            "idProduct": f"{product:04x}",
            "idVendor": f"{vendor:04x}",
            "speed": _SPEEDS.get(self.speed, "480"),
            "version": f"{version >> 8:2x}.{version & 0xFF:02x}",
            **dict(zip(("manufacturer", "product", "serial"), self.strings, strict=True)),
        }
        lines += [f"A: {name}={_escaped(value)}\\n" for name, value in sorted(attributes_of.items())]
        lines.append(f"H: descriptors={blob}")
        return "\n".join([*lines, "", self._interface()]) + "\n"

    @property
    def _minor(self) -> int:
        return (self.bus - 1) * 128 + self.number - 1

    def _properties(self, vendor: int, product: int, release: int, triple: tuple[int, int, int]) -> list[str]:
        return [
            f"DEVNAME={self.node}",
            "DEVTYPE=usb_device",
            "DRIVER=usb",
            f"PRODUCT={vendor:x}/{product:x}/{release:x}",
            f"TYPE={triple[0]}/{triple[1]}/{triple[2]}",
            f"BUSNUM={self.bus:03d}",
            f"DEVNUM={self.number:03d}",
            "MAJOR=189",
            f"MINOR={self._minor}",
            "SUBSYSTEM=usb",
            f"ID_VENDOR_ID={vendor:04x}",
            f"ID_MODEL_ID={product:04x}",
            f"ID_REVISION={release:04x}",
            f"ID_SERIAL_SHORT={self.strings[2]}",
            "ID_BUS=usb",
        ]

    def _interface(self) -> str:
        """The first interface, of which there is one in every device here."""
        number, alternate, endpoints, usb_class, subclass, protocol = struct.unpack_from("<6B", self.configuration, 9 + 2)
        properties = ["DEVTYPE=usb_interface", f"INTERFACE={usb_class}/{subclass}/{protocol}", "SUBSYSTEM=usb"]
        attributes = {
            "bInterfaceNumber": number,
            "bAlternateSetting": alternate,
            "bNumEndpoints": endpoints,
            "bInterfaceClass": usb_class,
            "bInterfaceSubClass": subclass,
            "bInterfaceProtocol": protocol,
        }
        lines = [f"P: {self.path}/{self.bus}-1:1.{number}", *(f"E: {line}" for line in properties)]
        return "\n".join([*lines, *(f"A: {name}={value:02x}\\n" for name, value in attributes.items())]) + "\n"


def _escaped(value: object) -> str:
    """As umockdev wants it: what is not ASCII as octal bytes."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\{byte:03o}" for byte in str(value).encode())


# the root hub above, so that a device has a parent as in life
ROOT_DEVICE = bytes.fromhex("1201 0002 090001 40 6B1D 0200 0106 03 02 01 01")
ROOT_CONFIGURATION = bytes.fromhex("0902 1900 01 01 00 E0 00 0904000001090000 00 0705 81 03 0400 0C")


def root_hub(bus: int) -> str:
    blob = (ROOT_DEVICE + ROOT_CONFIGURATION).hex().upper()
    attributes = {"busnum": bus, "devnum": 1, "speed": 480, "idVendor": "1d6b", "idProduct": "0002", "bConfigurationValue": 1, "devpath": 0}
    properties = [f"DEVNAME=/dev/bus/usb/{bus:03d}/001", "DEVTYPE=usb_device", f"BUSNUM={bus:03d}", "DEVNUM=001", "SUBSYSTEM=usb"]
    lines = [f"P: /devices/pci0000:00/0000:00:14.0/usb{bus}", f"N: bus/usb/{bus:03d}/001={blob}"]
    lines += [f"E: {line}" for line in properties] + [f"A: {name}={value}\\n" for name, value in attributes.items()]
    return "\n".join([*lines, f"H: descriptors={blob}"]) + "\n"
