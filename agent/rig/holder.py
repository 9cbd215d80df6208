"""A program that has a scanner open under a lease until it is killed: `python -m agent.rig.holder ADDRESS SERIAL LEASES`.

What a crashed agent is to the next one. ADDRESS is a USB/IP server's, or "usb" for the devices of this machine.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from drivers.discovery import open_scanner
from drivers.lease import Leases


def main(address: str, serial: str, leases: str) -> None:
    scanner = open_scanner(serial, None if address == "usb" else address, leases=Leases(Path(leases), "the rig's holder"))
    scanner.open()
    sys.stdout.write("held\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
