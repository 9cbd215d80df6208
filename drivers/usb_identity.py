"""Who a device on USB is. A real one is asked of the kernel: that wakes nothing, needs no right to it, and works while another has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import usb.core

from drivers.errors import DeviceError

SYSFS = Path("/sys/bus/usb/devices")
NODES = Path("/dev/bus/usb")


@dataclass(frozen=True)
class Identity:
    """Who a device on the bus says it is. The strings are empty while `problem` keeps them from being read."""

    make: str
    model: str
    serial: str
    vendor_id: int
    product_id: int
    problem: DeviceError | None = None  # Busy, Refused


def from_kernel(device: usb.core.Device) -> Identity | None:
    """The strings that the kernel read when the device was plugged in; None where it has none, or is not on this machine's bus."""
    folder = _folder(device)
    if folder is None or (serial := _text(folder / "serial")) is None:
        return None
    return Identity(_text(folder / "manufacturer") or "", _text(folder / "product") or "", serial, device.idVendor, device.idProduct)


def may_open(device: usb.core.Device) -> bool:
    """Whether this user may use a device that the kernel knows; True where that cannot be told."""
    node = NODES / f"{device.bus:03d}" / f"{device.address:03d}"
    return os.access(node, os.R_OK | os.W_OK) or not node.exists()


def _folder(device: usb.core.Device) -> Path | None:
    """Linux names a device after its bus and the ports on the way to it: 1-4.2."""
    ports = device.port_numbers
    if not ports:
        return None
    folder = SYSFS / f"{device.bus}-{'.'.join(map(str, ports))}"
    return folder if _text(folder / "devnum") == str(device.address) else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return None
