"""A foreign program that runs beside ours: started, waited for, stopped, and never left behind."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from pathlib import Path

from agent.errors import LivescanError
from agent.leash import leashed

START_DEADLINE = 15.0  # s; nats-server needs 0.1 s on an idle machine
STOP_DEADLINE = 5.0  # s
POLL = 0.02  # s


class ProgramError(LivescanError):
    """A program that the training bench needs did not start or did not stay."""


class Program:
    """One run of a program. Start it from a thread that outlives it: the kernel ends the program with that thread."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.name = Path(command[0]).name
        self._log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as sink:
            self._process = subprocess.Popen(leashed(command), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, close_fds=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def output(self) -> str:
        """What this run has printed so far."""
        with self._log.open("rb") as source:
            source.seek(self._log_start)
            return source.read().decode("utf-8", "replace")

    def check(self) -> None:
        """Raises ProgramError when it has ended."""
        if not self.running:
            last = [line for line in self.output().splitlines() if line.strip()][-1:]
            raise ProgramError(f"{self.name} ended by itself: {' '.join(last) or 'it printed nothing'}", do=f"Read {self._log.name}.")

    def stop(self) -> None:
        """Asks it to end, then ends it. Twice is harmless."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: as if the power had failed."""
        self._process.kill()
        self._process.wait(STOP_DEADLINE)


def wait_for_tls(program: Program, host: str, port: int, ca: Path) -> None:
    """Returns when the port completes a TLS handshake with a certificate of our CA. Raises ProgramError after 15 s."""
    context = ssl.create_default_context(cafile=str(ca))
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        program.check()
        try:
            with socket.create_connection((host, port), timeout=1) as plain, context.wrap_socket(plain, server_hostname=host):
                return
        except ssl.SSLCertVerificationError as error:
            raise ProgramError(f"{program.name} shows a certificate that is not of this CA.", do="Make the training keys again.") from error
        except OSError:
            time.sleep(POLL)
    raise ProgramError(f"{program.name} did not accept TLS on port {port} within {START_DEADLINE:.0f} s.")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
