"""The narrow link under a USB driver: find, claim, move bytes, let go. pyusb's exceptions become ours here and nowhere else.

    errno  libusb            means              becomes
    19     NO_DEVICE         unplugged          Gone
    16     BUSY              claimed elsewhere  Busy
    110    TIMEOUT           not in time        Timeout
    32     PIPE              stall              Stalled, a Refused: a request that is not taken, or a halted endpoint
    13     ACCESS            no permission      Refused
    75, 5  OVERFLOW, IO      babble, bus error  Garbled
    other                                       DeviceError

It is the same over libusb and over a USB/IP server (`drivers.usbip_link`): the backend is handed in.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache

import libusb_package
import usb.core
import usb.util
from usb.backend import IBackend

from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused, Timeout
from drivers.usbip_address import UsbipAddress, parse_address
from drivers.usbip_link import UsbipBackend

MAX_READ = 4 << 20  # bytes; one above fails with ENOMEM on vhci_hcd, measured on Linux 6.1
CONTROL_TIMEOUT = 1000  # ms
WRITE_TIMEOUT = 1000  # ms

Triple = tuple[int, int, int]  # bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol


class Pipe(Enum):
    """An endpoint by direction and type, never by number: (bEndpointAddress & 0x80, bmAttributes & 3)."""

    BULK_IN = (0x80, 2)
    INTERRUPT_IN = (0x80, 3)
    BULK_OUT = (0x00, 2)


class Stalled(Refused):
    """A stall: a control request that the device does not take, or an endpoint that is halted until `clear_halt`."""


@dataclass(frozen=True)
class Identity:
    """Who a device on the bus says it is. The strings are empty while `problem` keeps them from being read."""

    make: str
    model: str
    serial: str
    vendor_id: int
    product_id: int
    problem: DeviceError | None = None  # Busy, Refused


def backend_for(usbip: str | None) -> IBackend:
    """pyusb's backend: libusb, or the USB/IP server at an address. Raises Refused for an address that is not loopback.

    One for each address in a process, so that looking who is there does not meet our own import as somebody else's.
    """
    if usbip is not None:
        return _usbip_backend(parse_address(usbip))
    backend = libusb_package.get_libusb1_backend()
    if backend is None:
        raise DeviceError("The USB library libusb-1.0 cannot be loaded.", means="No USB scanner can be found.")
    return backend


@cache
def _usbip_backend(address: UsbipAddress) -> UsbipBackend:
    return UsbipBackend(address)


def present(backend: IBackend, triple: Triple) -> list[Identity]:
    """Every device that has an interface of this class. Raises Gone when a USB/IP server does not answer."""
    return [_identify(device) for device in _matching(backend, triple)]


class UsbLink:
    """One claimed interface. Every call blocks at most its deadline; calls on different pipes may run at once in several threads."""

    def __init__(self, device: usb.core.Device, identity: Identity, interface: usb.core.Interface) -> None:
        self._device = device
        self._interface = interface
        self._pipes: dict[Pipe, usb.core.Endpoint] = {}
        self.identity = identity
        with _translated():
            self._claim()

    @classmethod
    def open(cls, backend: IBackend, triple: Triple, serial: str) -> UsbLink:
        """Claim the device with this serial number. Raises Gone when there is none, Busy, Refused."""
        problem: DeviceError | None = None
        for device in _matching(backend, triple):
            identity = _identify(device, keep_open=True)
            if identity.serial == serial:
                return cls._opened(device, identity, triple)
            _let_go(device)
            problem = problem or identity.problem
        raise problem or Gone(f"There is no scanner with serial number {serial}.")

    @classmethod
    def _opened(cls, device: usb.core.Device, identity: Identity, triple: Triple) -> UsbLink:
        try:
            interface = _interface(device, triple)
            if interface is None:
                raise Gone(f"The scanner {identity.serial} has changed what it is.")
            return cls(device, identity, interface)
        except BaseException:
            _let_go(device)
            raise

    def control_in(self, request: int, length: int, value: int = 0) -> bytes:
        """A vendor request to the interface that reads. Raises Stalled when the device does not take it."""
        with _translated():
            number = self._interface.bInterfaceNumber
            return bytes(self._device.ctrl_transfer(0xC1, request, value, number, length, CONTROL_TIMEOUT))

    def control_out(self, request: int, data: bytes = b"", value: int = 0) -> None:
        """A vendor request to the interface that writes. Raises Stalled when the device does not take it."""
        with _translated():
            self._device.ctrl_transfer(0x41, request, value, self._interface.bInterfaceNumber, data, CONTROL_TIMEOUT)

    def read(self, pipe: Pipe, size: int, timeout_ms: int) -> memoryview:
        """At most `size` bytes; a short packet ends it, so it may be empty. Raises Timeout, Stalled, Gone."""
        if size > MAX_READ:
            raise ValueError(f"a read of {size} bytes; at most {MAX_READ} work on every host controller")
        with _translated():
            return memoryview(self._device.read(self._pipes[pipe], size, timeout_ms))

    def write(self, data: bytes) -> None:
        """One transfer on bulk OUT."""
        with _translated():
            written = self._device.write(self._pipes[Pipe.BULK_OUT], data, WRITE_TIMEOUT)
        if written != len(data):
            raise Garbled(f"The scanner took {written} of {len(data)} bytes.")

    def clear_halt(self, pipe: Pipe) -> None:
        with _translated():
            self._device.clear_halt(self._pipes[pipe])

    def reset(self) -> None:
        """Reset the port and claim again. No other call may be under way. Raises Gone when something else comes out of it."""
        with _translated():
            self._device.reset()
            self._claim()
            serial = usb.util.get_string(self._device, self._device.iSerialNumber)
        if serial != self.identity.serial:
            raise Gone(f"After a reset the scanner {self.identity.serial} is no longer there.")

    def close(self) -> None:
        """Release the interface and the device. Never raises. No other call may be under way."""
        _let_go(self._device)

    def _claim(self) -> None:
        number = self._interface.bInterfaceNumber
        if self._device.is_kernel_driver_active(number):
            self._device.detach_kernel_driver(number)
        usb.util.claim_interface(self._device, number)
        self._pipes = {pipe: self._endpoint(pipe) for pipe in Pipe}

    def _endpoint(self, pipe: Pipe) -> usb.core.Endpoint:
        direction, kind = pipe.value
        for endpoint in self._interface:
            if (endpoint.bEndpointAddress & 0x80, endpoint.bmAttributes & 3) == (direction, kind):
                return endpoint
        raise Garbled(f"The scanner {self.identity.serial} has no {pipe.name} endpoint.")


def _matching(backend: IBackend, triple: Triple) -> Iterator[usb.core.Device]:
    with _translated():
        entries = list(backend.enumerate_devices())
    for entry in entries:
        device = _described(entry, backend)
        if device is not None and _interface(device, triple) is not None:
            yield device


def _described(entry: object, backend: IBackend) -> usb.core.Device | None:
    """pyusb's device, or None when it went between the list and the look."""
    try:
        return usb.core.Device(entry, backend)
    except usb.core.USBError:
        return None


def _interface(device: usb.core.Device, triple: Triple) -> usb.core.Interface | None:
    """The interface of a class; None also when the device does not say what it has."""
    try:
        for config in device:
            for interface in config:
                if (interface.bInterfaceClass, interface.bInterfaceSubClass, interface.bInterfaceProtocol) == triple:
                    return interface
    except (usb.core.USBError, IndexError):
        return None
    return None


def _identify(device: usb.core.Device, *, keep_open: bool = False) -> Identity:
    try:
        with _translated():
            device.get_active_configuration()  # opens it: says why it cannot be opened, which the strings do not
            make, model, serial = device.manufacturer, device.product, device.serial_number
        return Identity(make or "", model or "", serial or "", device.idVendor, device.idProduct)
    except DeviceError as error:
        return Identity("", "", "", device.idVendor, device.idProduct, error)
    finally:
        if not keep_open:
            _let_go(device)


def _let_go(device: usb.core.Device) -> None:
    try:
        usb.util.dispose_resources(device)
    except (usb.core.USBError, OSError):
        return  # it is gone, and with it what was held


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except usb.core.USBError as error:
        raise _ours(error) from error
    except (ValueError, NotImplementedError) as error:  # pyusb: no such endpoint, no readable strings, not on this platform
        raise Garbled(f"The scanner cannot be used as it describes itself ({error}).") from error


_OURS: dict[int | None, tuple[type[DeviceError], str]] = {
    errno.ENODEV: (Gone, "The scanner is no longer there."),
    errno.EBUSY: (Busy, "Another program uses the scanner."),
    errno.ETIMEDOUT: (Timeout, "The scanner did not answer in time."),
    errno.EPIPE: (Stalled, "The scanner did not take a request."),
    errno.EACCES: (Refused, "This user may not open the scanner."),
    errno.EOVERFLOW: (Garbled, "The scanner sent more than it was asked for."),
    errno.EIO: (Garbled, "The scanner sent what the bus cannot make sense of."),
}
_UDEV = "Install the udev rule that comes with the program, run 'udevadm control --reload', and plug the scanner in again."


def _ours(error: usb.core.USBError) -> DeviceError:
    kind, what = _OURS.get(error.errno, (DeviceError, f"The USB library reports an error ({error.strerror})."))
    return kind(_sentence(error, what), do=_UDEV if error.errno == errno.EACCES else "")


def _sentence(error: usb.core.USBError, plain: str) -> str:
    """A USB/IP server that does not answer says so in its own words, with its address."""
    text = str(error.strerror or "")
    return f"{text}." if "USB/IP" in text else plain
