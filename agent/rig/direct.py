"""Rung L0: a pyusb backend whose only device is a device core in this process. No wire, no kernel, no libusb.

It answers as `drivers.usbip_link` does, error for error, so that what a driver meets here it meets on every other rung.
"""

# ruff: noqa: ARG002, PLR0917  # the signatures are those of pyusb's IBackend

from __future__ import annotations

import array
import struct
import threading
from collections.abc import Iterator
from typing import TypeAlias

import usb.backend
from usb.backend import IBackend

from drivers.usb_descriptors import (
    ConfigurationDescriptor,
    DeviceDescriptor,
    EndpointDescriptor,
    InterfaceDescriptor,
    parse_configuration,
    parse_device,
)
from drivers.usb_errors import BUSY, IO, NO_DEVICE, NO_MEM, NOT_FOUND, OVERFLOW, PIPE, TIMEOUT, usb_error
from firmware_sim.core.device import UsbDevice
from firmware_sim.core.urb import Status, Urb

_Buffer: TypeAlias = "array.array[int]"
_SETUP = struct.Struct("<BBHHH")
CLEAR_FEATURE, GET_DESCRIPTOR, SET_CONFIGURATION, SET_INTERFACE = 1, 6, 9, 11  # USB 2.0 table 9-4
DEVICE, CONFIGURATION = 0x0100, 0x0200  # wValue of GET_DESCRIPTOR
OWN_TIMEOUT = 1000  # ms, for the requests of our own
LARGEST = 4 << 20  # bytes; above that a read on vhci_hcd fails with ENOMEM, and so here
_CODES = {
    Status.STALL: PIPE,
    Status.BABBLE: OVERFLOW,
    Status.GONE: NO_DEVICE,
    Status.UNLINKED: TIMEOUT,
    Status.NO_MEMORY: NO_MEM,
}


class DirectBus:
    """A `drivers.usb_bus.Bus` with one device core on it."""

    def __init__(self, device: UsbDevice) -> None:
        self._backend = DirectBackend(device)

    def begin(self) -> IBackend:
        return self._backend

    def end(self, backend: IBackend) -> None:
        return


class _Entry:
    """The device as one enumeration saw it: plugged in again, it is another one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.device: DeviceDescriptor | None = None
        self.configuration: ConfigurationDescriptor | None = None


class _Handle:
    def __init__(self, entry: _Entry) -> None:
        self.entry = entry


class DirectBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    def __init__(self, device: UsbDevice) -> None:
        super().__init__()
        self._device = device
        self._lock = threading.Lock()
        self._claims: dict[int, _Handle] = {}

    def enumerate_devices(self) -> Iterator[_Entry]:
        return iter([_Entry(self._device.number)] if self._device.plugged else [])

    def get_parent(self, dev: _Entry) -> None:
        return None

    def get_device_descriptor(self, dev: _Entry) -> DeviceDescriptor:
        if dev.device is None:
            dev.device = parse_device(self._descriptor(dev, DEVICE, 18))
        return dev.device

    def get_configuration_descriptor(self, dev: _Entry, config: int) -> ConfigurationDescriptor:
        if dev.configuration is None:
            total = struct.unpack_from("<H", self._descriptor(dev, CONFIGURATION | config, 9), 2)[0]
            dev.configuration = parse_configuration(self._descriptor(dev, CONFIGURATION | config, total))
        return dev.configuration

    def get_interface_descriptor(self, dev: _Entry, intf: int, alt: int, config: int) -> InterfaceDescriptor:
        return self.get_configuration_descriptor(dev, config).interfaces[intf][alt]

    def get_endpoint_descriptor(self, dev: _Entry, ep: int, intf: int, alt: int, config: int) -> EndpointDescriptor:
        return self.get_interface_descriptor(dev, intf, alt, config).endpoints[ep]

    def open_device(self, dev: _Entry) -> _Handle:
        value = self.get_configuration_descriptor(dev, 0).bConfigurationValue
        if not self._device.zero.configuration:
            self._ask(dev, 0x00, SET_CONFIGURATION, value)
        return _Handle(dev)

    def close_device(self, dev_handle: _Handle) -> None:
        with self._lock:
            for number in [number for number, owner in self._claims.items() if owner is dev_handle]:
                del self._claims[number]

    def set_configuration(self, dev_handle: _Handle, config_value: int) -> None:
        if self._claims:
            raise usb_error(BUSY)
        self._ask(dev_handle.entry, 0x00, SET_CONFIGURATION, config_value)

    def get_configuration(self, dev_handle: _Handle) -> int:
        self._need(dev_handle.entry)
        return self._device.zero.configuration

    def set_interface_altsetting(self, dev_handle: _Handle, intf: int, altsetting: int) -> None:
        self._ask(dev_handle.entry, 0x01, SET_INTERFACE, altsetting, intf)

    def claim_interface(self, dev_handle: _Handle, intf: int) -> None:
        self._need(dev_handle.entry)
        with self._lock:
            owner = self._claims.setdefault(intf, dev_handle)
            if owner is dev_handle:
                return
            if self._present(owner.entry):
                raise usb_error(BUSY)
            self._claims[intf] = dev_handle  # of a device that has gone

    def release_interface(self, dev_handle: _Handle, intf: int) -> None:
        with self._lock:
            if self._claims.get(intf) is not dev_handle:
                raise usb_error(NOT_FOUND)
            del self._claims[intf]

    def bulk_write(self, dev_handle: _Handle, ep: int, intf: int, data: _Buffer, timeout: int) -> int:
        return self._write(dev_handle.entry, ep, bytes(data), timeout)

    def bulk_read(self, dev_handle: _Handle, ep: int, intf: int, buff: _Buffer, timeout: int) -> int:
        return self._read(dev_handle.entry, ep, memoryview(buff).cast("B"), timeout)

    def intr_write(self, dev_handle: _Handle, ep: int, intf: int, data: _Buffer, timeout: int) -> int:
        return self._write(dev_handle.entry, ep, bytes(data), timeout)

    def intr_read(self, dev_handle: _Handle, ep: int, intf: int, size: _Buffer, timeout: int) -> int:
        return self._read(dev_handle.entry, ep, memoryview(size).cast("B"), timeout)

    def ctrl_transfer(
        self, dev_handle: _Handle, bmRequestType: int, bRequest: int, wValue: int, wIndex: int, data: _Buffer, timeout: int
    ) -> int:
        setup = _SETUP.pack(bmRequestType, bRequest, wValue, wIndex, len(data))
        if bmRequestType & 0x80:
            return self._read(dev_handle.entry, 0x80, memoryview(data).cast("B"), timeout, setup)
        return self._write(dev_handle.entry, 0x00, bytes(data), timeout, setup)

    def clear_halt(self, dev_handle: _Handle, ep: int) -> None:
        self._ask(dev_handle.entry, 0x02, CLEAR_FEATURE, 0, ep)

    def reset_device(self, dev_handle: _Handle) -> None:
        """As the kernel does: reset the port, look whether it is the same device, configure it again."""
        entry, value = dev_handle.entry, self._device.zero.configuration
        self._need(entry)
        before = self.get_device_descriptor(entry)
        self._device.bus_reset()
        if parse_device(self._descriptor(entry, DEVICE, 18)) != before:
            raise usb_error(NOT_FOUND)
        self._ask(entry, 0x00, SET_CONFIGURATION, value)

    def is_kernel_driver_active(self, dev_handle: _Handle, intf: int) -> bool:
        self._need(dev_handle.entry)
        return False

    def _present(self, entry: _Entry) -> bool:
        return self._device.plugged and self._device.number == entry.number

    def _need(self, entry: _Entry) -> None:
        if not self._present(entry):
            raise usb_error(NO_DEVICE)

    def _descriptor(self, entry: _Entry, value: int, size: int) -> bytes:
        room = bytearray(size)
        got = self._read(entry, 0x80, memoryview(room), OWN_TIMEOUT, _SETUP.pack(0x80, GET_DESCRIPTOR, value, 0, size))
        return bytes(room[:got])

    def _ask(self, entry: _Entry, request_type: int, request: int, value: int, index: int = 0) -> None:
        self._write(entry, 0x00, b"", OWN_TIMEOUT, _SETUP.pack(request_type, request, value, index, 0))

    def _write(self, entry: _Entry, endpoint: int, data: bytes, timeout: int, setup: bytes = b"") -> int:
        return self._moved(entry, _Waited(endpoint, len(data), data, setup), timeout).actual

    def _read(self, entry: _Entry, endpoint: int, room: memoryview, timeout: int, setup: bytes = b"") -> int:
        if len(room) > LARGEST:
            raise usb_error(NO_MEM)
        urb, at = self._moved(entry, _Waited(endpoint, len(room), b"", setup), timeout), 0
        for piece in urb.pieces:
            room[at : at + len(piece)] = piece
            at += len(piece)
        return at

    def _moved(self, entry: _Entry, waited: _Waited, timeout: int) -> Urb:
        self._need(entry)
        urb = waited.urb
        self._device.submit(urb)
        if not waited.over.wait(timeout / 1000 if timeout else None) and self._device.unlink(urb):
            raise usb_error(TIMEOUT)
        waited.over.wait()
        if urb.status is not Status.OK:
            raise usb_error(_CODES.get(urb.status or Status.NO_ANSWER, IO))
        return urb


class _Waited:
    """A request and the moment when it ends."""

    def __init__(self, endpoint: int, length: int, data: bytes, setup: bytes) -> None:
        self.over = threading.Event()
        self.urb = Urb(endpoint, length, lambda _: self.over.set(), data=data, setup=setup)
