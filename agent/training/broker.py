"""The broker of demo, training and tests: nats-server with MQTT over mutual TLS, from PyPI alone.

Measured with 2.15 and the reason for each line of the configuration:

- `verify_and_map`: without a certificate of our CA nobody gets in, and the certificate decides what its holder may say and hear.
- the NATS client port cannot be switched off: it listens on loopback with the same TLS, and nobody may use it (`allowed_connection_types`).
- a wildcard filter `x/#` needs permission for `x` too; `$MQTT.sub.>` and `$MQTT.deliver.pubrel.>` carry QoS 1 and 2 to a client.
- a refused publish is still acknowledged (MQTT 3.1.1 has no reason code): one more cause to trust only the bureau's receipt.
- the client id is not bound to the certificate: whoever knows another's client id can push its connection off (never read it). So station
  and bureau use client ids that nobody can guess (`agent.delivery.client_id`); mosquitto binds it (`agent.training.mosquitto`).

The configuration is that of config/brokers/nats, as a site uses it.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from agent.brokers import nats
from agent.brokers.access_list import Member
from agent.brokers.files import BrokerFiles, Place
from agent.errors import ConfigError
from agent.training.program import POLL, START_DEADLINE, Program, ProgramError, wait_for_tls

__all__ = ["LOOPBACK", "BrokerFiles", "NatsBroker", "nats_server"]

LOOPBACK = "127.0.0.1"
_MQTT_PORT = re.compile(r"Listening for MQTT clients on \S+:(\d+)")


class NatsBroker:
    """One nats-server on 127.0.0.1; its queues live in `directory` and survive its death."""

    def __init__(self, directory: Path, files: BrokerFiles, members: Sequence[Member], *, port: int = 0) -> None:
        """port 0 lets the kernel choose at the first start; a restart keeps it."""
        self._directory = directory
        self._files = files
        self._members = tuple(members)
        self._port = port
        self._program: Program | None = None

    @property
    def port(self) -> int:
        """The MQTT port; known once started."""
        return self._port

    @property
    def pid(self) -> int | None:
        return self._program.pid if self._program else None

    def start(self) -> None:
        """Returns when it accepts TLS. Call from a thread that outlives the broker. Raises ConfigError or ProgramError."""
        executable = nats_server()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self._directory / "nats-server.conf"
        place = Place(self._directory / "jetstream", LOOPBACK, self._port)
        config.write_text(nats.configuration(place, self._files, self._members, name="livescan-training"))
        self._program = Program([executable, "-c", str(config)], self._directory / "nats-server.log")
        try:
            self._port = _mqtt_port(self._program)
            wait_for_tls(self._program, LOOPBACK, self._port, self._files.ca)
        except ProgramError:
            self.stop()
            raise

    def ready(self) -> bool:
        return self._program is not None and self._program.running

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """SIGKILL, for tests of what survives it."""
        if self._program is not None:
            self._program.kill()


def nats_server() -> str:
    """The program of the Python environment, else the one on PATH. Raises ConfigError naming the extra that brings it."""
    beside = Path(sys.prefix) / "bin" / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise ConfigError(
            "The broker nats-server is not installed.",
            means="Demo and training need a broker; stations with a broker of their own do not.",
            do="Install the extra: pip install 'livescan-agent[demo]'.",
        )
    return found


def _mqtt_port(program: Program) -> int:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        found = _MQTT_PORT.search(program.output())
        if found:
            return int(found.group(1))
        program.check()
        time.sleep(POLL)
    raise ProgramError(f"{program.name} did not open its MQTT port within {START_DEADLINE:.0f} s.")
