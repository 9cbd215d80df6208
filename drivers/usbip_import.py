"""A device on a USB/IP server, found in its list and imported: what the kernel's hub and usbfs would do for a device of its own.

An import is exclusive: the server refuses a second one. Inside this process several handles share one import, as several programs share a
local device through usbfs, and an interface belongs to the handle that claimed it.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from drivers import usb_descriptors as descriptors
from drivers import usbip_wire as wire
from drivers.usb_descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor
from drivers.usb_errors import BUSY, IO, NO_DEVICE, NO_MEM, NOT_FOUND, TIMEOUT, usb_error
from drivers.usbip_address import UsbipAddress
from drivers.usbip_connection import UsbipConnection

CONTROL_TIMEOUT = 1000  # ms, for the requests of our own
BUSY_PATIENCE = 0.2  # s that a server may take to notice that the former importer has hung up
MAX_TRANSFER = 4 << 20  # bytes; above that a read on vhci_hcd fails with ENOMEM, measured on Linux 6.1

# USB 2.0 chapter 9.4, bRequest
CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR, SET_CONFIGURATION, SET_INTERFACE = 1, 3, 6, 9, 11
_PORT_RESET = 4  # feature selector of a hub's port, chapter 11.24.2; Linux's USB/IP server takes it for "reset the device"
_T = TypeVar("_T")
_SETUP = struct.Struct("<BBHHH")
_LIBUSB_SPEED = {1: 1, 2: 2, 3: 3, 5: 4, 6: 5}  # enum usb_device_speed -> enum libusb_speed
_INTERRUPT = 3  # bmAttributes & 3
_IMPORT_ERROR = {wire.ST_NA: BUSY, wire.ST_DEV_BUSY: BUSY, wire.ST_NODEV: NO_DEVICE}


@dataclass(frozen=True)
class Description:
    """Everything a device says of itself before it is used."""

    device: DeviceDescriptor
    configurations: tuple[ConfigurationDescriptor, ...]


def list_devices(address: UsbipAddress) -> list[wire.ListedDevice]:
    """OP_REQ_DEVLIST. Raises USBError: ENODEV when nothing answers there, EIO when it is no USB/IP server."""

    def ask(sock: socket.socket) -> list[wire.ListedDevice]:
        sock.sendall(wire.devlist_request())
        if wire.parse_reply(_receive(sock, 8), wire.OP_REP_DEVLIST) != wire.ST_OK:
            return []
        return [_listed(sock) for _ in range(wire.parse_count(_receive(sock, 4)))]

    sock = _dial(address)
    with sock:
        return _asked(address, sock, ask)


def _listed(sock: socket.socket) -> wire.ListedDevice:
    device = wire.parse_device(_receive(sock, wire.DEVICE.size))
    interfaces = wire.parse_interfaces(_receive(sock, device.interface_count * wire.INTERFACE.size))
    return replace(device, interfaces=interfaces)


def describe_listed(listed: wire.ListedDevice) -> Description:
    """What can be said of a device that somebody else has imported: its class triples, but no strings and no endpoints."""
    cls = listed.device_class
    device = DeviceDescriptor(
        18, 1, 0, *cls, 0, listed.id_vendor, listed.id_product, listed.bcd_device, 0, 0, 0, min(listed.configurations, 1)
    )
    interfaces = tuple((InterfaceDescriptor(9, 4, n, 0, 0, *triple, 0),) for n, triple in enumerate(listed.interfaces))
    config = ConfigurationDescriptor(9, 2, 9, len(interfaces), listed.configuration, 0, 0x80, 0, interfaces)
    return Description(_placed(device, listed), (config,) if listed.configurations else ())


class ImportedDevice:
    """One import, alive until `close` or until the device is gone; it never comes back to life."""

    def __init__(self, address: UsbipAddress, listed: wire.ListedDevice) -> None:
        """Import, read the descriptors, configure as the kernel does. Raises USBError."""
        sock, imported = _import(address, listed.busid)
        self.connection = UsbipConnection(sock, imported.devid)
        self.claims: dict[int, object] = {}  # interface number -> handle
        self.users = 0
        try:
            if (imported.id_vendor, imported.id_product, imported.devnum) != (listed.id_vendor, listed.id_product, listed.devnum):
                raise usb_error(NO_DEVICE)
            self.description = self._describe(imported)
            self.configuration = imported.configuration
            if not self.configuration and self.description.configurations:
                self.configure(self.description.configurations[0].bConfigurationValue)
        except BaseException:
            self.close()
            raise

    @property
    def gone(self) -> bool:
        return self.connection.gone

    def close(self) -> None:
        self.connection.close()

    def control(
        self, request_type: int, request: int, value: int, index: int, buffer: memoryview, *, timeout_ms: int = CONTROL_TIMEOUT
    ) -> int:
        setup = _SETUP.pack(request_type, request, value, index, len(buffer))
        return self.connection.transfer(0, buffer, is_in=bool(request_type & 0x80), timeout_ms=timeout_ms, setup=setup)

    def transfer(self, endpoint: int, buffer: memoryview, timeout_ms: int) -> int:
        """Bulk or interrupt; `endpoint` is its bEndpointAddress."""
        if len(buffer) > MAX_TRANSFER:
            raise usb_error(NO_MEM)
        found = self._endpoint(endpoint)
        interval = _interval(found) if found else 0
        return self.connection.transfer(endpoint & 0x0F, buffer, is_in=bool(endpoint & 0x80), timeout_ms=timeout_ms, interval=interval)

    def configure(self, value: int) -> None:
        self.control(0x00, SET_CONFIGURATION, value, 0, memoryview(b""))
        self.configuration = value

    def reset(self) -> None:
        """Reset the port and configure again. Raises USBError NOT_FOUND, as libusb does, when another device comes out of it."""
        try:
            self.control(0x23, SET_FEATURE, _PORT_RESET, 0, memoryview(b""))
        except OSError:
            if self.gone:
                raise
        if self._read_device() != replace(self.description.device, bus=0, address=0, speed=0):
            raise usb_error(NOT_FOUND)
        self.configure(self.configuration)

    def active(self) -> ConfigurationDescriptor | None:
        return next((c for c in self.description.configurations if c.bConfigurationValue == self.configuration), None)

    def _endpoint(self, address: int) -> EndpointDescriptor | None:
        config = self.active()
        return config.endpoint(address) if config else None

    def _describe(self, imported: wire.ListedDevice) -> Description:
        try:
            device = self._read_device()
            configs = tuple(self._read_configuration(n) for n in range(device.bNumConfigurations))
        except descriptors.DescriptorError as error:
            raise usb_error(IO, str(error)) from error
        return Description(_placed(device, imported), configs)

    def _read_device(self) -> DeviceDescriptor:
        return descriptors.parse_device(self._descriptor(descriptors.DT_DEVICE, 0, descriptors.DEVICE_SIZE))

    def _read_configuration(self, index: int) -> ConfigurationDescriptor:
        head = self._descriptor(descriptors.DT_CONFIG, index, descriptors.CONFIG_SIZE)
        if len(head) < descriptors.CONFIG_SIZE:
            raise descriptors.DescriptorError(f"a configuration descriptor of {len(head)} bytes")
        return descriptors.parse_configuration(self._descriptor(descriptors.DT_CONFIG, index, int.from_bytes(head[2:4], "little")))

    def _descriptor(self, kind: int, index: int, size: int) -> bytes:
        data = bytearray(size)
        got = self.control(0x80, GET_DESCRIPTOR, kind << 8 | index, 0, memoryview(data))
        return bytes(data[:got])


def _interval(endpoint: EndpointDescriptor) -> int:
    """Frames between two polls, as the kernel computes it for a high-speed interrupt endpoint: 2^(bInterval-1). USB 2.0 clause 9.6.6."""
    if endpoint.bmAttributes & 3 != _INTERRUPT:
        return 0
    return 1 << (min(max(endpoint.bInterval, 1), 16) - 1)


def _placed(device: DeviceDescriptor, listed: wire.ListedDevice) -> DeviceDescriptor:
    return replace(device, bus=listed.busnum, address=listed.devnum, speed=_LIBUSB_SPEED.get(listed.speed, 0))


def _import(address: UsbipAddress, busid: str) -> tuple[socket.socket, wire.ListedDevice]:
    """OP_REQ_IMPORT, asked again for a moment while the server says busy."""
    deadline = time.monotonic() + BUSY_PATIENCE
    while True:
        sock = _dial(address)
        status, imported = _ask_import(address, sock, busid)
        if imported is not None:
            return sock, imported
        sock.close()
        code = _IMPORT_ERROR.get(status, IO)
        if code != BUSY or time.monotonic() > deadline:
            raise usb_error(code)
        time.sleep(0.02)


def _ask_import(address: UsbipAddress, sock: socket.socket, busid: str) -> tuple[int, wire.ListedDevice | None]:
    def ask(sock: socket.socket) -> tuple[int, wire.ListedDevice | None]:
        sock.sendall(wire.import_request(busid))
        status = wire.parse_reply(_receive(sock, 8), wire.OP_REP_IMPORT)
        return status, wire.parse_device(_receive(sock, wire.DEVICE.size)) if status == wire.ST_OK else None

    return _asked(address, sock, ask)


def _dial(address: UsbipAddress) -> socket.socket:
    try:
        return address.dial()
    except OSError as error:
        raise usb_error(NO_DEVICE, f"No USB/IP server answers at {address}: {error.strerror or error}") from error


def _asked(address: UsbipAddress, sock: socket.socket, ask: Callable[[socket.socket], _T]) -> _T:
    """Hold one conversation; the socket is closed when it fails."""
    try:
        return ask(sock)
    except TimeoutError as error:
        sock.close()
        raise usb_error(TIMEOUT, f"The USB/IP server at {address} does not answer") from error
    except ConnectionError as error:
        sock.close()
        raise usb_error(NO_DEVICE, f"The USB/IP server at {address} hung up") from error
    except ValueError as error:
        sock.close()
        raise usb_error(IO, f"At {address} is no USB/IP server: {error}") from error


def _receive(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionResetError("the server hung up")
        data += piece
    return bytes(data)
