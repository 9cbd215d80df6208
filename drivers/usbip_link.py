"""A pyusb backend whose devices are on a USB/IP server: unmodified pyusb on top, `usb.core.find(backend=UsbipBackend(address))`.

For simulators and remote scanners; off unless an address is given. It answers as libusb on a Linux kernel does, error for error
(`drivers.usb_errors`), with these differences: no isochronous transfers; a read of more than 4 MiB is refused with ENOMEM as on vhci_hcd;
a device that another program has imported is listed without its strings, and opening it says EBUSY.

A device that has gone stays gone: only a new enumeration finds it again.
"""

# ruff: noqa: ARG002, PLR0917  # the signatures are those of pyusb's IBackend

from __future__ import annotations

import array
import threading
from collections.abc import Iterator
from typing import TypeAlias

import usb.backend
import usb.core

from drivers import usbip_wire as wire
from drivers.usb_descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor
from drivers.usb_errors import BUSY, NO_DEVICE, NOT_FOUND, usb_error
from drivers.usbip_address import UsbipAddress
from drivers.usbip_import import CLEAR_FEATURE, SET_INTERFACE, Description, ImportedDevice, describe_listed, list_devices

_Buffer: TypeAlias = "array.array[int]"


class _Device:
    """One entry of one enumeration."""

    def __init__(self, listed: wire.ListedDevice) -> None:
        self.listed = listed
        self.description: Description | None = None
        self.imported: ImportedDevice | None = None  # the last one; when it is gone, this entry is dead


class _Handle:
    """One opening of a device; what it claims is its own."""

    def __init__(self, device: _Device, imported: ImportedDevice) -> None:
        self.device = device
        self.imported = imported


class UsbipBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    def __init__(self, address: UsbipAddress) -> None:
        super().__init__()
        self.address = address
        self._lock = threading.RLock()
        self._imports: dict[str, ImportedDevice] = {}  # by bus id

    def enumerate_devices(self) -> Iterator[_Device]:
        return iter([_Device(listed) for listed in list_devices(self.address)])

    def get_parent(self, dev: _Device) -> None:
        return None

    def get_device_descriptor(self, dev: _Device) -> DeviceDescriptor:
        return self._described(dev).device

    def get_configuration_descriptor(self, dev: _Device, config: int) -> ConfigurationDescriptor:
        return self._described(dev).configurations[config]

    def get_interface_descriptor(self, dev: _Device, intf: int, alt: int, config: int) -> InterfaceDescriptor:
        return self.get_configuration_descriptor(dev, config).interfaces[intf][alt]

    def get_endpoint_descriptor(self, dev: _Device, ep: int, intf: int, alt: int, config: int) -> EndpointDescriptor:
        return self.get_interface_descriptor(dev, intf, alt, config).endpoints[ep]

    def open_device(self, dev: _Device) -> _Handle:
        with self._lock:
            if dev.imported is not None and dev.imported.gone:
                raise usb_error(NO_DEVICE)
            imported = self._imports.get(dev.listed.busid)
            if imported is None or imported.gone:
                imported = self._imports[dev.listed.busid] = ImportedDevice(self.address, dev.listed)
            imported.users += 1
            dev.imported = imported
            dev.description = imported.description
            return _Handle(dev, imported)

    def close_device(self, dev_handle: _Handle) -> None:
        imported = dev_handle.imported
        with self._lock:
            for interface in [n for n, owner in imported.claims.items() if owner is dev_handle]:
                del imported.claims[interface]
            imported.users -= 1
            if imported.users == 0:
                self._drop(dev_handle.device, imported)

    def set_configuration(self, dev_handle: _Handle, config_value: int) -> None:
        imported = dev_handle.imported
        values = {c.bConfigurationValue for c in imported.description.configurations}
        if imported.claims:
            raise usb_error(BUSY)
        if config_value not in values | {0}:
            raise usb_error(NOT_FOUND)
        imported.configure(config_value)

    def get_configuration(self, dev_handle: _Handle) -> int:
        if dev_handle.imported.gone:
            raise usb_error(NO_DEVICE)
        return dev_handle.imported.configuration

    def set_interface_altsetting(self, dev_handle: _Handle, intf: int, altsetting: int) -> None:
        self._need_claim(dev_handle, intf)
        dev_handle.imported.control(0x01, SET_INTERFACE, altsetting, intf, memoryview(b""))

    def claim_interface(self, dev_handle: _Handle, intf: int) -> None:
        imported = dev_handle.imported
        with self._lock:
            if imported.gone:
                raise usb_error(NO_DEVICE)
            config = imported.active()
            if config is None or not any(settings[0].bInterfaceNumber == intf for settings in config.interfaces):
                raise usb_error(NOT_FOUND)
            if imported.claims.setdefault(intf, dev_handle) is not dev_handle:
                raise usb_error(BUSY)

    def release_interface(self, dev_handle: _Handle, intf: int) -> None:
        with self._lock:
            self._need_claim(dev_handle, intf)
            del dev_handle.imported.claims[intf]

    def bulk_write(self, dev_handle: _Handle, ep: int, intf: int, data: _Buffer, timeout: int) -> int:
        return self._move(dev_handle, ep, data, timeout)

    def bulk_read(self, dev_handle: _Handle, ep: int, intf: int, buff: _Buffer, timeout: int) -> int:
        return self._move(dev_handle, ep, buff, timeout)

    def intr_write(self, dev_handle: _Handle, ep: int, intf: int, data: _Buffer, timeout: int) -> int:
        return self._move(dev_handle, ep, data, timeout)

    def intr_read(self, dev_handle: _Handle, ep: int, intf: int, size: _Buffer, timeout: int) -> int:
        return self._move(dev_handle, ep, size, timeout)

    def ctrl_transfer(
        self,
        dev_handle: _Handle,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: _Buffer,
        timeout: int,
    ) -> int:
        return dev_handle.imported.control(bmRequestType, bRequest, wValue, wIndex, _bytes_of(data), timeout_ms=timeout)

    def clear_halt(self, dev_handle: _Handle, ep: int) -> None:
        dev_handle.imported.control(0x02, CLEAR_FEATURE, 0, ep, memoryview(b""))

    def reset_device(self, dev_handle: _Handle) -> None:
        dev_handle.imported.reset()

    def is_kernel_driver_active(self, dev_handle: _Handle, intf: int) -> bool:
        if dev_handle.imported.gone:
            raise usb_error(NO_DEVICE)
        return False

    def detach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        raise usb_error(NO_DEVICE if dev_handle.imported.gone else NOT_FOUND)

    def attach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        raise usb_error(NO_DEVICE if dev_handle.imported.gone else NOT_FOUND)

    def _finalize_object(self) -> None:
        for imported in self._imports.values():
            imported.close()

    def _described(self, dev: _Device) -> Description:
        """Descriptors are read once, by an import of a moment; those of a device in use are what the list tells."""
        if dev.description is None:
            try:
                handle = self.open_device(dev)
            except usb.core.USBError as error:
                if error.backend_error_code != BUSY:
                    raise
                dev.description = describe_listed(dev.listed)
                return dev.description
            self.close_device(handle)
            return handle.imported.description
        return dev.description

    def _drop(self, dev: _Device, imported: ImportedDevice) -> None:
        if self._imports.get(dev.listed.busid) is imported:
            del self._imports[dev.listed.busid]
        was_gone = imported.gone
        imported.close()
        dev.imported = imported if was_gone else None

    def _need_claim(self, dev_handle: _Handle, intf: int) -> None:
        if dev_handle.imported.claims.get(intf) is not dev_handle:
            raise usb_error(NO_DEVICE if dev_handle.imported.gone else NOT_FOUND)

    @staticmethod
    def _move(dev_handle: _Handle, ep: int, data: _Buffer, timeout: int) -> int:
        return dev_handle.imported.transfer(ep, _bytes_of(data), timeout)


def _bytes_of(data: _Buffer) -> memoryview:
    return memoryview(data).cast("B")
