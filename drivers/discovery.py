"""Which scanners are plugged in, and waiting for one to come or go. Identity is the serial number, never the USB address.

pyusb has no hot-plug, so waiting is polling; each look is a fresh view (`drivers.usb_bus` says why).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers import fap60_session, uru4500_session
from drivers.device import Scanner
from drivers.errors import DeviceError, Gone, Refused
from drivers.fap60 import Fap60
from drivers.uru4500 import Uru4500
from drivers.usb_bus import Bus, bus_for
from drivers.usb_link import UsbKind, present

POLL = 0.25  # s between two looks


@dataclass(frozen=True)
class Driver:
    name: str
    kind: UsbKind
    make: Callable[[Bus, str], Scanner]


DRIVERS = (Driver("fap60", fap60_session.KIND, Fap60), Driver("uru4500", uru4500_session.KIND, Uru4500))


@dataclass(frozen=True)
class Found:
    """A scanner that is plugged in. `make`, `model` and `serial` are empty while `problem` keeps them from being read."""

    make: str
    model: str
    serial: str
    driver: str  # which of our drivers speaks to it
    usb_id: str  # "1209:0001"
    problem: DeviceError | None = None  # Busy, Refused


def find(*, serial: str | None = None, usbip: str | None = None) -> list[Found]:
    """The scanners on USB, or on the USB/IP server at an address; with a serial number, those that have it.

    Raises Gone when the server does not answer, Refused for an address that is not loopback.
    """
    return [found for found in _find(bus_for(usbip)) if serial in (None, found.serial)]


def open_scanner(serial: str | None, usbip: str | None = None) -> Scanner:
    """The driver of one scanner, not opened yet; without a serial number there must be exactly one.

    Raises Gone when there is none, Refused when there are several, Busy or Refused when the only ones cannot be asked who they are.
    """
    bus = bus_for(usbip)
    everything = _find(bus)
    matching = [found for found in everything if found.serial and serial in (None, found.serial)]
    if len(matching) == 1:
        return _driver_of(matching[0]).make(bus, matching[0].serial)
    if matching:
        raise _several(serial, matching)
    raise next((found.problem for found in everything if found.problem), None) or _none(serial, everything)


def await_arrival(serial: str, timeout: float, *, usbip: str | None = None) -> Found:
    """Wait until the scanner is there and can be asked who it is. Raises Gone when it has not come within the timeout (s)."""
    bus = bus_for(usbip)
    deadline = time.monotonic() + timeout
    while (found := _look(bus, serial)) is None:
        if time.monotonic() >= deadline:
            raise Gone(f"The scanner {serial} has not been plugged in within {timeout:g} seconds.")
        time.sleep(POLL)
    return found


def await_departure(serial: str, timeout: float, *, usbip: str | None = None) -> bool:
    """Wait until the scanner is no longer there; False when it still is after the timeout (s)."""
    bus = bus_for(usbip)
    deadline = time.monotonic() + timeout
    while _look(bus, serial) is not None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL)
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


def _several(serial: str | None, matching: list[Found]) -> Refused:
    what = f"{len(matching)} scanners have the serial number {serial}." if serial else f"{len(matching)} scanners are plugged in."
    names = ", ".join(found.serial for found in matching)
    do = "Unplug all but one." if serial else f"Name one by its serial number: {names}."
    return Refused(what, means="No scanner was opened.", do=do)


def _none(serial: str | None, everything: list[Found]) -> Gone:
    what = f"No scanner with serial number {serial} is plugged in." if serial else "No scanner is plugged in."
    there = ", ".join(found.serial for found in everything)
    return Gone(what, means="No finger can be taken.", do=f"Plug it in. There is: {there}." if there else "Plug it in.")
