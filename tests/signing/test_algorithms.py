"""Each allowed kind of key, judged by the `openssl` command; and the revocation list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import SetClock
from agent.errors import ConfigError
from agent.model.messages import MessageKind
from agent.signing import signed_data
from agent.signing.algorithms import P384, SCHEMES
from agent.signing.errors import EnvelopeError, SealError
from agent.signing.keys import init_training
from agent.signing.revocations import RevocationList, read_revocations
from agent.signing.seal import seal
from agent.signing.training_ca import revoke
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import open_envelope
from tests.signing import forge
from tests.signing.conftest import CONTENT, NOW, Instance, load
from tests.signing.test_openssl import Run, decrypt, openssl, verify

__all__ = ["openssl"]


@pytest.fixture(scope="module", params=SCHEMES, ids=lambda one: one.name)
def of_kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    directory = tmp_path_factory.mktemp("kind")
    init_training(directory, station="LS-0001", bureau="SIB-TRAINING", clock=SetClock(NOW), scheme=request.param)
    return load(directory)


def test_openssl_opens_and_verifies_what_we_seal(of_kind: Instance, openssl: Run) -> None:
    inner = decrypt(openssl, of_kind, of_kind.seal().data)
    assert inner.returncode == 0, inner.stderr
    outer = verify(openssl, of_kind, inner.stdout, "-cades")
    assert outer.returncode == 0, outer.stderr
    assert outer.stdout == CONTENT


def test_openssl_refuses_a_flipped_bit_of_the_signature(of_kind: Instance, openssl: Run) -> None:
    inner = bytearray(decrypt(openssl, of_kind, of_kind.seal().data).stdout)
    inner[-1] ^= 1
    assert verify(openssl, of_kind, bytes(inner)).returncode != 0


def test_we_open_and_verify_what_we_seal(of_kind: Instance) -> None:
    opened = of_kind.open(of_kind.seal().data)
    assert opened.facts.ok, opened.facts.reasons
    assert opened.content == CONTENT


def test_we_open_what_openssl_seals_with_our_signature(of_kind: Instance, openssl: Run) -> None:
    """The signed part is ours, the encryption openssl's, with the digest of the recipient's curve."""
    inner = decrypt(openssl, of_kind, of_kind.seal().data).stdout
    own = of_kind.directory / "bureau" / "opening.crt"
    kdf = "sha384" if of_kind.bureau.openers[0].certificate.public_key().key_size == 384 else "sha256"  # type: ignore[union-attr]
    command = ("cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", "-aes256-wrap", "-recip", own)
    made = openssl(*command, "-keyopt", f"ecdh_kdf_md:{kdf}", data=inner)
    assert made.returncode == 0, made.stderr
    assert of_kind.open(made.stdout).facts.ok


def test_a_p384_key_with_the_derivation_of_p256_is_refused(tmp_path: Path, openssl: Run) -> None:
    init_training(tmp_path, station="LS-0001", bureau="SIB-TRAINING", clock=SetClock(NOW), scheme=P384)
    command = ("cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", "-aes256-wrap")
    made = openssl(*command, "-recip", tmp_path / "bureau" / "opening.crt", "-keyopt", "ecdh_kdf_md:sha256", data=b"x")
    assert made.returncode == 0, made.stderr
    with pytest.raises(EnvelopeError, match="not an uncompressed point of its curve"):
        load(tmp_path).open(made.stdout)


def test_a_signature_of_another_kind_than_the_certificate_is_not_valid(instance: Instance) -> None:
    signed = forge.sign(instance)
    changed = replace(signed, signer_info=replace(signed.signer_info, scheme=P384))
    facts = instance.open(forge.envelope(instance, signed_data.write(changed))).facts
    assert not facts.valid
    assert "The signer's key is not of an allowed kind, or not of the kind that the envelope names." in facts.reasons


# --- revocation


def _list(instance: Instance, *revoked: x509.Certificate, at: timedelta = timedelta(), days: int = 7) -> bytes:
    return revoke(load_training_ca(instance.directory), revoked, now=NOW + at, lifetime=timedelta(days=days))


def _read(instance: Instance, *revoked: x509.Certificate) -> RevocationList:
    return read_revocations(_list(instance, *revoked), instance.station.ca)


def test_a_revoked_bureaus_receipt_is_intact_and_valid_but_not_trusted(instance: Instance) -> None:
    routing = instance.routing(MessageKind.RECEIPT)
    (own,) = [one.certificate for one in instance.station.openers]
    receipt = seal(CONTENT, routing, signer=instance.bureau.signer, recipient=own, now=NOW)
    opened = open_envelope(
        receipt.data,
        openers=instance.station.openers,
        trust=instance.station.ca,
        expect=instance.station.environment,
        now=NOW,
        revocations=_read(instance, instance.bureau.signer.certificate),
    )
    facts = opened.facts
    assert (facts.intact, facts.valid, facts.trusted, facts.in_date, facts.ok) == (True, True, False, True, False)
    assert facts.reasons == ("The certificate was revoked on 2026-11-24 07:00 UTC.",)


def test_nothing_is_sealed_to_a_revoked_certificate_nor_with_one(instance: Instance) -> None:
    for certificate in (instance.station.bureau, instance.station.signer.certificate):
        with pytest.raises(SealError, match="revoked"):
            seal(
                CONTENT,
                instance.routing(),
                signer=instance.station.signer,
                recipient=instance.station.bureau,
                now=NOW,
                revocations=_read(instance, certificate),
            )


def test_a_list_of_another_authority_is_not_taken(instance: Instance, stranger: Instance) -> None:
    with pytest.raises(ConfigError, match="signature does not hold"):  # the names are the same, the keys are not
        read_revocations(_list(stranger), instance.station.ca)


def test_a_list_with_a_flipped_bit_is_not_taken(instance: Instance) -> None:
    whole = bytearray(x509.load_pem_x509_crl(_list(instance, instance.station.bureau)).public_bytes(Encoding.DER))
    for place in range(0, len(whole), 7):
        whole[place] ^= 1
        with pytest.raises(ConfigError):
            read_revocations(bytes(whole), instance.station.ca)
        whole[place] ^= 1


def test_an_old_list_says_so_and_still_revokes(instance: Instance) -> None:
    found = _read(instance, instance.station.bureau)
    later = NOW + timedelta(days=90)
    assert found.old(NOW) is None
    assert found.old(later) == ("The revocation list is old: the next one was due on 2026-12-01. Who was revoked since is not known here.")
    assert found.revoked_on(instance.station.bureau) is not None


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_one_error(instance: Instance, data: bytes) -> None:
    with pytest.raises(ConfigError, match="was not taken"):
        read_revocations(data, instance.station.ca)
