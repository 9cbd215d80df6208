"""The uplink's TLS: renewed without a restart, revoked brokers, ended certificates, and nowhere else to connect to."""

from __future__ import annotations

import queue
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from agent.brokers.access_list import Role, member
from agent.clock import SetClock, SystemClock
from agent.delivery import tls
from agent.delivery.certificate_facts import revoked, validity
from agent.delivery.link_causes import LinkCause
from agent.delivery.mqtt import Connected, Disconnected, LinkEvent, MqttLink, MqttSettings
from agent.errors import ConfigError
from agent.signing import training_ca
from agent.signing.algorithms import SCHEMES
from agent.signing.installing import install_certificate, install_revocations
from agent.signing.keys import init_training
from agent.signing.renewal import ask
from agent.signing.requests import read_request
from agent.signing.slots import PURPOSE, Use
from agent.signing.training_keys import load_training_ca
from agent.training.broker import BrokerFiles, NatsBroker
from tests.data import need_debian


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    init_training(tmp_path / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    return tmp_path / "keys"


@pytest.fixture
def broker(keys: Path, tmp_path: Path) -> Iterator[NatsBroker]:
    made = NatsBroker(tmp_path / "nats", BrokerFiles.of_training(keys), [member(keys / "station" / "tls.crt", Role.STATION)])
    made.start()
    yield made
    made.stop()


def settings(keys: Path, port: int) -> MqttSettings:
    own = keys / "station"
    return MqttSettings(
        "127.0.0.1",
        port,
        "LS-0001-test",
        ca=keys / "ca" / "ca.crt",
        cert=own / "tls.crt",
        key=own / "tls.key",
        crl=keys / "ca" / "ca.crl",
        retry_first=0.1,
        retry_max=0.2,
    )


def next_of(events: queue.Queue[LinkEvent], kind: type[Any]) -> Any:
    while True:
        event = events.get(timeout=15)
        if isinstance(event, kind):
            return event


def renew_tls(keys: Path) -> bytes:
    """The authority's next certificate for the station, put in use; its DER."""
    now = datetime.now(UTC) + timedelta(seconds=5)
    request = read_request(ask(keys / "station", Use.TLS).der)
    names = ("ls-0001.station.livescan.invalid",)
    made = training_ca.certify(
        load_training_ca(keys),
        request.public_key(),  # type: ignore[arg-type]
        "LS-0001",
        training_ca.Role.STATION,
        PURPOSE[Use.TLS],
        now=now,
        names=names,
    )
    install_certificate(keys, made.public_bytes(Encoding.PEM), now)
    return made.public_bytes(Encoding.DER)


def test_a_renewed_certificate_is_used_at_once_and_without_a_restart(
    keys: Path, broker: NatsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.1)
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = MqttLink(settings(keys, broker.port), events.put)
    link.start()
    try:
        assert next_of(events, Connected).epoch == 1
        renew_tls(keys)
        assert next_of(events, Disconnected).cause is LinkCause.RENEWED
        next_of(events, Connected)
    finally:
        link.stop()


def test_a_broker_whose_certificate_is_revoked_is_hung_up_on(keys: Path, broker: NatsBroker) -> None:
    server = x509.load_pem_x509_certificate((keys / "broker" / "server.crt").read_bytes())
    install_revocations(keys, training_ca.revoke(load_training_ca(keys), [server], now=datetime.now(UTC)))
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = MqttLink(settings(keys, broker.port), events.put)
    link.start()
    try:
        assert next_of(events, Disconnected).cause is LinkCause.REVOKED
        assert not any(isinstance(event, Connected) for event in events.queue)
    finally:
        link.stop()


def test_files_that_are_not_whole_leave_the_connection_as_it_is(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    held = tls.Tls(settings(keys, 1), SystemClock())
    before = held.context
    (keys / "station" / "tls.crt").write_bytes(b"half")
    assert held.context is before
    assert "cannot be used" in caplog.text


def test_without_usable_files_the_uplink_does_not_start(keys: Path) -> None:
    (keys / "station" / "tls.key").unlink()
    with pytest.raises(ConfigError, match="cannot be used"):
        tls.Tls(settings(keys, 1), SystemClock())


def test_after_ninety_days_the_log_says_once_what_has_ended_and_what_to_do(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = SetClock(datetime.now(UTC) + timedelta(days=366 + 90))
    held = tls.Tls(settings(keys, 1), clock)
    for _ in range(3):
        assert held.context is not None
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "TLS certificate ended on" in said
    assert said.endswith("Nothing is lost; what is sealed waits. Renew it: livescan keys request tls.")


# --- what is agreed in the handshake, with openssl as the broker


def serve(keys: Path, *options: str) -> tuple[subprocess.Popen[bytes], int]:
    program = need_debian("openssl", "openssl")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = keys / "broker"
    command = [program, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", own / "server.crt", "-key", own / "server.key", "-quiet"]
    return subprocess.Popen(
        [*map(str, command), *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ), port


def shake_hands(keys: Path, port: int) -> None:
    held = tls.Tls(settings(keys, port), SystemClock())
    for _ in range(100):
        try:
            plain = socket.create_connection(("127.0.0.1", port), timeout=5)
            break
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    with plain, held.context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
        held.judge(secure)


AGREED = {
    "TLS 1.3 with AES-256-GCM": ("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"),
    "TLS 1.3 with AES-128-GCM": ("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"),
    "TLS 1.2 with AES-256-GCM": ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"),
}
NOT_AGREED = {
    "TLS 1.3 with ChaCha20": ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
    "TLS 1.2 with CBC": ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"),
    "TLS 1.1": ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
    "X25519": ("-tls1_3", "-groups", "X25519"),
}


@pytest.mark.parametrize("case", AGREED)
def test_aes_gcm_is_agreed_on(keys: Path, case: str) -> None:
    server, port = serve(keys, *AGREED[case])
    try:
        shake_hands(keys, port)
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("case", NOT_AGREED)
def test_what_is_not_allowed_is_not_agreed_on(keys: Path, case: str) -> None:
    server, port = serve(keys, *NOT_AGREED[case])
    try:
        with pytest.raises((ssl.SSLError, tls.TlsRefused, ConnectionError)):
            shake_hands(keys, port)
    finally:
        server.kill()
        server.communicate()


# --- the two facts


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: one.name)
def test_the_walk_reads_what_cryptography_reads(scheme: Any) -> None:
    now = datetime(2026, 11, 24, 7, tzinfo=UTC)
    ca = training_ca.make_ca(now, scheme)
    leaves = [training_ca.issue(ca, "LS-1", training_ca.Role.STATION, PURPOSE[Use.TLS], now=now).certificate for _ in range(3)]
    for certificate in (ca.certificate, *leaves):
        for encoding in (Encoding.PEM, Encoding.DER):
            found = validity(certificate.public_bytes(encoding))
            assert (found.begins, found.ends) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    found_list = revoked(training_ca.revoke(ca, leaves, now=now))
    assert found_list.serials == {one.serial_number for one in leaves}
    assert found_list.next_at == now + timedelta(days=7)
    assert revoked(training_ca.revoke(ca, [], now=now)).serials == frozenset()


@given(st.binary(max_size=200))
def test_any_bytes_are_facts_or_a_value_error(data: bytes) -> None:
    for read in (validity, revoked):
        try:
            read(data)
        except ValueError:
            continue


# --- nowhere else

_CONFINED = """
import socket, sys
from agent.delivery.egress import confine
confine([("127.0.0.1", int(sys.argv[1]))])
def tried(what):
    try:
        what()
    except PermissionError as error:
        return type(error).__name__
    except OSError:
        return "OSError"
    return "went"
def connect(address, family=socket.AF_INET):
    with socket.socket(family) as one:
        one.connect(address)
print(tried(lambda: connect(("127.0.0.1", int(sys.argv[1])))))
print(tried(lambda: connect(("127.0.0.1", int(sys.argv[2])))))
print(tried(lambda: socket.create_connection(("elsewhere.invalid", int(sys.argv[1])))))
print(tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))))
print(tried(lambda: connect(sys.argv[3], socket.AF_UNIX)))
"""


def test_a_confined_process_reaches_the_configured_endpoint_and_unix_sockets_only(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket() as allowed, socket.socket() as other, socket.socket(socket.AF_UNIX) as local:
        for one in (allowed, other):
            one.bind(("127.0.0.1", 0))
            one.listen()
        local.bind(path)
        local.listen()
        command = [sys.executable, "-c", _CONFINED, str(allowed.getsockname()[1]), str(other.getsockname()[1]), path]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], timeout=20).stdout
    assert said.split() == ["went", "EgressRefused", "EgressRefused", "EgressRefused", "went"]


def test_the_uplinks_settings_name_the_broker_as_its_only_endpoint(keys: Path, tmp_path: Path) -> None:
    from agent.settings import load_settings
    from agent.uplink_settings import uplink_settings

    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\nid = "LS-0001"\nenvironment = "training"\nori = "ZZ0010000"\n'
        '[bureau]\nname = "SIB-TRAINING"\nori = "ZZSIB0000"\nhost = "broker.example"\nport = 8883\n'
    )
    assert uplink_settings(load_settings(config)).endpoints == (("broker.example", 8883),)
