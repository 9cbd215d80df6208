"""Programs that stand at the bench beside the rig: simulated devices, and the bridge that shows them to real libusb."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.children import ChildFailed
from agent.leash import leashed
from agent.rig.hand import SimulatorHand, over_socket

STARTING = 120.0  # s; a synthetic person takes up to a minute to make on a slow machine
ENDING = 5.0  # s
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, for which python3-gi is built


class Beside:
    """A program that tells on standard output when it is ready, in one line of JSON."""

    def __init__(self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._last = ""
        self._process = subprocess.Popen(
            leashed([sys.executable, "-m", "firmware_sim", *arguments]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self, seconds: float = STARTING) -> Mapping[str, Any]:
        """What it says of itself. Raises ChildFailed."""
        assert self._process.stdout is not None
        guard = threading.Timer(seconds, self._process.kill)
        guard.start()
        try:
            for line in self._process.stdout:
                said = json.loads(line)
                if said.get("ready"):
                    threading.Thread(target=self._process.stdout.read, daemon=True).start()
                    return dict(said)
        finally:
            guard.cancel()
        self._process.wait()
        raise ChildFailed(f"{self._name} did not start: {self._last or 'it said nothing'}", do="Start it by hand to see why.")

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hear(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._last = line.strip() or self._last


class Simulator(Beside):
    """A simulated device. `folder` takes its sockets; its path must be short enough for a UNIX socket."""

    def __init__(
        self, model: str, folder: Path, *, serial: str, subject: str = "synthetic:1", speed: float = 1.0, more: Sequence[str] = ()
    ) -> None:
        self.address = f"{'pty' if model == 'zfm' else 'unix'}:{folder / serial}"
        self.control = f"unix:{folder / serial}.control"
        arguments = [model, "--listen", self.address, "--serial", serial, "--subject", subject, "--speed", str(speed), *more]
        super().__init__(f"The simulated {model}", arguments)
        self.hand = SimulatorHand(over_socket(self.control))


class Bridge(Beside):
    """Shows simulators on USB/IP to real libusb. `environment` is that of a client of it."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__("The umockdev bridge", ["bridge", *(part for address in addresses for part in ("--usbip", address))])

    def environment(self) -> dict[str, str]:
        """Raises ChildFailed."""
        return {name: str(value) for name, value in self.ready(30.0)["environment"].items()}


def no_bridge() -> str:
    """Why there is no real libusb without a USB kernel on this machine; "" when there is."""
    if shutil.which("umockdev-run") is None:
        return "needs the Debian package 'umockdev'"
    probe = "import gi; gi.require_version('UMockdev', '1.0'); from gi.repository import UMockdev"
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode:
        return "needs the Debian packages 'python3-gi' and 'gir1.2-umockdev-1.0'"
    return ""
