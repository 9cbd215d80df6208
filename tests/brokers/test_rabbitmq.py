"""RabbitMQ with the shipped files: one node with quorum queues, started from Debian's package, with everything in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.brokers.access_list import Role, member
from agent.brokers.files import BrokerFiles, Place
from agent.brokers.write import write_rabbitmq
from agent.training.program import Program, free_port, wait_for_tls
from tests.data import need_debian
from tests.training.client import Client
from tests.training.pki import Authority, Credentials

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
NODE = "livescan@localhost"

pytestmark = [pytest.mark.long, pytest.mark.timeout(240), pytest.mark.xdist_group("rabbitmq")]


@dataclass(frozen=True)
class Rabbit:
    port: int
    bureau: Credentials
    a: Credentials
    b: Credentials
    revoked: Credentials


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    need_debian("rabbitmq-server", "rabbitmqctl")
    openssl, root = need_debian("openssl", "openssl"), tmp_path_factory.mktemp("rabbit")
    authority, port = Authority(root / "pki"), free_port()
    server, bureau = authority.issue("broker", "broker", server=True), authority.issue("SIB", "bureau")
    a, b, revoked = (authority.issue(name, "station") for name in ("LS-0001", "LS-0002", "LS-0003"))
    (root / "crls").mkdir()
    shutil.copy(authority.revoke(revoked), root / "crls" / "ca.crl")
    subprocess.run([openssl, "rehash", root / "crls"], check=True)
    files = BrokerFiles(server.ca, server.certificate, server.key, root / "crls" / "ca.crl")
    stations = [member(one.certificate, Role.STATION) for one in (a, b, revoked)]
    write_rabbitmq(root / "conf", Place(root, "127.0.0.1", port), files, member(bureau.certificate, Role.BUREAU), stations)
    environment = _environment(root)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        running = Program([str(PROGRAMS / "rabbitmq-server")], root / "log.txt")
        try:
            wait_until_up(running, environment)
            script = (root / "conf" / "rights.sh").read_text().replace("rabbitmqctl ", f"{PROGRAMS / 'rabbitmqctl'} -q -n {NODE} ")
            subprocess.run(["sh", "-c", script], check=True, env=os.environ | environment, timeout=120)
            wait_for_tls(running, "127.0.0.1", port, server.ca)
            yield Rabbit(port, bureau, a, b, revoked)
        finally:
            subprocess.run([PROGRAMS / "rabbitmqctl", "-q", "-n", NODE, "stop"], check=False, capture_output=True, timeout=60)
            running.stop()
            subprocess.run(["epmd", "-port", environment["ERL_EPMD_PORT"], "-kill"], check=False, capture_output=True)


def wait_until_up(running: Program, environment: dict[str, str]) -> None:
    """rabbitmqctl itself waits; it is tried until the node has a name."""
    for _ in range(60):
        running.check()
        asked = [PROGRAMS / "rabbitmqctl", "-q", "-n", NODE, "await_startup"]
        if subprocess.run(asked, check=False, capture_output=True, env=os.environ | environment, timeout=120).returncode == 0:
            return
    raise AssertionError(running.output())


def _environment(root: Path) -> dict[str, str]:
    for name in ("home", "log", "mnesia"):
        (root / name).mkdir()
    conf = root / "conf"
    return {
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_CONFIG_FILE": str(conf / "rabbitmq"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(conf / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(conf / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(root / "mnesia"),
        "RABBITMQ_LOG_BASE": str(root / "log"),
        "RABBITMQ_PID_FILE": str(root / "pid"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
        "HOME": str(root / "home"),
    }


def test_each_hears_its_own(rabbit: Rabbit) -> None:
    with (
        Client(rabbit.port, rabbit.bureau, "SIB-0f") as bureau,
        Client(rabbit.port, rabbit.a, "LS-0001-0f") as a,
        Client(rabbit.port, rabbit.b, "LS-0002-0f") as b,
    ):
        assert bureau.subscribe("fp/v1/st/+/tx/#")
        assert a.subscribe("fp/v1/st/LS-0001/rx/#")
        assert b.subscribe("fp/v1/st/LS-0002/rx/#")
        a.publish("fp/v1/st/LS-0001/tx/t/0/1", b"chunk")
        assert bureau.next() == ("fp/v1/st/LS-0001/tx/t/0/1", b"chunk")
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
        bureau.publish("fp/v1/st/LS-0002/rx/r/0/1", b"for b")
        assert (a.next()[1], b.next()[1]) == (b"for a", b"for b")
        assert a.messages.empty()


@pytest.mark.parametrize("topic", ["fp/v1/st/LS-0001/rx/#", "fp/v1/st/+/rx/#", "fp/v1/st/+/tx/#", "#"])
def test_a_second_station_hears_nothing_of_the_first(rabbit: Rabbit, topic: str) -> None:
    """The broker ends the connection of who asks."""
    with Client(rabbit.port, rabbit.bureau, "SIB-0f") as bureau, Client(rabbit.port, rabbit.b, "LS-0002-0f") as b:
        b.try_to_subscribe(topic)
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
        with pytest.raises(queue.Empty):
            b.messages.get(timeout=0.5)


def test_a_second_station_cannot_speak_as_the_first(rabbit: Rabbit) -> None:
    with Client(rabbit.port, rabbit.bureau, "SIB-0f") as bureau:
        assert bureau.subscribe("fp/v1/st/+/tx/#")
        with Client(rabbit.port, rabbit.b, "LS-0002-0f") as b:
            b.try_to_publish("fp/v1/st/LS-0001/tx/t/0/1", b"forged")
        with pytest.raises(queue.Empty):
            bureau.messages.get(timeout=0.5)


def test_a_second_station_gets_no_queue_under_the_client_id_of_the_first(rabbit: Rabbit) -> None:
    """Even if it knew that id: the queue's name is the client id, and its rights are on its own name."""
    with (
        Client(rabbit.port, rabbit.bureau, "SIB-0f") as bureau,
        contextlib.suppress(ConnectionRefusedError),
        Client(rabbit.port, rabbit.b, "LS-0001-0f") as b,
    ):
        b.try_to_subscribe("fp/v1/st/LS-0002/rx/#")
        bureau.publish("fp/v1/st/LS-0002/rx/r/0/1", b"for b")
        with pytest.raises(queue.Empty):
            b.messages.get(timeout=0.5)


def test_a_revoked_certificate_is_refused(rabbit: Rabbit) -> None:
    with pytest.raises(OSError), Client(rabbit.port, rabbit.revoked, "LS-0003-0f"):
        pass
