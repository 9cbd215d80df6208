"""Where USB devices are looked for: libusb, or one USB/IP server. A look is a view of its own that sees what is there now.

Why: Debian's libusb learns of later arrivals from udev, and where the core runs (systemd PrivateNetwork=yes) udev's messages do not come: a
live context never saw a device that was plugged in later, a new one saw it at once (measured, systemd 252; tests/system/test_guest.py). The
libusb of the Python wheel listens to the kernel itself and saw it; nothing depends on which of the two is loaded. pyusb keeps one context
for ever. So each look, and each open device, has a context of its own, and ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Protocol
from weakref import WeakSet

import libusb_package
import usb.core
from usb.backend import IBackend

from drivers.errors import DeviceError
from drivers.usbip_address import UsbipAddress, parse_address
from drivers.usbip_link import UsbipBackend

_loading = threading.Lock()


class Bus(Protocol):
    def begin(self) -> IBackend:
        """A backend that sees what is there now. Raises DeviceError when there is no USB library, or it may not run."""
        ...

    def end(self, backend: IBackend) -> None:
        """Let go of it. Never raises. Nothing that came from it may be used any more."""
        ...


class LibusbBus:
    """Real libusb; a context for each view.

    A device of a view that outlives it, in the traceback of an exception say, would be unreferenced after libusb_exit, which is a
    segmentation fault (met under umockdev, a device unplugged while being opened). So a view lets go of its devices before it ends.
    """

    def begin(self) -> IBackend:
        first = _loaded()
        try:
            return _view(type(first))(first.lib)  # type: ignore[arg-type]  # a class is hashable; pyusb says Any
        except usb.core.USBError as error:
            raise _no_library(error.strerror) from error

    def end(self, backend: IBackend) -> None:
        for device in list(backend.seen):
            device.finalize()
        backend.finalize()


class UsbipBus:
    """One server. Its backend asks the server anew at each enumeration, so one serves all views, and knows its own imports."""

    def __init__(self, backend: UsbipBackend) -> None:
        self._backend = backend

    def begin(self) -> IBackend:
        return self._backend

    def end(self, backend: IBackend) -> None:  # noqa: ARG002  # it serves the other views
        return


def bus_for(usbip: str | None) -> Bus:
    """libusb, or the USB/IP server at an address. Raises Refused for an address that is not loopback.

    One for each address in a process, so that looking who is there does not meet our own import as somebody else's.
    """
    return LibusbBus() if usbip is None else _usbip_bus(parse_address(usbip))


@contextmanager
def looking(bus: Bus) -> Iterator[IBackend]:
    """A view that ends with the block."""
    backend = bus.begin()
    try:
        yield backend
    finally:
        bus.end(backend)


@cache
def _view(backend: type[IBackend]) -> type[IBackend]:
    """pyusb's backend, which keeps in mind what devices it has handed out."""

    class View(backend):  # type: ignore[misc]  # pyusb has no types
        def __init__(self, library: object) -> None:
            self.seen: WeakSet[object] = WeakSet()
            super().__init__(library)

        def enumerate_devices(self) -> Iterator[object]:
            for device in list(super().enumerate_devices()):
                self.seen.add(device)
                yield device

    return View


@cache
def _usbip_bus(address: UsbipAddress) -> UsbipBus:
    return UsbipBus(UsbipBackend(address))


def _loaded() -> IBackend:
    """pyusb's own backend, which has loaded the library; nothing is looked for in it."""
    with _loading:
        backend = libusb_package.get_libusb1_backend()
    if backend is None:
        raise _no_library("not found, or not allowed to open a netlink socket")
    return backend


def _no_library(why: str | None) -> DeviceError:
    return DeviceError(
        f"The USB library libusb-1.0 cannot be used ({why}).",
        means="No USB scanner can be found.",
        do="A service needs RestrictAddressFamilies=AF_NETLINK; otherwise install the program again.",
    )
