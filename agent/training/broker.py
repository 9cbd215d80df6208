"""The broker of demo, training and tests: nats-server with MQTT over mutual TLS, from PyPI alone.

Measured with 2.15 and the reason for each line of the configuration:

- `verify_and_map`: without a certificate of our CA nobody gets in, and the certificate decides what its holder may say and hear.
- the NATS client port cannot be switched off: it listens on loopback with the same TLS, and nobody may use it (`allowed_connection_types`).
- a wildcard filter `x/#` needs permission for `x` too; `$MQTT.sub.>` and `$MQTT.deliver.pubrel.>` carry QoS 1 and 2 to a client.
- a refused publish is still acknowledged (MQTT 3.1.1 has no reason code): one more cause to trust only the bureau's receipt.
- the client id is not bound to the certificate: whoever holds a certificate can push another connection off (never read it). mosquitto
  binds it (`agent.training.mosquitto`); at a site, use that or a broker that does.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.training.access_list import Member, nats_subjects
from agent.training.program import POLL, START_DEADLINE, Program, ProgramError, wait_for_tls

LOOPBACK = "127.0.0.1"
_SESSIONS = ("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")  # what nats-server itself subscribes to in the client's name
_MQTT_PORT = re.compile(r"Listening for MQTT clients on \S+:(\d+)")


@dataclass(frozen=True)
class BrokerFiles:
    """PEM files of the broker's TLS."""

    ca: Path  # who may connect has a certificate of this CA
    certificate: Path  # for 127.0.0.1 and localhost
    key: Path

    @classmethod
    def of_training(cls, keys: Path) -> BrokerFiles:
        """Where `livescan keys init --training` puts them."""
        return cls(keys / "ca" / "ca.crt", keys / "broker" / "server.crt", keys / "broker" / "server.key")


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
        config.write_text(nats_config(self._directory / "jetstream", self._files, self._members, self._port))
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


def nats_config(store: Path, files: BrokerFiles, members: Sequence[Member], port: int) -> str:
    """The configuration file. JSON is a subset of its syntax, so every string is quoted by json."""
    config = {
        "server_name": "livescan-training",  # JetStream, and with it MQTT, demands one
        "listen": f"{LOOPBACK}:-1",
        "tls": _tls(files),
        "max_payload": 8 * 1024 * 1024,  # bytes; the default of 1 MB is less than some sites' chunks
        "jetstream": {"store_dir": str(store), "sync_interval": "always", "max_memory_store": 64 << 20, "max_file_store": 4 << 30},
        "mqtt": {"listen": f"{LOOPBACK}:{port or -1}", "tls": _tls(files), "ack_wait": "10s", "max_ack_pending": 64},
        "authorization": {"users": [_user(member) for member in members]},
    }
    return json.dumps(config, indent=2) + "\n"


def _tls(files: BrokerFiles) -> dict[str, object]:
    return {
        "ca_file": str(files.ca.absolute()),
        "cert_file": str(files.certificate.absolute()),
        "key_file": str(files.key.absolute()),
        "verify_and_map": True,
        "timeout": 10,  # s; the default of 2 is short on a busy machine
    }


def _user(member: Member) -> dict[str, object]:
    return {
        "user": member.subject,
        "permissions": {
            "publish": {"allow": nats_subjects(member.may_publish())},
            "subscribe": {"allow": nats_subjects(member.may_read()) + _SESSIONS},
        },
        "allowed_connection_types": ["MQTT"],
    }


def _mqtt_port(program: Program) -> int:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        found = _MQTT_PORT.search(program.output())
        if found:
            return int(found.group(1))
        program.check()
        time.sleep(POLL)
    raise ProgramError(f"{program.name} did not open its MQTT port within {START_DEADLINE:.0f} s.")
