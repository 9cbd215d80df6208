"""Which scanners are plugged in, and waiting for one to come or go. Identity is the serial number, never the USB address.

pyusb has no hot-plug, so waiting is polling; each look is a fresh view (`drivers.usb_bus` says why). The kernel's messages shorten a wait
where they come; nothing depends on them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers import fap60_session, uru4500_session, zfm
from drivers.device import Scanner
from drivers.errors import Busy, DeviceError, Gone, Refused
from drivers.fap60 import Fap60
from drivers.lease import Holder, Leases
from drivers.leased import LeasedScanner
from drivers.serial_ports import serial_ports
from drivers.uevents import PlugEvents
from drivers.uru4500 import Uru4500
from drivers.usb_bus import Bus, bus_for
from drivers.usb_link import UsbKind, present

POLL = 0.25  # s between two looks


@dataclass(frozen=True)
class Driver:
    name: str
    kind: UsbKind
    make: Callable[[Bus, str], Scanner]
    ten_print: bool  # whether what it speaks to takes ten-prints; a reader of one finger beside such a scanner is no second one


DRIVERS = (
    Driver("fap60", fap60_session.KIND, Fap60, ten_print=True),
    Driver("uru4500", uru4500_session.KIND, Uru4500, ten_print=False),
)


@dataclass(frozen=True)
class Found:
    """A scanner that is plugged in. `make`, `model` and `serial` are empty while `problem` keeps them from being read."""

    make: str
    model: str
    serial: str
    driver: str  # which of our drivers speaks to it
    usb_id: str  # "1209:0001"
    problem: DeviceError | None = None  # Busy, Refused
    holder: Holder | None = None  # the program of ours that has it open

    @property
    def ten_print(self) -> bool:
        return _driver_of(self).ten_print


def find(*, serial: str | None = None, usbip: str | None = None, leases: Leases | None = None) -> list[Found]:
    """The scanners on USB, or on the USB/IP server at an address; with a serial number, those that have it.

    Raises Gone when the server does not answer, Refused for an address that is not loopback.
    """
    found = [one for one in _find(bus_for(usbip)) if serial in (None, one.serial)]
    return found if leases is None else [replace(one, holder=leases.holder(one.serial)) for one in found]


def open_scanner(serial: str | None, usbip: str | None = None, *, leases: Leases | None = None, ten_print: bool = False) -> Scanner:
    """The driver of one scanner, not opened yet; without a serial number there must be exactly one. With `leases` it is opened under one.

    `ten_print`: readers of single fingers are passed over.
    Raises Gone when there is none, Refused when there are several, Busy or Refused when the only ones cannot be asked who they are.
    """
    bus = bus_for(usbip)
    everything = [found for found in _find(bus) if not ten_print or _driver_of(found).ten_print]
    matching = [found for found in everything if found.serial and serial in (None, found.serial)]
    if len(matching) == 1:
        scanner = _driver_of(matching[0]).make(bus, matching[0].serial)
        return scanner if leases is None else LeasedScanner(scanner, leases, matching[0].serial)
    if matching:
        raise _several(serial, matching)
    problem = next((found.problem for found in everything if found.problem), None)
    if isinstance(problem, Busy) and leases is not None:
        problem = _held(serial, leases) or problem
    raise problem or _none(serial, everything)


def open_module(port: str, *, baud: int = zfm.BAUD, leases: Leases | None = None) -> Scanner:
    """The driver of a serial fingerprint module on a port, not opened yet. A port does not say what hangs on it, so it must be named.

    Known by the serial number of its adapter, so that it is the same one on another port; by the port where the adapter has none.
    """
    adapter = next((one.serial for one in serial_ports() if one.path == port), "")
    module: Scanner = zfm.Zfm(port, serial=adapter, baud=baud)
    return module if leases is None else LeasedScanner(module, leases, adapter or port)


def await_arrival(serial: str, timeout: float, *, usbip: str | None = None) -> Found:
    """Wait until the scanner is there and can be asked who it is. Raises Gone when it has not come within the timeout (s)."""
    bus = bus_for(usbip)
    with PlugEvents() as plugged:
        deadline = time.monotonic() + timeout
        while (found := _look(bus, serial)) is None:
            if time.monotonic() >= deadline:
                raise Gone(f"The scanner {serial} has not been plugged in within {timeout:g} seconds.")
            plugged.wait(POLL)
        return found


def await_departure(serial: str, timeout: float, *, usbip: str | None = None) -> bool:
    """Wait until the scanner is no longer there; False when it still is after the timeout (s)."""
    bus = bus_for(usbip)
    with PlugEvents() as plugged:
        deadline = time.monotonic() + timeout
        while _look(bus, serial) is not None:
            if time.monotonic() >= deadline:
                return False
            plugged.wait(POLL)
        return True


def _look(bus: Bus, serial: str) -> Found | None:
    try:
        return next((found for found in _find(bus) if found.serial == serial), None)
    except DeviceError:
        return None  # a server that does not answer has no scanner


def _find(bus: Bus) -> list[Found]:
    return [
        Found(one.make, one.model, one.serial, driver.name, f"{one.vendor_id:04x}:{one.product_id:04x}", one.problem)
        for driver in DRIVERS
        for one in present(bus, driver.kind)
    ]


def _driver_of(found: Found) -> Driver:
    return next(driver for driver in DRIVERS if driver.name == found.driver)


def _held(serial: str | None, leases: Leases) -> Busy | None:
    """A device in use may not say who it is; its lease does."""
    held = leases.held()
    name = serial or next(iter(held), None)
    holder = held.get(name or "")
    return Busy(f"The scanner {name} is in use by {holder}.", do=f"Close {holder.owner}, or end process {holder.pid}.") if holder else None


def _several(serial: str | None, matching: list[Found]) -> Refused:
    what = f"{len(matching)} scanners have the serial number {serial}." if serial else f"{len(matching)} scanners are plugged in."
    names = ", ".join(found.serial for found in matching)
    do = "Unplug all but one." if serial else f"Name one by its serial number: {names}."
    return Refused(what, means="No scanner was opened.", do=do)


def _none(serial: str | None, everything: list[Found]) -> Gone:
    what = f"No scanner with serial number {serial} is plugged in." if serial else "No scanner is plugged in."
    there = ", ".join(found.serial for found in everything)
    return Gone(what, means="No finger can be taken.", do=f"Plug it in. There is: {there}." if there else "Plug it in.")
