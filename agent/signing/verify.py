"""Open an envelope and say, fact by fact, what of it holds. Core, bureau and tests; never imports `seal`.

Two kinds of answer (pyHanko's distinction). Bytes that are no envelope, or not for us, raise one EnvelopeError. An envelope that opens
gives an Opened whose Verification says each thing apart: "certificate expired yesterday, file intact" helps, "signature bad" does not.
**Use nothing of an Opened whose `facts.ok` is False** except to show it to a person.

What must hold, and why:
- intact, valid: the file is what was signed, by the holder of the certificate that the signed attributes name (RFC 5652 5.6, RFC 5035 3).
- trusted, in_date: that certificate is a signing certificate of our CA, not revoked, valid at `now` and when it signed. A stored envelope
  is verified again with the time at which it was first received as `now`.
- environment_ok: production and training never mix, neither by the word in the envelope nor by the CA.
- role_ok: a station signs transactions in its own name, a bureau signs receipts and replies; the role is in the certificate.
- recipient_ok: the signer meant it for us. Encryption hides no forwarding: a recipient could seal what it received again to somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from agent.model.messages import Environment, MessageKind, Routing
from agent.signing import attributes, auth_enveloped_data, certificates, signed_data
from agent.signing.algorithms import digest, holds
from agent.signing.auth_enveloped_data import Sealed
from agent.signing.certificates import Purpose, Role
from agent.signing.der import reading
from agent.signing.errors import EnvelopeError
from agent.signing.private_keys import Opener
from agent.signing.revocations import RevocationList
from agent.signing.signed_data import SignedData

SENDER = {MessageKind.TRANSACTION: Role.STATION, MessageKind.RECEIPT: Role.BUREAU, MessageKind.REPLY: Role.BUREAU}


@dataclass(frozen=True)
class Verification:
    """Facts, each on its own; `reasons` has one sentence for everything that does not hold."""

    intact: bool  # the file has the digest that was signed
    valid: bool  # the signature is the certificate's, and the certificate the one that was signed
    trusted: bool  # a signing certificate of our CA, not revoked
    in_date: bool  # valid now and when it signed
    environment_ok: bool  # the one that is expected, in the envelope and by the CA
    role_ok: bool  # the signer may say this kind of thing, in this name
    recipient_ok: bool  # the signer named the certificate that opened it
    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        facts = (self.intact, self.valid, self.trusted, self.in_date, self.environment_ok, self.role_ok, self.recipient_ok)
        return all(facts)


@dataclass(frozen=True)
class Opened:
    content: bytes = field(repr=False)  # the inner file, byte for byte
    routing: Routing
    content_sha256: str  # hex
    signer: x509.Certificate
    signed_at: datetime  # UTC, by the signer's clock
    facts: Verification
    remarks: str = field(default="", repr=False)  # what the station says of how the prints were taken; "" nothing


def open_envelope(
    data: bytes,
    *,
    openers: Sequence[Opener],
    trust: x509.Certificate,
    expect: Environment,
    now: datetime,
    expect_role: Role | None = None,
    revocations: RevocationList | None = None,
) -> Opened:
    """Decrypt and verify.

    openers: the current key and the retired ones; trust: the CA, with its revocation list; expect_role: the only role whose word counts.

    Raises EnvelopeError, and nothing else, whatever the bytes are.
    """
    plain, opener = decrypt(data, openers)
    signed = signed_data.read(plain)
    signer = _signer(signed)
    statement = attributes.read(signed.signer_info.signed_attributes)
    found = digest(signed.signer_info.scheme, signed.content)
    findings = {
        "intact": _broken(found, statement),
        "valid": _invalid(signed, signer, statement),
        "trusted": _untrusted(signer, trust, revocations),
        "in_date": _out_of_date(signer, trust, statement.signed_at, now),
        "environment_ok": _wrong_environment(statement.routing, trust, expect),
        "role_ok": _wrong_role(statement.routing, signer, expect_role),
        "recipient_ok": _wrong_recipient(statement.routing, opener),
    }
    facts = Verification(
        **{name: sentence is None for name, sentence in findings.items()},
        reasons=tuple(sentence for sentence in findings.values() if sentence is not None),
    )
    return Opened(
        content=signed.content,
        routing=statement.routing,
        content_sha256=(found if _is_sha256(signed) else hashlib.sha256(signed.content).digest()).hex(),
        signer=signer,
        signed_at=statement.signed_at,
        facts=facts,
        remarks=statement.remarks,
    )


def _is_sha256(signed: SignedData) -> bool:
    """What was signed is the content digest itself."""
    return isinstance(signed.signer_info.scheme.digest, hashes.SHA256)


def decrypt(data: bytes, openers: Sequence[Opener]) -> tuple[bytes, Opener]:
    """What is sealed to one of these keys, and to which. Raises EnvelopeError."""
    sealed = auth_enveloped_data.read(data)
    opener = _choose(sealed, openers)
    return _decrypt(sealed, opener), opener


def _choose(sealed: Sealed, openers: Sequence[Opener]) -> Opener:
    """The key that the envelope is sealed to, by its certificate's issuer and serial number or key identifier (RFC 5652 6.2.2)."""
    for opener in openers:
        if sealed.rid in (certificates.issuer_and_serial(opener.certificate), certificates.key_identifier(opener.certificate)):
            return opener
    raise EnvelopeError("The envelope is sealed to a certificate whose key is not here.")


def _decrypt(sealed: Sealed, opener: Opener) -> bytes:
    with reading("The key agreement of the envelope"):
        secret = opener.agree(sealed.ephemeral)
    try:
        key = aes_key_unwrap(auth_enveloped_data.key_encryption_key(secret, sealed.ephemeral), sealed.encrypted_key)
        return AESGCM(key).decrypt(sealed.nonce, b"".join((sealed.ciphertext, sealed.tag)), None)
    except (InvalidUnwrap, InvalidTag, ValueError) as error:
        raise EnvelopeError("The envelope does not decrypt: it was changed on its way.") from error


def _signer(signed: SignedData) -> x509.Certificate:
    with reading("The signer's certificate"):
        certificate = certificates.from_der(signed.certificate)
    if signed.signer_info.sid not in (certificates.issuer_and_serial(certificate), certificates.key_identifier(certificate)):
        raise EnvelopeError("The certificate in the envelope is not the one that its signer names.")
    return certificate


def _broken(found: bytes, statement: attributes.Statement) -> str | None:
    return None if hmac.compare_digest(found, statement.message_digest) else "The file is not the one that was signed."


def _invalid(signed: SignedData, signer: x509.Certificate, statement: attributes.Statement) -> str | None:
    if not hmac.compare_digest(certificates.sha256(signer), statement.certificate_sha256):
        return "The certificate in the envelope is not the one that was signed."
    if certificates.scheme(signer) is not signed.signer_info.scheme:
        return "The signer's key is not of an allowed kind, or not of the kind that the envelope names."
    if not holds(signer.public_key(), signed.signer_info.signature, signed.signer_info.signed_attributes):
        return "The signature does not hold."
    return None


def _untrusted(signer: x509.Certificate, trust: x509.Certificate, revocations: RevocationList | None) -> str | None:
    """A revoked certificate is trusted in nothing, not even in what it is said to have signed before: the time is its holder's word."""
    revoked = revocations.revoked_on(signer) if revocations else None
    return certificates.distrust(signer, trust) or certificates.unfit(signer, Purpose.SIGNING) or revoked


def _out_of_date(signer: x509.Certificate, trust: x509.Certificate, signed_at: datetime, now: datetime) -> str | None:
    if (sentence := certificates.out_of_date(signer, now) or certificates.out_of_date(trust, now)) is not None:
        return sentence
    if certificates.out_of_date(signer, signed_at) is not None:
        return "The signing time lies outside the validity of the signer's certificate."
    return None


def _wrong_environment(routing: Routing, trust: x509.Certificate, expect: Environment) -> str | None:
    if routing.environment is not expect:
        return f"The envelope is for {routing.environment}, this is {expect}."
    if certificates.is_training(trust) != (expect is Environment.TRAINING):
        return f"The certificate authority is not one for {expect}."
    return None


def _wrong_role(routing: Routing, signer: x509.Certificate, expect_role: Role | None) -> str | None:
    sender, role = SENDER[routing.kind], certificates.role(signer)
    if role != sender or (expect_role is not None and role != expect_role):
        return f"The signer is no {expect_role or sender}; only a {sender} may sign a {routing.kind}."
    if routing.kind is MessageKind.TRANSACTION and certificates.common_name(signer) != routing.station:
        return "The signer is not the station in whose name the transaction is sent."
    return None


def _wrong_recipient(routing: Routing, opener: Opener) -> str | None:
    if certificates.common_name(opener.certificate) != routing.recipient:
        return "The signer meant it for another recipient."
    if SENDER[routing.kind] is Role.BUREAU and routing.station != routing.recipient:
        return f"The {routing.kind} is about another station's transaction."
    return None
