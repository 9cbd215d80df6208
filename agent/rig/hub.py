"""Power of one USB hub port by `uhubctl`, for unplugging without a hand. A hub that hangs must not hang the rig: every call has a deadline.

uhubctl's own issues 42 and 649 tell of hubs that never answer, and of ports that stay on although they were switched off: so the port
is read back.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 10.0  # s, of one call
SYSFS = Path("/sys/bus/usb/devices")
_PORT = re.compile(r"^\s+Port (\d+): ([0-9a-f]{4})\b(.*)$", re.MULTILINE)


class HubError(Exception):
    """The hub did not do it; one sentence says what happened."""


@dataclass(frozen=True)
class HubPort:
    location: str  # of the hub, as uhubctl names it: "1-1.4"
    port: int

    def power(self, *, on: bool) -> None:
        """Raises HubError."""
        _uhubctl("--location", self.location, "--ports", str(self.port), "--action", "on" if on else "off")
        if self.powered() is not on:
            raise HubError(f"Port {self.port} of hub {self.location} stays {'off' if on else 'on'}: this hub does not switch its power.")

    def powered(self) -> bool:
        """Raises HubError."""
        ports = parse_ports(_uhubctl("--location", self.location, "--ports", str(self.port)))
        if self.port not in ports:
            raise HubError(f"Hub {self.location} does not tell the state of port {self.port}.")
        return ports[self.port]


def parse_ports(text: str) -> dict[int, bool]:
    """Port number to powered, of one hub in uhubctl's own words."""
    return {int(port): "power" in rest.split() for port, _status, rest in _PORT.findall(text)}


def find_port(serial: str) -> tuple[HubPort | None, str]:
    """The hub port that a device hangs on, or None with the reason in words."""
    if shutil.which("uhubctl") is None:
        return None, "the Debian package 'uhubctl' is not installed, so no hub's power can be switched"
    for entry in sorted(SYSFS.glob("*/serial")) if SYSFS.is_dir() else []:
        hub, _, port = entry.parent.name.rpartition("." if "." in entry.parent.name else "-")
        if entry.read_text("utf-8", errors="replace").strip() == serial and port.isdigit():
            found = HubPort(hub, int(port))
            try:
                found.powered()
            except HubError as error:
                return None, str(error).rstrip(".")
            return found, ""
    return None, f"the kernel knows no USB device with serial number {serial}, so its hub port is unknown"


def _uhubctl(*arguments: str) -> str:
    try:
        done = subprocess.run(["uhubctl", *arguments], capture_output=True, text=True, timeout=DEADLINE, check=False)
    except subprocess.TimeoutExpired as error:
        raise HubError(f"uhubctl did not end within {DEADLINE:g} s: the hub hangs.") from error
    except OSError as error:
        raise HubError(f"uhubctl cannot be run: {error.strerror}.") from error
    if done.returncode:
        raise HubError(f"uhubctl says: {(done.stderr or done.stdout).strip() or 'nothing'}.")
    return done.stdout
