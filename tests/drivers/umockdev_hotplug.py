"""Plugs a recorded reader in and out below an unmodified libusb, where no message of udev ever comes. Run under `umockdev-run`.

Prints what a context that lives on sees, what a fresh look sees, and what many looks leave behind.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import libusb_package
import usb.core

from drivers.discovery import await_arrival, await_departure, find
from drivers.errors import Gone

SERIAL = "{FB0B9071-2E08-7742-BC16-2FAA247CEF66}"
ENTRY = Path(os.environ["UMOCKDEV_DIR"]) / "sys/bus/usb/devices/1-10"  # libusb finds devices by these links
AWAY = ENTRY.with_name("away")
LOOKS = 300


def unplug() -> None:
    ENTRY.rename(AWAY.parent.parent / "away")


def plug() -> None:
    (AWAY.parent.parent / "away").rename(ENTRY)


def left_behind() -> dict[str, int]:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return {"fds": _count("/proc/self/fd"), "threads": _count("/proc/self/task"), "kib": 4 * pages}


def _count(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def serials() -> list[str]:
    return [found.serial for found in find()]


def many_looks() -> tuple[dict[str, int], dict[str, int]]:
    for _ in range(20):
        find()
    before = left_behind()
    for _ in range(LOOKS):
        find()
    return before, left_behind()


def main() -> None:
    said: dict[str, object] = {"at first": serials()}
    unplug()
    said["unplugged"] = serials()
    live = libusb_package.get_libusb1_backend()
    fresh_when_absent = type(live)(live.lib)
    plug()
    said["plugged in again"] = serials()
    said["seen by a context that lives on"] = usb.core.find(backend=fresh_when_absent, idVendor=0x05BA) is not None
    unplug()
    threading.Timer(0.3, plug).start()
    began = time.monotonic()
    said["arrived"] = await_arrival(SERIAL, 3.0).serial
    said["arrival ms"] = round(1000 * (time.monotonic() - began - 0.3))
    threading.Timer(0.3, unplug).start()
    said["departed"] = await_departure(SERIAL, 3.0)
    try:
        await_arrival(SERIAL, 0.3)
    except Gone as gone:
        said["gone"] = gone.what
    plug()
    said["before"], said["after"] = many_looks()
    print(json.dumps(said))


main()
