"""An independent judge: the `openssl` command reads what we make, and what it makes we read."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.signing import signed_data
from agent.signing.errors import EnvelopeError
from agent.signing.keys import init_training
from tests.data import need_debian
from tests.signing import forge
from tests.signing.conftest import CONTENT, Instance, load

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
AT = ["-attime", "1795503600"]  # 2026-11-24 07:00 UTC, as the fixtures


@pytest.fixture
def openssl(tmp_path: Path) -> Run:
    program = need_debian("openssl", "openssl")

    def run(*arguments: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([program, *map(str, arguments)], input=data, cwd=tmp_path, capture_output=True, check=False, timeout=20)

    return run


def decrypt(openssl: Run, instance: Instance, data: bytes) -> subprocess.CompletedProcess[bytes]:
    own = instance.directory / "bureau"
    return openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-recip", own / "opening.crt", "-inkey", own / "opening.key", data=data)


def verify(openssl: Run, instance: Instance, data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    ca = instance.directory / "ca" / "ca.crt"
    return openssl("cms", "-verify", "-binary", "-inform", "DER", "-CAfile", ca, *AT, *options, data=data)


@pytest.mark.parametrize("content", [CONTENT, b"", bytes(range(256)) * 4096], ids=["short", "empty", "1 MiB"])
def test_openssl_gives_the_file_back_byte_for_byte(openssl: Run, instance: Instance, content: bytes) -> None:
    inner = decrypt(openssl, instance, instance.seal(content).data)
    assert inner.returncode == 0, inner.stderr
    outer = verify(openssl, instance, inner.stdout)
    assert outer.returncode == 0, outer.stderr
    assert outer.stdout == content


def test_openssl_checks_the_signing_certificate_attribute(openssl: Run, instance: Instance) -> None:
    """`-cades`: signingCertificateV2 is checked against the certificate."""
    inner = decrypt(openssl, instance, instance.seal().data).stdout
    result = verify(openssl, instance, inner, "-cades")
    assert result.returncode == 0, result.stderr


def test_openssl_refuses_one_flipped_bit_of_the_envelope(openssl: Run, instance: Instance) -> None:
    data = bytearray(instance.seal().data)
    data[-100] ^= 1
    assert decrypt(openssl, instance, bytes(data)).returncode != 0


@pytest.mark.parametrize("from_end", [1, 150])  # in the signature, in the signed attributes
def test_openssl_refuses_one_flipped_bit_of_the_signed_part(openssl: Run, instance: Instance, from_end: int) -> None:
    inner = bytearray(decrypt(openssl, instance, instance.seal().data).stdout)
    inner[-from_end] ^= 1
    assert verify(openssl, instance, bytes(inner)).returncode != 0


def test_openssl_refuses_one_flipped_bit_of_the_file(openssl: Run, instance: Instance) -> None:
    inner = decrypt(openssl, instance, instance.seal().data).stdout
    assert inner.count(CONTENT) == 1
    changed = inner.replace(CONTENT, bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    assert verify(openssl, instance, changed).returncode != 0


def test_openssl_knows_the_routing_attributes_by_number(openssl: Run, instance: Instance) -> None:
    inner = decrypt(openssl, instance, instance.seal().data).stdout
    printed = openssl("cms", "-cmsout", "-print", "-inform", "DER", data=inner).stdout.decode()
    assert "2.25.223136032731104309295220899157324971679.3" in printed
    assert "LS-0001-01JD9Y3V5E8Q2N4R6T7W9XZABC" in printed


def made_by_openssl(openssl: Run, instance: Instance, content: bytes, *options: str) -> bytes:
    """The signed part, by openssl with the station's key."""
    own = instance.directory / "station"
    key = ("-signer", own / "signing.crt", "-inkey", own / "signing.key", "-md", "sha256")
    made = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *key, *options, data=content)
    assert made.returncode == 0, made.stderr
    return made.stdout


def sealed_by_openssl(openssl: Run, instance: Instance, plain: bytes, *options: str) -> bytes:
    """The encryption, by openssl to the bureau's certificate."""
    recipient = ("-recip", instance.directory / "bureau" / "opening.crt", "-keyopt", "ecdh_kdf_md:sha256", *options)
    made = openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", "-aes256-wrap", *recipient, data=plain)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.mark.parametrize("options", [(), ("-keyid",)], ids=["issuer and serial", "key identifier"])
def test_we_open_what_openssl_encrypts(openssl: Run, instance: Instance, options: tuple[str, ...]) -> None:
    plain = signed_data.write(forge.sign(instance))
    opened = instance.open(sealed_by_openssl(openssl, instance, plain, *options))
    assert opened.facts.ok
    assert opened.content == CONTENT


@pytest.mark.parametrize("options", [("-cades",), ("-cades", "-keyid")], ids=["issuer and serial", "key identifier"])
def test_we_read_what_openssl_signs_up_to_the_missing_routing(openssl: Run, instance: Instance, options: tuple[str, ...]) -> None:
    plain = made_by_openssl(openssl, instance, CONTENT, *options)
    parts = signed_data.read(plain)
    assert parts.content == CONTENT
    with pytest.raises(EnvelopeError, match="The signed attribute 'kind' is missing: this is not an envelope of a station or a bureau"):
        instance.open(sealed_by_openssl(openssl, instance, plain))


REFUSED = {
    "AES-128": (("-aes-128-gcm", "-aes256-wrap", "-keyopt", "ecdh_kdf_md:sha256"), "AES-256-GCM"),
    "SHA-1 key derivation": (("-aes-256-gcm", "-aes256-wrap"), "key agreement"),
    "AES-128 key wrap": (("-aes-256-gcm", "-aes128-wrap", "-keyopt", "ecdh_kdf_md:sha256"), "key agreement"),
    "CBC without a tag": (("-aes-256-cbc", "-aes256-wrap", "-keyopt", "ecdh_kdf_md:sha256"), "content type"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_algorithms_are_refused(openssl: Run, instance: Instance, case: str) -> None:
    options, sentence = REFUSED[case]
    recipient = ("-recip", instance.directory / "bureau" / "opening.crt")
    encryption, rest = options[0], options[1:]
    wrap = (rest[0],)
    made = openssl("cms", "-encrypt", "-binary", "-outform", "DER", encryption, *wrap, *recipient, *rest[1:], data=b"x")
    assert made.returncode == 0, made.stderr
    with pytest.raises(EnvelopeError, match=sentence):
        instance.open(made.stdout)


def test_two_recipients_are_refused(openssl: Run, instance: Instance) -> None:
    both = sealed_by_openssl(
        openssl, instance, b"x", "-recip", str(instance.directory / "station" / "opening.crt"), "-keyopt", "ecdh_kdf_md:sha256"
    )
    with pytest.raises(EnvelopeError, match="Recipients: exactly one"):
        instance.open(both)


def test_two_signers_are_refused(openssl: Run, instance: Instance) -> None:
    own = instance.directory / "bureau"
    plain = made_by_openssl(openssl, instance, CONTENT, "-signer", str(own / "signing.crt"), "-inkey", str(own / "signing.key"))
    with pytest.raises(EnvelopeError, match="exactly one"):
        instance.open(forge.envelope(instance, plain))


def test_a_detached_signature_is_refused(openssl: Run, instance: Instance) -> None:
    own = instance.directory / "station"
    made = openssl(
        "cms", "-sign", "-binary", "-outform", "DER", "-signer", own / "signing.crt", "-inkey", own / "signing.key", data=CONTENT
    )
    with pytest.raises(EnvelopeError):
        instance.open(forge.envelope(instance, made.stdout))


def test_a_signature_with_another_digest_is_refused(openssl: Run, instance: Instance) -> None:
    own = instance.directory / "station"
    key = ("-signer", own / "signing.crt", "-inkey", own / "signing.key", "-md", "sha512")
    made = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *key, data=CONTENT)
    with pytest.raises(EnvelopeError, match="an algorithm that is not allowed"):
        instance.open(forge.envelope(instance, made.stdout))


def test_certificates_satisfy_openssl_strictly(openssl: Run, instance: Instance) -> None:
    ca = instance.directory / "ca" / "ca.crt"
    for name, purpose in (("station/signing", "smimesign"), ("station/tls", "sslclient"), ("broker/server", "sslserver")):
        certificate = instance.directory / f"{name}.crt"
        result = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, *AT, certificate)
        assert result.returncode == 0, result.stderr
    refused = openssl("verify", "-purpose", "sslclient", "-CAfile", ca, *AT, instance.directory / "station" / "signing.crt")
    assert refused.returncode != 0


def test_the_commands_of_the_document_work(openssl: Run, tmp_path: Path) -> None:
    """Runs what docs/envelope.md prints, in its order, in a directory laid out as it says."""
    init_training(tmp_path, station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    instance, now = load(tmp_path), SystemClock().now()
    (tmp_path / "envelope.der").write_bytes(instance.seal(now=now).data)
    document = Path(__file__).parents[2] / "docs" / "envelope.md"
    commands = [line.split()[1:] for line in document.read_text().splitlines() if line.startswith("openssl ")]
    assert len(commands) == 5
    for command in commands:
        result = openssl(*command)
        assert result.returncode == 0, result.stderr
        if "-verify" in command:
            assert (tmp_path / "car.an2").read_bytes() == CONTENT
    with pytest.raises(EnvelopeError, match="'kind' is missing"):
        instance.open((tmp_path / "envelope.der").read_bytes(), now=now)
