"""The narrow link under a USB driver: find, claim, move bytes, let go. pyusb's exceptions become ours here and nowhere else.

    errno  libusb            means              becomes
    19     NO_DEVICE         unplugged          Gone
    16     BUSY              claimed elsewhere  Busy
    110    TIMEOUT           not in time        Timeout
    32     PIPE              stall              Stalled, a Refused: a request that is not taken, or a halted endpoint
    13     ACCESS            no permission      Refused
    75, 5  OVERFLOW, IO      babble, bus error  Garbled
    other                                       DeviceError

It is the same over libusb and over a USB/IP server: the bus is handed in (`drivers.usb_bus`).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum

import usb.core
import usb.util
from usb.backend import IBackend

from drivers.errors import Busy, DeviceError, Garbled, Gone, Refused, Timeout
from drivers.usb_bus import Bus, looking
from drivers.usb_identity import Identity, from_kernel, may_open

MAX_READ = 4 << 20  # bytes; one above fails with ENOMEM on vhci_hcd, measured on Linux 6.1
CONTROL_TIMEOUT = 1000  # ms
WRITE_TIMEOUT = 1000  # ms

SPEEDS = {1: "low", 2: "full", 3: "high", 4: "super", 5: "super+"}  # enum libusb_speed

Triple = tuple[int, int, int]  # bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol


class Pipe(Enum):
    """An endpoint by direction and type, never by number: (bEndpointAddress & 0x80, bmAttributes & 3)."""

    BULK_IN = (0x80, 2)
    INTERRUPT_IN = (0x80, 3)
    BULK_OUT = (0x00, 2)


class Recipient(Enum):
    """Whom a vendor request is for: bmRequestType of reading, of writing. USB 2.0 table 9-2."""

    DEVICE = (0xC0, 0x40)
    INTERFACE = (0xC1, 0x41)


@dataclass(frozen=True)
class UsbKind:
    """What devices one driver speaks to: those that have an interface of this class, and one of these ids where ids are given."""

    triple: Triple
    pipes: frozenset[Pipe]
    recipient: Recipient = Recipient.INTERFACE
    ids: frozenset[tuple[int, int]] = field(default=frozenset())  # idVendor, idProduct; empty: any

    def interface(self, device: usb.core.Device) -> usb.core.Interface | None:
        """The interface that the driver speaks to; None also when the device does not say what it has."""
        if self.ids and (device.idVendor, device.idProduct) not in self.ids:
            return None
        try:
            return next((interface for config in device for interface in config if _triple(interface) == self.triple), None)
        except (usb.core.USBError, IndexError):
            return None


class Stalled(Refused):
    """A stall: a control request that the device does not take, or an endpoint that is halted until `clear_halt`."""


def present(bus: Bus, kind: UsbKind) -> list[Identity]:
    """Every device of a kind. Raises Gone when a USB/IP server does not answer."""
    with looking(bus) as backend:
        return [_identify(device) for device in _matching(backend, kind)]


class UsbLink:
    """One claimed interface. Every call blocks at most its deadline; calls on different pipes may run at once in several threads."""

    def __init__(self, bus: Bus, kind: UsbKind, serial: str) -> None:
        """Claim the device with this serial number. Raises Gone when there is none, Busy, Refused."""
        self._bus = bus
        self._kind = kind
        self._pipes: dict[Pipe, usb.core.Endpoint] = {}
        self._backend = bus.begin()
        self._device: usb.core.Device | None = None
        try:
            self._device, self.identity = _the_one(self._backend, kind, serial)
            self._interface = self._found_interface()
            with _translated():
                self._claim()
        except BaseException:
            self.close()
            raise

    @property
    def speed(self) -> str:
        """Of the bus that it hangs on now: a high-speed device on a bad cable falls to full. "" when that is not told."""
        return SPEEDS.get(getattr(self._device, "speed", None) or 0, "")

    def control_in(self, request: int, length: int, value: int = 0) -> bytes:
        """A vendor request that reads. Raises Stalled when the device does not take it."""
        with _translated():
            return bytes(self._here().ctrl_transfer(self._kind.recipient.value[0], request, value, self._index(), length, CONTROL_TIMEOUT))

    def control_out(self, request: int, data: bytes = b"", value: int = 0) -> None:
        """A vendor request that writes. Raises Stalled when the device does not take it."""
        with _translated():
            self._here().ctrl_transfer(self._kind.recipient.value[1], request, value, self._index(), data, CONTROL_TIMEOUT)

    def read(self, pipe: Pipe, size: int, timeout_ms: int) -> memoryview:
        """At most `size` bytes; a short packet ends it, so it may be empty. Raises Timeout, Stalled, Gone."""
        if size > MAX_READ:
            raise ValueError(f"a read of {size} bytes; at most {MAX_READ} work on every host controller")
        with _translated():
            return memoryview(self._here().read(self._pipes[pipe], size, timeout_ms))

    def write(self, data: bytes) -> None:
        """One transfer on bulk OUT."""
        with _translated():
            written = self._here().write(self._pipes[Pipe.BULK_OUT], data, WRITE_TIMEOUT)
        if written != len(data):
            raise Garbled(f"The scanner took {written} of {len(data)} bytes.")

    def clear_halt(self, pipe: Pipe) -> None:
        with _translated():
            self._here().clear_halt(self._pipes[pipe])

    def reset(self) -> None:
        """Reset the port and claim again. No other call may be under way. Raises Gone when something else comes out of it."""
        device = self._here()
        with _translated():
            device.reset()
            self._claim()
            known = from_kernel(device)
            serial = known.serial if known else usb.util.get_string(device, device.iSerialNumber)  # pyusb remembers the one before
        if serial != self.identity.serial:
            raise Gone(f"After a reset the scanner {self.identity.serial} is no longer there.")

    def close(self) -> None:
        """Release the interface and the device. Never raises. No other call may be under way."""
        device, self._device = self._device, None
        if device is not None:
            _let_go(device)
        backend, self._backend = self._backend, None
        if backend is not None:
            self._pipes.clear()
            self._interface = device = None
            self._bus.end(backend)

    def _here(self) -> usb.core.Device:
        if self._device is None:
            raise Gone(f"The scanner {self.identity.serial} has been closed.")
        return self._device

    def _index(self) -> int:
        """wIndex: the interface's number, or 0 for the device."""
        return int(self._interface.bInterfaceNumber) if self._kind.recipient is Recipient.INTERFACE else 0

    def _found_interface(self) -> usb.core.Interface:
        interface = self._kind.interface(self._device)
        if interface is None:
            raise Gone(f"The scanner {self.identity.serial} has changed what it is.")
        return interface

    def _claim(self) -> None:
        device, number = self._here(), self._interface.bInterfaceNumber
        if _kernel_has(device, number):
            device.detach_kernel_driver(number)
        usb.util.claim_interface(device, number)
        self._pipes = {pipe: self._endpoint(pipe) for pipe in self._kind.pipes}

    def _endpoint(self, pipe: Pipe) -> usb.core.Endpoint:
        direction, kind = pipe.value
        for endpoint in self._interface:
            if (endpoint.bEndpointAddress & 0x80, endpoint.bmAttributes & 3) == (direction, kind):
                return endpoint
        raise Garbled(f"The scanner {self.identity.serial} has no {pipe.name} endpoint.")


def _triple(interface: usb.core.Interface) -> Triple:
    return interface.bInterfaceClass, interface.bInterfaceSubClass, interface.bInterfaceProtocol


def _the_one(backend: IBackend, kind: UsbKind, serial: str) -> tuple[usb.core.Device, Identity]:
    """The device with this serial number, open or not. Raises Gone, or what kept the others from being asked."""
    problem: DeviceError | None = None
    for device in _matching(backend, kind):
        identity = _identify(device, keep_open=True)
        if identity.serial == serial and identity.problem is None:
            return device, identity
        _let_go(device)
        problem = problem or identity.problem
    raise problem or Gone(f"There is no scanner with serial number {serial}.")


def _matching(backend: IBackend, kind: UsbKind) -> Iterator[usb.core.Device]:
    with _translated():
        entries = list(backend.enumerate_devices())
    for entry in entries:
        device = _described(entry, backend)
        if device is not None and kind.interface(device) is not None:
            yield device


def _described(entry: object, backend: IBackend) -> usb.core.Device | None:
    """pyusb's device, or None when it went between the list and the look."""
    try:
        return usb.core.Device(entry, backend)
    except usb.core.USBError:
        return None


def _kernel_has(device: usb.core.Device, interface: int) -> bool:
    """Whether a driver of the kernel holds the interface. Where that cannot be told, claiming will."""
    try:
        return bool(device.is_kernel_driver_active(interface))
    except NotImplementedError:
        return False
    except usb.core.USBError as error:
        if error.errno == errno.ENODEV:
            raise
        return False


def _identify(device: usb.core.Device, *, keep_open: bool = False) -> Identity:
    known = from_kernel(device)
    if known is None:
        return _asked(device, keep_open=keep_open)
    return known if may_open(device) else replace(known, problem=_ours(usb.core.USBError("", None, errno.EACCES)))


def _asked(device: usb.core.Device, *, keep_open: bool) -> Identity:
    """The device itself, which must be opened for it."""
    try:
        with _translated():
            device.get_active_configuration()  # opens it: says why it cannot be opened, which the strings do not
            make, model, serial = device.manufacturer, device.product, device.serial_number
        return Identity(make or "", model or "", serial or "", device.idVendor, device.idProduct)
    except DeviceError as error:
        problem = type(error)(error.what, means=error.means, do=error.do)  # without a traceback, which would keep the device
        return Identity("", "", "", device.idVendor, device.idProduct, problem)
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
