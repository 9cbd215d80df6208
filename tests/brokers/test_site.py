"""The set-ups that a site gets from `livescan broker write`, on the brokers themselves."""

from __future__ import annotations

import os
import pwd
import queue
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.brokers import rabbitmq
from agent.brokers.access_list import Member, Role
from agent.cli.broker import app
from agent.errors import LivescanError
from agent.training.program import Program, free_port, wait_for_tls
from tests.data import need_debian
from tests.training.client import Client
from tests.training.pki import Authority, Credentials


@dataclass(frozen=True)
class Site:
    authority: Authority
    broker: Credentials
    bureau: Credentials
    a: Credentials
    b: Credentials
    revoked: Credentials
    crl: Path

    def write(self, kind: str, out: Path, *more: str) -> dict[str, str]:
        """The files, by name."""
        named = ["--ca", self.broker.ca, "--cert", self.broker.certificate, "--key", self.broker.key, "--crl", self.crl]
        result = CliRunner().invoke(app, [kind, "--out", str(out), "--bureau", str(self.bureau.certificate), *map(str, named), *more])
        if isinstance(result.exception, LivescanError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return {path.name: path.read_text() for path in out.iterdir()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    authority = Authority(tmp_path / "pki")
    broker = authority.issue("broker", "broker", server=True)
    a, b, revoked = (authority.issue(name, "station") for name in ("LS-0001", "LS-0002", "LS-0003"))
    return Site(authority, broker, authority.issue("SIB", "bureau"), a, b, revoked, authority.revoke(revoked))


@pytest.fixture
def mosquitto(site: Site, tmp_path: Path) -> int:
    """The port of a mosquitto that was given no list of stations."""
    program = need_debian("mosquitto", "mosquitto")
    port, out, state = free_port(), tmp_path / "conf", tmp_path / "state"
    state.mkdir()
    me = pwd.getpwuid(os.geteuid()).pw_name
    site.write("mosquitto", out, "--host", "127.0.0.1", "--port", str(port), "--state", str(state), "--user", me)
    (out / "acl").chmod(0o600)
    running = Program([program, "-c", str(out / "mosquitto.conf")], tmp_path / "log")
    wait_for_tls(running, "127.0.0.1", port, site.broker.ca)
    yield port  # type: ignore[misc]
    running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's broker becomes another user")
def test_started_by_root_it_reads_its_key_after_the_two_commands_of_the_guide(site: Site) -> None:
    program = need_debian("mosquitto", "mosquitto")
    guide = (Path(__file__).parents[2] / "docs" / "brokers.md").read_text()
    commands = re.search(r"```\n(chgrp mosquitto .*?)```", guide, re.DOTALL)
    assert commands is not None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        files = (site.broker.ca, site.broker.certificate, site.broker.key, site.crl)
        ca, certificate, key, crl = (Path(shutil.copy(one, folder)) for one in files)
        said = commands[1].replace("broker.key", key.name).replace("/var/lib/livescan-broker", f"{folder}/state")
        subprocess.run(["sh", "-e", "-c", said], cwd=folder, check=True)
        port, out = free_port(), Path(folder) / "conf"
        there = replace(site, broker=Credentials(ca, certificate, key), crl=crl)
        there.write("mosquitto", out, "--host", "127.0.0.1", "--port", str(port), "--state", f"{folder}/state")
        running = Program([program, "-c", str(out / "mosquitto.conf")], Path(folder) / "log")
        try:
            wait_for_tls(running, "127.0.0.1", port, ca)
        finally:
            running.stop()


def test_by_pattern_a_station_speaks_and_hears_under_its_own_name_only(site: Site, mosquitto: int) -> None:
    with Client(mosquitto, site.bureau, "SIB") as bureau, Client(mosquitto, site.a, "x") as a, Client(mosquitto, site.b, "y") as b:
        assert bureau.subscribe("fp/v1/st/+/tx/#")
        a.subscribe("fp/v1/st/LS-0001/rx/#")
        b.subscribe("#")
        a.publish("fp/v1/st/LS-0001/tx/t/0/1", b"chunk of a")
        assert bureau.next() == ("fp/v1/st/LS-0001/tx/t/0/1", b"chunk of a")
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
        bureau.publish("fp/v1/st/LS-0002/rx/r/0/1", b"for b")
        assert (a.next(), b.next()) == (("fp/v1/st/LS-0001/rx/r/0/1", b"for a"), ("fp/v1/st/LS-0002/rx/r/0/1", b"for b"))
        b.try_to_publish("fp/v1/st/LS-0001/tx/t/0/1", b"forged")
        with pytest.raises(queue.Empty):
            bureau.messages.get(timeout=0.3)
        assert a.messages.empty()


def test_the_client_id_is_that_of_the_certificate_whatever_was_asked_for(site: Site, mosquitto: int) -> None:
    with Client(mosquitto, site.a, "x") as a:
        assert a.subscribe("fp/v1/st/LS-0001/rx/#")
        with Client(mosquitto, site.b, "LS-0001"), Client(mosquitto, site.bureau, "SIB") as bureau:
            bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
            assert a.next()[1] == b"for a"


def test_a_revoked_certificate_does_not_get_in(site: Site, mosquitto: int) -> None:
    with Client(mosquitto, site.a, "x"):
        pass
    with pytest.raises(OSError), Client(mosquitto, site.revoked, "y"):
        pass


def test_three_nats_nodes_get_the_same_users_and_leave_the_revoked_out(site: Site, tmp_path: Path) -> None:
    stations = [option for one in (site.a, site.b, site.revoked) for option in ("--station", str(one.certificate))]
    texts = site.write("nats", tmp_path / "conf", *stations, "--nodes", "n1.example,n2.example,n3.example")
    assert sorted(texts) == ["haproxy.cfg", "node1.conf", "node2.conf", "node3.conf"]
    users = {text[text.index("users:") :] for name, text in texts.items() if name.startswith("node")}
    assert len(users) == 1
    assert "LS-0002" in users.pop()
    assert not any("LS-0003" in text for text in texts.values())
    assert 'routes: ["nats://n1.example:6222", "nats://n3.example:6222"]' in texts["node2.conf"]
    assert "stream_replicas: 3" in texts["node2.conf"]


def test_nats_without_a_list_of_stations_says_what_is_missing(site: Site, tmp_path: Path) -> None:
    with pytest.raises(LivescanError, match="list of the stations"):
        site.write("nats", tmp_path / "conf")


def test_haproxy_takes_the_shipped_configuration(site: Site, tmp_path: Path) -> None:
    program = need_debian("haproxy", "haproxy")
    site.write("nats", tmp_path / "conf", "--station", str(site.a.certificate), "--nodes", "127.0.0.1,127.0.0.2,127.0.0.3")
    said = subprocess.run([program, "-c", "-f", str(tmp_path / "conf" / "haproxy.cfg")], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_rabbitmq_rights_are_of_ones_own_topics_and_queue() -> None:
    text = rabbitmq.rights([Member("LS-0001", Role.STATION, "CN=LS-0001")])
    assert "'^(fp\\.v1\\.st\\.LS\\-0001\\.tx(\\..*)?|fp\\.v1\\.st\\.LS\\-0001\\.ack(\\..*)?|fp\\.v1\\.st\\.LS\\-0001\\.status)$'" in text
    assert "mqtt-subscription-LS" in text
    assert text.count("\nrabbitmqctl ") == 4
