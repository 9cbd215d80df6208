"""Debian's unmodified libfprint takes a picture. Run by Debian's Python: `umockdev_fprint.py OUT`; says what it found as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import gi

gi.require_version("FPrint", "2.0")
from gi.repository import FPrint, GLib  # noqa: E402


def capture(device: FPrint.Device) -> FPrint.Image:
    """As a program does: a picture without minutiae is asked for again."""
    for _ in range(3):
        try:
            return device.capture_sync(True, None)
        except GLib.Error as error:
            if not error.matches(FPrint.DeviceRetry.quark(), 0):
                raise
    raise SystemExit("no picture with minutiae in it")


def main() -> None:
    context = FPrint.Context()
    context.enumerate()
    device = context.get_devices()[0]
    device.open_sync(None)
    began = time.monotonic()
    image = capture(device)
    said = {"driver": device.get_driver(), "name": device.get_name(), "size": [image.get_width(), image.get_height()]}
    said["seconds"] = round(time.monotonic() - began, 2)
    Path(sys.argv[1]).write_bytes(bytes(image.get_data()))
    device.close_sync(None)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
