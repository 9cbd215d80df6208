"""Linux's vhci_hcd by its files in sysfs: a connected socket becomes a device of this machine's own kernel. Root only, stdlib only.

Source: drivers/usb/usbip/vhci_sysfs.c: `port sockfd devid speed` to attach, `port` to detach.
As a script: `vhci_sysfs.py tcp:HOST:PORT [BUSID]` imports from a USB/IP server, attaches, and ends; the kernel keeps the socket.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from firmware_sim.hosts.usbip_caller import CallRefused, take

SYSFS = Path("/sys/devices/platform/vhci_hcd.0")
HUB = "hs"  # the high-speed hub; full-speed devices are on it too
FREE = 4  # VDEV_ST_NULL, include/uapi/linux/usbip.h


class VhciError(Exception):
    """The kernel cannot take the device; one sentence says why."""


def free_port(status: str) -> int:
    """The first free port in vhci's status table. Raises VhciError."""
    for line in status.splitlines():
        found = re.match(r"(\w+)\s+(\d+)\s+(\d+)", line)
        if found and found[1] == HUB and int(found[3]) == FREE:
            return int(found[2])
    raise VhciError("Every port of vhci_hcd is taken.")


def attach(kernels: socket.socket, devid: int, speed: int, sysfs: Path = SYSFS) -> int:
    """Give the kernel its end; the port that the device is at now. Raises VhciError."""
    if not sysfs.is_dir():
        raise VhciError("The kernel module vhci_hcd is not there: modprobe vhci-hcd.")
    port = free_port((sysfs / "status").read_text(encoding="ascii"))
    try:
        handle = os.open(sysfs / "attach", os.O_WRONLY)
        try:
            os.write(handle, f"{port} {kernels.fileno()} {devid} {speed}".encode("ascii"))
        finally:
            os.close(handle)
    except OSError as error:
        raise VhciError(f"The kernel does not take the device: {error.strerror or error}.") from error
    return port


def detach(port: int, sysfs: Path = SYSFS) -> None:
    """Raises OSError."""
    (sysfs / "detach").write_text(str(port), encoding="ascii")


def main() -> int:
    try:
        sock, device = take(sys.argv[1], *sys.argv[2:3])
        with sock:
            sys.stdout.write(f"{attach(sock, device.busnum << 16 | device.devnum, device.speed)}\n")
    except (VhciError, CallRefused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
