"""The simulated scanner as a process beside the station: it tells its progress on stderr and on stdout that it can be imported."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.children import ChildFailed
from agent.leash import leashed

Progress = Callable[[Mapping[str, Any]], None]


class ScannerProcess:
    def __init__(self, listen: str, serial: str, subject: str, *, truth: Path, speed: float, progress: Progress) -> None:
        """`subject`: "synthetic:SEED" or an ANSI/NIST file. `truth`: where it writes what lies on the platen.

        `speed`: 1 is a person's pace.
        """
        self._progress = progress
        self._ready: dict[str, Any] | None = None
        self._said = ""
        arguments = ["fap60", "--listen", listen, "--serial", serial, "--subject", subject, "--truth", str(truth)]
        self._process = subprocess.Popen(
            leashed([sys.executable, "-m", "firmware_sim", *arguments, "--speed", str(speed), "--progress"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [threading.Thread(target=reader, daemon=True) for reader in (self._read_ready, self._read_progress)]
        for reader in self._readers:
            reader.start()

    def wait_ready(self, timeout: float) -> Mapping[str, Any]:
        """What it says of itself. Seconds to wait. Raises ChildFailed with the last line it wrote."""
        deadline = time.monotonic() + timeout
        while self._ready is None:
            if self._process.poll() is not None:
                self._readers[1].join(1.0)
                raise ChildFailed(f"The simulated scanner did not start: {self._said or 'it said nothing'}")
            if time.monotonic() > deadline:
                raise ChildFailed(f"The simulated scanner was not ready within {timeout:.0f} s.")
            time.sleep(0.02)
        return self._ready

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_ready(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            self._ready = json.loads(line)

    def _read_progress(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            try:
                self._progress(json.loads(line))
            except ValueError:
                self._said = line.strip()
