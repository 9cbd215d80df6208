"""The same bench on mosquitto (Debian), which also speaks MQTT 5 and binds the client id to the certificate.

Measured with 2.0.11: without `use_username_as_clientid` another station could connect under our client id and destroy our queued replies;
`max_queued_messages` is 1000 by default and drops silently after a successful PUBACK. A refused subscription is granted and then filtered.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

from agent.errors import ConfigError
from agent.training.access_list import Member
from agent.training.broker import LOOPBACK, BrokerFiles
from agent.training.program import Program, ProgramError, free_port, wait_for_tls

MAX_PACKET = 4_194_304  # bytes


class Mosquitto:
    """One mosquitto on 127.0.0.1 with persistence in `directory`."""

    def __init__(self, directory: Path, files: BrokerFiles, members: Sequence[Member], *, port: int = 0, crl: Path | None = None) -> None:
        """crl: PEM revocation list of the CA, or None."""
        self._directory = directory
        self._files = files
        self._members = tuple(members)
        self._crl = crl
        self.port = port
        self._program: Program | None = None

    def start(self) -> None:
        """Returns when it accepts TLS. Raises ConfigError or ProgramError."""
        executable = mosquitto()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port = self.port or free_port()
        acl, config = self._directory / "acl", self._directory / "mosquitto.conf"
        acl.write_text(mosquitto_acl(self._members))
        acl.chmod(0o600)
        config.write_text(mosquitto_config(self._directory, self._files, acl, self.port, self._crl))
        self._program = Program([executable, "-c", str(config)], self._directory / "mosquitto.log")
        try:
            wait_for_tls(self._program, LOOPBACK, self.port, self._files.ca)
        except ProgramError:
            self.stop()
            raise

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        if self._program is not None:
            self._program.kill()


def mosquitto() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        raise ConfigError("The broker mosquitto is not installed.", do="apt-get install mosquitto, or use the extra 'demo'.")
    return found


def mosquitto_config(directory: Path, files: BrokerFiles, acl: Path, port: int, crl: Path | None = None) -> str:
    lines = [
        f"user {pwd.getpwuid(os.geteuid()).pw_name}",  # started as root it would become a user who may not read our files
        f"listener {port} {LOOPBACK}",
        f"cafile {files.ca.absolute()}",
        f"certfile {files.certificate.absolute()}",
        f"keyfile {files.key.absolute()}",
        *([f"crlfile {crl.absolute()}"] if crl else []),
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "tls_version tlsv1.2",
        "allow_anonymous false",
        f"max_packet_size {MAX_PACKET}",
        "max_queued_messages 0",
        "max_queued_bytes 0",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {directory.absolute()}/",
        "autosave_on_changes true",
        "autosave_interval 1",
        f"acl_file {acl.absolute()}",
    ]
    return "\n".join(lines) + "\n"


def mosquitto_acl(members: Sequence[Member]) -> str:
    """One block per member: a `pattern` would also hold for the bureau's own name."""
    return "\n".join(_block(member) for member in members)


def _block(member: Member) -> str:
    writes = [f"topic write {topic}" for topic in member.may_publish()]
    reads = [f"topic read {topic}" for topic in member.may_read()]
    return "\n".join([f"user {member.name}", *writes, *reads]) + "\n"
