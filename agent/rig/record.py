"""Records a real device for `livescan rig replay`: its description by umockdev-record, its traffic from the kernel's usbmon by tcpdump.

What is recorded holds the picture of whatever lay on the glass. So: the side of a finger, never a print.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from agent.errors import LivescanError
from agent.rig.recording import SEED
from drivers.device import Mode, Request
from drivers.discovery import DRIVERS, find
from drivers.uru4500 import Uru4500
from drivers.usb_bus import LibusbBus
from drivers.usb_identity import SYSFS

WARNING = (
    "The recording holds the picture of whatever lies on the glass, and recordings are passed on. "
    "Lay down the SIDE of a finger, or a knuckle: never a real print."
)
NEEDED = {"umockdev-record": "umockdev", "tcpdump": "tcpdump"}  # program: Debian package
USBMON = Path("/sys/kernel/debug/usb/usbmon")
SETTLES = 1.0  # s for tcpdump to begin


class CannotRecord(LivescanError):
    """Something that recording needs is not here."""


def record(folder: Path, serial: str, seconds: int, say: Callable[[str], None]) -> None:
    """Raises CannotRecord."""
    _check(folder)
    device = _sysfs_folder(serial)
    folder.mkdir(parents=True)
    with (folder / "device").open("w", encoding="utf-8") as described:
        subprocess.run(["umockdev-record", str(device)], stdout=described, check=True)
    bus = (device / "busnum").read_text("ascii").strip()
    traffic = folder / "capture.pcapng"
    log = subprocess.Popen(["tcpdump", "-q", "-U", "-i", f"usbmon{bus}", "-w", str(traffic)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLES)
        say(_taken(serial, seconds, say))
    finally:
        log.terminate()
        log.wait(10)


def _check(folder: Path) -> None:
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            raise CannotRecord(f"Recording needs '{program}'.", do=f"Install the Debian package '{package}'.")
    if os.geteuid() != 0:
        raise CannotRecord("Recording needs root: the kernel shows USB traffic to nobody else.", do="Run it with sudo.")
    if not USBMON.is_dir():
        raise CannotRecord("The kernel's usbmon is not here.", do="Run `modprobe usbmon`; this kernel may have been built without USB.")
    if folder.exists():
        raise CannotRecord(f"There is something at {folder} already.", do="Name a folder that does not exist.")


def _sysfs_folder(serial: str) -> Path:
    for path in sorted(SYSFS.glob("*/serial")):
        if path.read_text("utf-8", errors="replace").strip() == serial:
            return path.parent.resolve()
    raise CannotRecord(f"No USB device with serial number {serial} is plugged in.", do="`livescan devices` lists those that are.")


def _taken(serial: str, seconds: int, say: Callable[[str], None]) -> str:
    """One capture by our own driver where it has one that can be replayed; otherwise any program may use the device meanwhile."""
    ours = next((found.driver for found in find(serial=serial) if found.driver in {driver.name for driver in DRIVERS}), "")
    if ours != "uru4500":
        say(f"Use the device now; {seconds} s are recorded.")
        time.sleep(seconds)
        return "Recorded. Our drivers replay U.are.U readers only; libfprint's tests may replay others."
    say("Lay the SIDE of a finger on the glass.")
    scanner = Uru4500(LibusbBus(), serial, new_seed=lambda: int(SEED, 16))
    scanner.open()
    try:
        for _ in scanner.events(scanner.arm(Request(Mode.FLAT_1, frozenset({2}), timeout_s=seconds))):
            continue
    finally:
        scanner.close()
    return "Recorded."
