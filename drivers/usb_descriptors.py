"""USB 2.0 descriptors (chapter 9.6) as values under the names that pyusb asks for. Pure.

Read kindly: an unknown descriptor is kept as `extra_descriptors` of what stands before it; only lengths that cannot be are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

DT_DEVICE, DT_CONFIG, DT_STRING, DT_INTERFACE, DT_ENDPOINT = 1, 2, 3, 4, 5
DEVICE_SIZE, CONFIG_SIZE, INTERFACE_SIZE, ENDPOINT_SIZE = 18, 9, 9, 7

_DEVICE = struct.Struct("<BBHBBBBHHHBBBB")
_CONFIG = struct.Struct("<BBHBBBBB")
_INTERFACE = struct.Struct("<BBBBBBBBB")
_ENDPOINT = struct.Struct("<BBBBHB")


class DescriptorError(ValueError):
    """The device describes itself in bytes that make no sense."""


@dataclass(frozen=True)
class DeviceDescriptor:
    bLength: int
    bDescriptorType: int
    bcdUSB: int
    bDeviceClass: int
    bDeviceSubClass: int
    bDeviceProtocol: int
    bMaxPacketSize0: int
    idVendor: int
    idProduct: int
    bcdDevice: int
    iManufacturer: int
    iProduct: int
    iSerialNumber: int
    bNumConfigurations: int
    # where it is, which no descriptor tells
    bus: int = 0
    address: int = 0
    speed: int = 0  # libusb_speed: 1 low, 2 full, 3 high, 4 super
    port_number: int | None = None
    port_numbers: tuple[int, ...] | None = None


@dataclass(frozen=True)
class EndpointDescriptor:
    bLength: int
    bDescriptorType: int
    bEndpointAddress: int
    bmAttributes: int
    wMaxPacketSize: int
    bInterval: int
    bRefresh: int = 0
    bSynchAddress: int = 0
    extra_descriptors: tuple[int, ...] = ()


@dataclass(frozen=True)
class InterfaceDescriptor:
    bLength: int
    bDescriptorType: int
    bInterfaceNumber: int
    bAlternateSetting: int
    bNumEndpoints: int
    bInterfaceClass: int
    bInterfaceSubClass: int
    bInterfaceProtocol: int
    iInterface: int
    endpoints: tuple[EndpointDescriptor, ...] = ()
    extra_descriptors: tuple[int, ...] = ()


@dataclass(frozen=True)
class ConfigurationDescriptor:
    bLength: int
    bDescriptorType: int
    wTotalLength: int
    bNumInterfaces: int
    bConfigurationValue: int
    iConfiguration: int
    bmAttributes: int
    bMaxPower: int
    interfaces: tuple[tuple[InterfaceDescriptor, ...], ...] = ()  # [interface][alternate setting]
    extra_descriptors: tuple[int, ...] = ()

    def endpoint(self, address: int) -> EndpointDescriptor | None:
        """The endpoint with this bEndpointAddress in any interface, or None."""
        all_settings = (setting for settings in self.interfaces for setting in settings)
        return next((e for s in all_settings for e in s.endpoints if e.bEndpointAddress == address), None)


@dataclass
class _Open:
    """The interface that is being read."""

    interface: InterfaceDescriptor
    endpoints: list[EndpointDescriptor] = field(default_factory=list)

    def closed(self) -> InterfaceDescriptor:
        return replace(self.interface, endpoints=tuple(self.endpoints), bNumEndpoints=len(self.endpoints))


def parse_device(data: bytes) -> DeviceDescriptor:
    """The 18 bytes of a device descriptor. Raises DescriptorError."""
    if len(data) < DEVICE_SIZE or data[0] < DEVICE_SIZE or data[1] != DT_DEVICE:
        raise DescriptorError(f"{len(data)} bytes that are not a device descriptor")
    return DeviceDescriptor(*_DEVICE.unpack_from(data))


def parse_configuration(data: bytes) -> ConfigurationDescriptor:
    """A whole configuration, `wTotalLength` bytes. Raises DescriptorError."""
    if len(data) < CONFIG_SIZE or data[0] < CONFIG_SIZE or data[1] != DT_CONFIG:
        raise DescriptorError(f"{len(data)} bytes that are not a configuration descriptor")
    config = ConfigurationDescriptor(*_CONFIG.unpack_from(data))
    if config.wTotalLength > len(data):
        raise DescriptorError(f"a configuration of {config.wTotalLength} bytes of which {len(data)} came")
    settings, extra = _settings(data[: config.wTotalLength], data[0])
    by_number: dict[int, list[InterfaceDescriptor]] = {}
    for setting in settings:
        by_number.setdefault(setting.bInterfaceNumber, []).append(setting)
    interfaces = tuple(tuple(alternates) for alternates in by_number.values())
    return replace(config, interfaces=interfaces, bNumInterfaces=len(interfaces), extra_descriptors=extra)


def _settings(data: bytes, start: int) -> tuple[list[InterfaceDescriptor], tuple[int, ...]]:
    """All interface settings in their order, and what stands before the first."""
    done: list[InterfaceDescriptor] = []
    extra: tuple[int, ...] = ()
    now: _Open | None = None
    for piece in _pieces(data, start):
        if piece[1] == DT_INTERFACE and len(piece) >= INTERFACE_SIZE:
            done += [now.closed()] if now else []
            now = _Open(InterfaceDescriptor(*_INTERFACE.unpack_from(piece)))
        elif now is None:
            extra += tuple(piece)
        elif piece[1] == DT_ENDPOINT and len(piece) >= ENDPOINT_SIZE:
            now.endpoints.append(EndpointDescriptor(*_ENDPOINT.unpack_from(piece)))
        elif now.endpoints:
            last = now.endpoints[-1]
            now.endpoints[-1] = replace(last, extra_descriptors=last.extra_descriptors + tuple(piece))
        else:
            now.interface = replace(now.interface, extra_descriptors=now.interface.extra_descriptors + tuple(piece))
    return done + ([now.closed()] if now else []), extra


def _pieces(data: bytes, start: int) -> Iterator[bytes]:
    """Descriptor by descriptor: length, type, rest."""
    at = start
    while at < len(data):
        size = data[at]
        if size < 2 or at + size > len(data):
            raise DescriptorError(f"a descriptor of {size} bytes at offset {at} of {len(data)}")
        yield data[at : at + size]
        at += size
