"""`livescan bench usb`: full-size preview, control round trip, bulk speed and unplug on each rung, beside figures of other people's paths.

The driver runs in a program of its own, and so does the device from L1 on: the processor time is the driver's alone. On L0 they share it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from agent.bench.figures import machine
from agent.errors import LivescanError
from agent.rig.processes import Bridge, no_bridge
from agent.rig.target import SERIALS, Rung, simulator

SPARE = 120.0  # s of a rung beside its preview
WANTED = {"fps": 14.9, "late_frames": 0.0, "driver_cpu_percent": 10.0, "unplug_to_lost_ms": 500.0}  # of the default host, L1
KEYS = ("fps", "late_frames", "driver_cpu_percent", "control_us_median", "bulk_mb_s", "unplug_to_lost_ms")


@dataclass(frozen=True)
class Prototype:
    """What the same path gave as a prototype of 344 lines, before this program was written. Measured on 2 vCPU, Debian 12, Python 3.11."""

    path: str
    control_us: float
    bulk_mb_s: float


PROTOTYPES = {
    "L1": Prototype("pyusb over USB/IP, TCP loopback", 90.0, 3600.0),
    "L2": Prototype("pyusb, libusb, umockdev's usbfs", 600.0, 409.0),
    "L3": Prototype("QEMU, Linux 6.1, usbredir to xHCI", 350.0, 110.0),
}


def measure(rung: Rung, seconds: float, subject: str) -> dict[str, float]:
    """Raises LivescanError where the rung is not to be had."""
    if rung is Rung.IN_PROCESS:
        return _driver(rung, seconds, subject)
    if rung is Rung.LIBUSB and (why := no_bridge()):
        raise LivescanError(f"L2 {why}.", do="Install it.")
    if rung not in (Rung.LOOPBACK, Rung.LIBUSB):
        raise LivescanError(f"{rung} is not measured from here.", do="See docs/reports/usb.md.")
    with TemporaryDirectory(prefix="bench-") as folder, simulator("fap60", folder, subject, 1.0) as device:
        device.ready()
        if rung is Rung.LOOPBACK:
            return _driver(rung, seconds, device.address, device.control)
        with Bridge([device.address]) as bridge:
            return _driver(rung, seconds, "usb", device.control, bridge.environment())


def table(rungs: list[Rung], seconds: float, subject: str, say: Callable[[str], None]) -> dict[str, Any]:
    """The document that `--json` prints."""
    rows: dict[str, Any] = {}
    for rung in rungs:
        say(f"{rung} …")
        try:
            rows[str(rung)] = {key: round(value, 2) for key, value in measure(rung, seconds, subject).items()}
        except LivescanError as error:
            rows[str(rung)] = {"not_run": error.what}
    met = {str(rung): _met(rows[str(rung)]) for rung in rungs if str(rung) == "L1"}
    return {"bench": "usb", "machine": machine(), "seconds": seconds, "rungs": rows, "wanted": WANTED, "met": met}


def _met(row: Mapping[str, Any]) -> bool:
    if "not_run" in row:
        return False
    beyond = any(row[key] > WANTED[key] for key in ("late_frames", "driver_cpu_percent", "unplug_to_lost_ms"))
    return row["fps"] >= WANTED["fps"] and not beyond


def _driver(rung: Rung, seconds: float, where: str, control: str = "-", environment: Mapping[str, str] | None = None) -> dict[str, float]:
    command = [sys.executable, "-m", "agent.bench.usb_driver", str(rung), SERIALS["fap60"], str(seconds), where, control]
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=seconds + SPARE, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise LivescanError(f"The driver's program ended with {done.returncode}: {last}", do="Run it by hand to see why.")
    return dict(json.loads(done.stdout.splitlines()[-1]))
