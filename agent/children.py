"""Processes that we start and that tell us when they are ready, in systemd's own words (sd_notify(3)).

Used by `livescan run` and the demo. In the field systemd does this; a process is written once and does not know which of them started it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from agent.errors import LivescanError
from agent.leash import leashed

_STOP_AFTER = 10.0  # s between asking a process to end and ending it


class ChildFailed(LivescanError):
    """A process that we started ended, or did not become ready."""


class Child:
    """One process with its notification socket and its log file."""

    def __init__(self, name: str, arguments: Sequence[str], *, directory: Path, quiet: bool = True) -> None:
        """`quiet`: what it prints goes to a log file instead of to our own stderr."""
        self.name = name
        self._quiet = quiet
        self.log = directory / f"{name}.log"
        self._arguments = list(arguments)
        self._address = directory / f"{name}.notify"
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.status = ""  # the last STATUS= that it sent
        self.is_ready = False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        self.is_ready = False
        self._listen()
        with self.log.open("ab") as log:
            sink = log if self._quiet else None
            self._process = subprocess.Popen(
                leashed(self._arguments),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, "NOTIFY_SOCKET": str(self._address)},
            )

    def wait_ready(self, timeout: float) -> None:
        """Seconds to wait. Raises ChildFailed with the last line it logged."""
        deadline = time.monotonic() + timeout
        while not self.is_ready:
            self.listen(min(0.1, max(0.0, deadline - time.monotonic())))
            if self.returncode is not None:
                raise ChildFailed(f"{self.name} ended with status {self.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} was not ready within {timeout:.0f} s: {self.last_words()}")

    def listen(self, timeout: float) -> None:
        """Take in what it says within so many seconds."""
        assert self._socket is not None
        if not select.select([self._socket], [], [], timeout)[0]:
            return
        with contextlib.suppress(BlockingIOError):
            while data := self._socket.recv(4096):
                self._heard(data.decode("utf-8", "replace"))

    def stop(self) -> None:
        """Ask it to end, then end it. Harmless when it is not running."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_AFTER)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._address.unlink(missing_ok=True)

    def signal(self, signum: int) -> None:
        """Harmless when it is not running."""
        if self._process is not None:
            self._process.send_signal(signum)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        if not self._quiet:
            return "see what it said above"
        lines = self.log.read_text("utf-8", "replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "it said nothing"

    def _listen(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._address.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self._address))

    def _heard(self, text: str) -> None:
        for line in text.splitlines():
            key, _, value = line.partition("=")
            if key == "READY" and value == "1":
                self.is_ready = True
            elif key == "STATUS":
                self.status = value


def livescan(*arguments: str) -> list[str]:
    """The command line that runs this same installation's `livescan`."""
    return [sys.executable, "-m", "agent.cli", *arguments]
