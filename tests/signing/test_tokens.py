"""Keys in a token: softhsm2 stands for an HSM, `openssl` judges what it signs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.clock import SetClock
from agent.errors import ConfigError
from agent.model.messages import Environment, MessageKind
from agent.signing import training_ca
from agent.signing.algorithms import SCHEMES, scheme_of
from agent.signing.errors import SealError
from agent.signing.installing import install_certificate
from agent.signing.inventory import inventory
from agent.signing.keys import StationKeys, init_training
from agent.signing.renewal import ask
from agent.signing.requests import read_request
from agent.signing.seal import seal
from agent.signing.slots import PURPOSE, Use
from agent.signing.token_uri import TokenUri
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import open_envelope
from tests.data import need_debian
from tests.signing.conftest import CONTENT, NOW, Instance, load
from tests.signing.test_openssl import Run, decrypt, openssl, verify

__all__ = ["openssl"]

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4711-training"
LATER = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A soft token named 'livescan'; the file with its PIN."""
    program = need_debian("softhsm2", "softhsm2-util")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read by the library in this process
    command = [program, "--init-token", "--free", "--label", "livescan", "--so-pin", "0000-so", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    pin = folder / "token.pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    yield pin
    if before is None:
        del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="module", params=SCHEMES, ids=lambda one: one.name)
def in_token(request: pytest.FixtureRequest, token: Path, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance whose station signs and (but for RSA) opens with keys that were made in the token."""
    directory = tmp_path_factory.mktemp("in-token")
    init_training(directory, station="LS-0001", bureau="SIB-TRAINING", clock=SetClock(NOW), scheme=request.param)
    move_into_token(directory, token, "signing", f"signing-{request.param.name}")
    move_into_token(directory, token, "opening", f"opening-{request.param.name}")
    return load(directory)


def move_into_token(directory: Path, pin: Path, use: str, label: str) -> None:
    """A new key in the token takes the place of the file, with a certificate of its own."""
    from agent.signing import tokens

    certificate = directory / "station" / f"{use}.crt"
    scheme = scheme_of(x509.load_pem_x509_certificate(certificate.read_bytes()).public_key())
    assert scheme is not None
    text = f"pkcs11:token=livescan;object={label}?module-path={LIBRARY}&pin-source={pin}"
    public = tokens.make_key(TokenUri.parse(text), scheme)
    made = training_ca.certify(load_training_ca(directory), public, "LS-0001", training_ca.Role.STATION, PURPOSE[Use(use)], now=NOW)
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    (directory / "station" / f"{use}.key").write_text(text + "\n")


def test_what_the_token_signs_openssl_verifies(in_token: Instance, openssl: Run) -> None:
    inner = decrypt(openssl, in_token, in_token.seal().data)
    outer = verify(openssl, in_token, inner.stdout, "-cades")
    assert outer.returncode == 0, outer.stderr
    assert outer.stdout == CONTENT


def test_what_is_sealed_to_the_token_it_opens(in_token: Instance) -> None:
    keys = in_token.station
    routing = in_token.routing(MessageKind.REPLY)
    reply = seal(CONTENT, routing, signer=in_token.bureau.signer, recipient=keys.openers[0].certificate, now=NOW)
    opened = open_envelope(reply.data, openers=keys.openers, trust=keys.ca, expect=Environment.TRAINING, now=NOW)
    assert opened.facts.ok
    assert opened.content == CONTENT


def test_the_screen_names_the_token(in_token: Instance) -> None:
    assert (in_token.station.signer.kept, in_token.station.openers[0].kept) == ("PKCS#11 token livescan", "PKCS#11 token livescan")
    rows = {row.use: row for row in inventory(in_token.directory, NOW)}
    assert (rows["signing"].kept, rows["opening"].kept, rows["tls"].kept) == ("PKCS#11 token livescan", "PKCS#11 token livescan", "file")


def test_a_key_in_a_token_is_renewed_in_the_token(in_token: Instance, tmp_path: Path) -> None:
    own = tmp_path / "keys"
    shutil.copytree(in_token.directory, own)
    request = ask(own / "station", Use.SIGNING)
    key = read_request(request.der).public_key()
    new = training_ca.certify(load_training_ca(own), key, "LS-0001", training_ca.Role.STATION, PURPOSE[Use.SIGNING], now=LATER)  # type: ignore[arg-type]
    install_certificate(own, new.public_bytes(Encoding.PEM), LATER)
    keys = StationKeys.load(own, environment=Environment.TRAINING)
    assert keys.signer.certificate == new
    assert keys.signer.kept == "PKCS#11 token livescan"
    sealed = seal(CONTENT, in_token.routing(), signer=keys.signer, recipient=keys.bureau, now=LATER)
    assert in_token.open(sealed.data, now=LATER).facts.ok


def test_a_key_that_is_not_in_the_token_is_one_sentence(in_token: Instance, token: Path, tmp_path: Path) -> None:
    own = tmp_path / "keys"
    shutil.copytree(in_token.directory, own)
    (own / "station" / "signing.key").write_text(f"pkcs11:token=livescan;object=nothing?module-path={LIBRARY}&pin-source={token}")
    with pytest.raises(SealError, match="token does not answer"):
        load(own).seal()


def test_a_wrong_pin_is_one_sentence(in_token: Instance, tmp_path: Path) -> None:
    own = tmp_path / "keys"
    shutil.copytree(in_token.directory, own)
    pin = tmp_path / "wrong.pin"
    pin.write_text("wrong")
    pin.chmod(0o600)
    (own / "station" / "signing.key").write_text(f"pkcs11:token=livescan;object=signing?module-path={LIBRARY}&pin-source={pin}")
    with pytest.raises(SealError, match="token does not answer"):
        load(own).seal()


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:token=a;object=b?module-path=/x&pin-source=/y&pin-value=1234",
        "pkcs11:token=a?module-path=/x&pin-source=/y",
        "pkcs11:token=a;object=b",
        "pkcs11:token=a;object=%00?module-path=/x&pin-source=/y",
    ],
)
def test_a_uri_with_a_pin_or_without_a_part_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        TokenUri.parse(text)
