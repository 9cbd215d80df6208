"""Unplugs a scanner and plugs it in again before a program that has no network, as the core has none (systemd PrivateNetwork=yes).

Run as root in the guest: `private_network.py SERIAL CONTROL`. It holds the cable; its child, under `unshare --net`, watches with
`drivers.discovery`. Prints what the child saw. A context of libusb that lives on is asked too: Debian's libusb hears of arrivals from
udev, whose messages stay outside; the one of the Python wheel listens to the kernel itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import usb.core
from usb.backend import libusb1

from agent.rig.hand import SimulatorHand, over_socket
from drivers.discovery import await_arrival, await_departure, find

PATIENCE = 30.0  # s


def watch(serial: str, library: str) -> None:
    """The child: one word for each step, then what it saw."""
    if library == "debian":
        assert libusb1.get_backend(find_library=lambda _: "libusb-1.0.so.0") is not None  # pyusb keeps the first library it loads
    seen: dict[str, Any] = {
        "interfaces": sorted(one.name for one in Path("/sys/class/net").iterdir()),
        "at first": [one.serial for one in find()],
    }
    say("watching")
    seen["departed"] = await_departure(serial, PATIENCE)
    living = libusb1._LibUSB(libusb1._lib)
    seen["living context while unplugged"] = in_context(living)
    say("gone")
    seen["arrived"] = await_arrival(serial, PATIENCE).serial
    seen["living context after it came"] = in_context(living)
    say(json.dumps(seen))


def in_context(backend: Any) -> bool:
    return usb.core.find(backend=backend, idVendor=0x1209) is not None


def say(line: str) -> None:
    print(line, flush=True)


def main(serial: str, control: str) -> None:
    say(json.dumps({library: watched(serial, SimulatorHand(over_socket(control)), library) for library in ("wheel", "debian")}))


def watched(serial: str, hand: SimulatorHand, library: str) -> dict[str, Any]:
    # sysfs is mounted anew, so that it shows this namespace's interfaces; USB stands in it all the same
    inside = f"mount -t sysfs s /sys && exec {sys.executable} {__file__} watch {serial} {library}"
    child = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", inside], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for order in ("unplug", "plug"):
        child.stdout.readline()
        hand.do(order)
    said = child.stdout.readline()
    child.wait(PATIENCE)
    return dict(json.loads(said))


if __name__ == "__main__":
    watch(*sys.argv[2:]) if sys.argv[1] == "watch" else main(*sys.argv[1:])
