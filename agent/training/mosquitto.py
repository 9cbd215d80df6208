"""The same bench on mosquitto (Debian), which also speaks MQTT 5 and binds the client id to the certificate.

Measured with 2.0.11: without `use_username_as_clientid` another station could connect under our client id and destroy our queued replies;
`max_queued_messages` is 1000 by default and drops silently after a successful PUBACK. A refused subscription is granted and then filtered.
The configuration is that of config/brokers/mosquitto, as a site uses it.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent.brokers import mosquitto as site
from agent.brokers.access_list import Member
from agent.brokers.files import BrokerFiles, Place
from agent.errors import ConfigError
from agent.training.broker import LOOPBACK
from agent.training.program import Program, ProgramError, free_port, wait_for_tls


class Mosquitto:
    """One mosquitto on 127.0.0.1 with persistence in `directory`."""

    def __init__(
        self,
        directory: Path,
        files: BrokerFiles,
        members: Sequence[Member],
        *,
        port: int = 0,
        crl: Path | None = None,
        bureau: Member | None = None,
    ) -> None:
        """crl: PEM revocation list of the CA. Without members every certificate is a station by pattern, and `bureau` the bureau."""
        self._bureau = bureau
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
        acl.write_text(site.access(self._bureau, self._members))
        acl.chmod(0o600)
        place, files = Place(self._directory, LOOPBACK, self.port), replace(self._files, crl=self._crl)
        me = pwd.getpwuid(os.geteuid()).pw_name  # started as root it would become a user who may not read our files
        config.write_text(site.configuration(place, files, acl, user=me))
        self._program = Program([executable, "-c", str(config)], self._directory / "mosquitto.log")
        try:
            wait_for_tls(self._program, LOOPBACK, self.port, self._files.ca)
        except ProgramError:
            self.stop()
            raise

    @property
    def pid(self) -> int | None:
        return self._program.pid if self._program else None

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
