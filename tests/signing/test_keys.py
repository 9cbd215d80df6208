"""Keys on disk: made once, never overwritten, refused where they do not belong."""

from __future__ import annotations

import datetime
import os
import shutil
import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.clock import SetClock, SystemClock
from agent.errors import ConfigError, UsageError
from agent.model.messages import Environment, MessageKind
from agent.signing import certificates, keys, seal, training_ca, training_keys
from agent.signing.algorithms import RSA3072, SCHEMES, Scheme, new_key
from agent.signing.certificates import Purpose, Role
from agent.signing.keys import BureauKeys, StationKeys, TrainingKeys, add_station, init_training
from agent.signing.private_keys import load_certificate
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import open_envelope
from tests.signing.conftest import CONTENT, NOW, Instance, load

LAYOUT = {
    "ca/ca.crt",
    "ca/ca.key",
    "station/storage.key",
    "bureau/stations/LS-0001.crt",
    "broker/server.crt",
    "broker/server.key",
    *(f"{member}/{use}.{ending}" for member in ("station", "bureau") for use in ("signing", "opening", "tls") for ending in ("crt", "key")),
}


@pytest.fixture
def made(tmp_path: Path, clock: SetClock) -> TrainingKeys:
    return init_training(tmp_path / "keys", station="LS-0001", bureau="SIB-TRAINING", clock=clock)


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_everything_is_there_and_nobody_else_can_read_it(made: TrainingKeys) -> None:
    assert files(made.directory) == LAYOUT
    for path in made.directory.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert made.directory.stat().st_mode & 0o777 == 0o700


def test_where_each_key_is(made: TrainingKeys) -> None:
    pairs = [made.ca, made.broker, *(who(use) for who in (made.station, made.bureau) for use in ("signing", "opening", "tls"))]
    assert all(pair.certificate.is_file() and pair.key.is_file() for pair in pairs)
    assert len(made.storage_key.read_bytes()) == 32


def test_keys_are_never_overwritten(made: TrainingKeys, clock: SetClock) -> None:
    before = made.storage_key.read_bytes()
    with pytest.raises(ConfigError, match="not overwritten"):
        init_training(made.directory, station="LS-0001", bureau="SIB-TRAINING", clock=clock)
    assert made.storage_key.read_bytes() == before
    assert files(made.directory) == LAYOUT


def test_keys_appear_whole_or_not_at_all(tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training_keys, "_publish", fail)
    with pytest.raises(OSError, match="No space"):
        init_training(tmp_path, station="LS-0001", bureau="SIB", clock=clock)
    assert files(tmp_path) == set()
    monkeypatch.undo()
    init_training(tmp_path, station="LS-0001", bureau="SIB", clock=clock)


@pytest.mark.parametrize("station", ["", "LS 1", "LS/1", "../LS", "LS-0001-TOO-LONG", "LS-1\n", "ÄS-1"])
def test_a_bad_station_id(tmp_path: Path, clock: SetClock, station: str) -> None:
    with pytest.raises(UsageError):
        init_training(tmp_path, station=station, bureau="SIB", clock=clock)


def test_a_bad_bureau_id(tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(UsageError):
        init_training(tmp_path, station="LS-1", bureau="a=b", clock=clock)


def test_names_and_lifetimes(made: TrainingKeys) -> None:
    tls = load_certificate(made.station("tls").certificate)
    ca = load_certificate(made.ca.certificate)
    assert tls.subject.rfc4514_string() == "CN=LS-0001,OU=station,O=LIVESCAN TRAINING"
    names = tls.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["ls-0001.station.livescan.invalid"]
    assert tls.not_valid_after_utc - tls.not_valid_before_utc == datetime.timedelta(days=365)
    assert ca.not_valid_after_utc - ca.not_valid_before_utc == datetime.timedelta(days=3652)
    assert tls.not_valid_before_utc <= NOW
    assert certificates.is_training(ca)
    assert certificates.is_training(tls)


def test_two_stations_under_one_authority(made: TrainingKeys, tmp_path: Path, clock: SetClock) -> None:
    add_station(made.directory, station="LS-0002", into=tmp_path / "second", clock=clock)
    first, second = load(made.directory), StationKeys.load(tmp_path / "second", environment=Environment.TRAINING)
    assert second.station == "LS-0002"
    assert second.storage_key != first.station.storage_key
    routing = first.routing(station="LS-0002")
    envelope = seal.seal(CONTENT, routing, signer=second.signer, recipient=second.bureau, now=NOW)
    assert first.open(envelope.data).facts.ok
    reply = first.routing(MessageKind.REPLY, station="LS-0002", recipient="LS-0002")
    back = seal.seal(b"", reply, signer=first.bureau.signer, recipient=first.bureau.station("LS-0002"), now=NOW)
    assert open_envelope(back.data, openers=second.openers, trust=second.ca, expect=Environment.TRAINING, now=NOW).facts.ok
    assert not (tmp_path / "second" / "ca" / "ca.key").exists()


def test_a_station_is_added_once(made: TrainingKeys, tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(ConfigError, match="not overwritten"):
        add_station(made.directory, station="LS-0001", into=tmp_path / "second", clock=clock)
    assert files(tmp_path / "second") == set()


def test_production_refuses_a_training_authority(made: TrainingKeys) -> None:
    for kind in (StationKeys, BureauKeys):
        with pytest.raises(ConfigError, match="is a training CA") as caught:
            kind.load(made.directory, environment=Environment.PRODUCTION)
        assert caught.value.exit_code == 78


def production(directory: Path, ca: training_ca.Issued) -> None:
    """A CA that does not say it is for training."""
    builder = x509.CertificateBuilder(
        subject_name=x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "STATE")]),
        issuer_name=x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "STATE")]),
        public_key=ca.key.public_key(),
        serial_number=1,
        not_valid_before=NOW,
        not_valid_after=NOW + datetime.timedelta(days=9),
    )
    certificate = builder.sign(ca.key, hashes.SHA256())
    (directory / "ca" / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))


def test_training_refuses_a_production_authority(made: TrainingKeys) -> None:
    production(made.directory, load_training_ca(made.directory))
    with pytest.raises(ConfigError, match="is not a training CA"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)
    with pytest.raises(ConfigError, match="not that of a certificate authority"):
        StationKeys.load(made.directory, environment=Environment.PRODUCTION)


@pytest.mark.parametrize("name", ["ca/ca.crt", "station/signing.crt", "station/signing.key", "station/storage.key", "bureau/opening.crt"])
def test_a_missing_or_damaged_file_is_named(made: TrainingKeys, name: str) -> None:
    path = made.directory / name
    path.write_bytes(b"rubbish")
    with pytest.raises(ConfigError):
        StationKeys.load(made.directory, environment=Environment.TRAINING)
    path.unlink()
    with pytest.raises(ConfigError, match=path.name):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o640], ids=["everybody", "the group writes", "the group reads"])
def test_a_key_that_others_can_use(made: TrainingKeys, mode: int) -> None:
    made.station("signing").key.chmod(mode)
    with pytest.raises(ConfigError, match="can be used by others"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


def test_a_certificate_of_another_key(made: TrainingKeys) -> None:
    shutil.copy(made.bureau("signing").certificate, made.station("signing").certificate)
    with pytest.raises(ConfigError, match="does not belong to the private key"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


def test_the_uplinks_tls_key_in_place_of_the_signing_key(made: TrainingKeys) -> None:
    shutil.copy(made.station("tls").certificate, made.station("signing").certificate)
    shutil.copy(made.station("tls").key, made.station("signing").key)
    with pytest.raises(ConfigError, match="not for signing"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


def test_the_bureaus_keys_in_a_station(made: TrainingKeys) -> None:
    shutil.copy(made.bureau("signing").certificate, made.station("signing").certificate)
    shutil.copy(made.bureau("signing").key, made.station("signing").key)
    with pytest.raises(ConfigError, match="does not say that it belongs to a station"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


def test_certificates_of_another_authority(made: TrainingKeys, stranger: Instance) -> None:
    shutil.copy(stranger.directory / "ca" / "ca.crt", made.ca.certificate)
    with pytest.raises(ConfigError, match="not issued by"):
        StationKeys.load(made.directory, environment=Environment.TRAINING)


def test_a_new_opening_key_and_the_retired_one(made: TrainingKeys) -> None:
    late = load(made.directory).seal()
    retired = made.directory / "bureau" / "retired"
    retired.mkdir()
    for ending in ("crt", "key"):
        (made.directory / "bureau" / f"opening.{ending}").rename(retired / f"opening-1.{ending}")
    fresh = training_ca.issue(load_training_ca(made.directory), "SIB-TRAINING", Role.BUREAU, Purpose.OPENING, now=NOW)
    training_keys.write_pair(made.directory / "bureau", "opening", fresh)
    instance = load(made.directory)
    assert len(instance.bureau.openers) == 2
    assert instance.open(late.data).facts.ok
    assert instance.open(instance.seal().data).facts.ok


def test_the_bureau_knows_its_stations(instance: Instance) -> None:
    assert certificates.common_name(instance.bureau.station("LS-0001")) == "LS-0001"
    for unknown in ("LS-9999", "../opening", ""):
        with pytest.raises(ConfigError):
            instance.bureau.station(unknown)


def test_secrets_do_not_show_when_printed(instance: Instance) -> None:
    assert instance.station.storage_key.hex() not in repr(instance.station)
    assert "storage_key" not in repr(instance.station)
    assert "signer" not in repr(instance.bureau)


# --- what the certificates are worth in TLS


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object] | None:
    """A TLS handshake over a socket pair: the client's certificate as the server sees it, or the server's SSLError."""
    ours, theirs = socket.socketpair()
    outcome: list[object] = []

    def serve() -> None:
        try:
            with server.wrap_socket(ours, server_side=True) as secure:
                secure.settimeout(5)
                secure.recv(1)
                outcome.append(secure.getpeercert())
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(theirs, server_hostname="127.0.0.1") as secure:
            secure.sendall(b"x")
    finally:
        thread.join(5)
    if isinstance(outcome[0], OSError):
        raise outcome[0]
    return outcome[0]  # type: ignore[return-value]


@pytest.fixture
def today(tmp_path: Path) -> TrainingKeys:
    return init_training(tmp_path / "today", station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock(), host="broker.example")


def contexts(made: TrainingKeys, pair: keys.KeyFile) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(made.ca.certificate))
    server.load_cert_chain(made.broker.certificate, made.broker.key)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(made.ca.certificate))
    client.load_cert_chain(pair.certificate, pair.key)
    for context in (server, client):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return server, client


def test_the_tls_certificates_shake_hands(today: TrainingKeys) -> None:
    seen = shake_hands(*contexts(today, today.station("tls")))
    assert seen is not None
    assert seen["subjectAltName"] == (("DNS", "ls-0001.station.livescan.invalid"),)


def test_a_signing_certificate_is_no_tls_certificate(today: TrainingKeys) -> None:
    with pytest.raises(ssl.SSLError):
        shake_hands(*contexts(today, today.station("signing")))


def test_the_broker_answers_to_its_host_name(today: TrainingKeys) -> None:
    certificate = load_certificate(today.broker.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "broker.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


# --- the checks by themselves


FOREIGN: dict[str, Any] = {
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_key_of_another_kind_is_not_fit(instance: Instance, kind: str) -> None:
    ca = load_training_ca(instance.directory)
    made = training_ca.certify(ca, FOREIGN[kind]().public_key(), "LS-1", Role.STATION, Purpose.SIGNING, now=NOW)
    assert certificates.unfit(made, Purpose.SIGNING) == "The key of the certificate is not of an allowed kind: P-256, P-384 or RSA-3072."


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: one.name)
def test_a_key_of_an_allowed_kind_is_fit(instance: Instance, scheme: Scheme) -> None:
    made = training_ca.issue(load_training_ca(instance.directory), "LS-1", Role.STATION, Purpose.SIGNING, now=NOW, scheme=scheme)
    assert certificates.unfit(made.certificate, Purpose.SIGNING) is None


def test_nothing_can_be_sealed_to_an_rsa_key(instance: Instance) -> None:
    ca = load_training_ca(instance.directory)
    made = training_ca.certify(ca, new_key(RSA3072).public_key(), "LS-1", Role.STATION, Purpose.OPENING, now=NOW)
    assert certificates.unfit(made, Purpose.OPENING) == (
        "The key of the certificate is not on curve P-256 or P-384: nothing can be sealed to it."
    )


def test_an_unknown_critical_extension_is_not_trusted(instance: Instance) -> None:
    ca = load_training_ca(instance.directory)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = training_ca._builder(
        training_ca._name("LS-1", Role.STATION), ca.certificate.subject, key.public_key(), NOW, training_ca.LEAF_LIFETIME
    )
    builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=True)
    sentence = certificates.distrust(builder.sign(ca.key, hashes.SHA256()), ca.certificate)
    assert sentence == "The certificate has a critical extension that is not understood."


def test_a_subject_with_two_roles_has_none(instance: Instance) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, role) for role in ("station", "bureau")])
    assert certificates._one(name, x509.NameOID.ORGANIZATIONAL_UNIT_NAME) is None


def test_the_umask_does_not_matter(tmp_path: Path, clock: SetClock) -> None:
    before = os.umask(0)
    try:
        made = init_training(tmp_path / "keys", station="LS-0001", bureau="SIB", clock=clock)
    finally:
        os.umask(before)
    assert made.storage_key.stat().st_mode & 0o777 == 0o600
    assert replace(made).directory.stat().st_mode & 0o777 == 0o700
