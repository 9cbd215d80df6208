"""Seal a file: sign it with all that routes it, then encrypt it to one recipient. Core and bureau only, never the uplink.

`docs/envelope.md` has the commands with which `openssl` alone opens what is made here.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.signing import attributes, auth_enveloped_data, certificates, signed_data
from agent.signing.algorithms import Scheme, agreement_of, digest, holds
from agent.signing.attributes import REMARKS_LIMIT, Statement
from agent.signing.auth_enveloped_data import KEY_LENGTH, NONCE_LENGTH, SIZE_LIMIT, TAG_LENGTH, Sealed
from agent.signing.certificates import Purpose, Role
from agent.signing.errors import SealError
from agent.signing.private_keys import FileOpener, FileSigner, Opener, Signer
from agent.signing.revocations import RevocationList
from agent.signing.signed_data import SignedData, SignerInfo

__all__ = ["FileOpener", "FileSigner", "Opener", "Signer", "encrypt", "seal"]

_SPARE = auth_enveloped_data.OVERHEAD_LIMIT + signed_data.OVERHEAD_LIMIT  # bytes kept for what is not the file


def seal(
    content: bytes,
    routing: Routing,
    *,
    signer: Signer,
    recipient: x509.Certificate,
    now: datetime,
    revocations: RevocationList | None = None,
    remarks: str = "",
) -> Envelope:
    """The envelope of `content` for `recipient` (an opening certificate), signed at `now` (UTC). `remarks`: signed beside the file.

    Raises SealError when the result would be refused or false: another signer's or recipient's name, an expired or revoked certificate.
    """
    _require(_refusal(content, routing, signer.certificate, recipient, now))
    _require(f"The remarks have more than {REMARKS_LIMIT} bytes." if len(remarks.encode()) > REMARKS_LIMIT else None)
    for certificate in (signer.certificate, recipient):
        _require(revocations.revoked_on(certificate) if revocations else None)
    scheme = _scheme(signer.certificate)
    statement = Statement(routing, digest(scheme, content), certificates.sha256(signer.certificate), now, remarks)
    data = encrypt(_sign(content, statement, signer, scheme), recipient)
    return Envelope(data, routing, hashlib.sha256(content).hexdigest(), hashlib.sha256(data).hexdigest())


def _refusal(content: bytes, routing: Routing, signer: x509.Certificate, recipient: x509.Certificate, now: datetime) -> str | None:
    """The first reason why a careful recipient would refuse this envelope."""
    if len(content) > SIZE_LIMIT - _SPARE:
        return f"The file has more than {SIZE_LIMIT - _SPARE} bytes."
    if certificates.common_name(recipient) != routing.recipient:
        return "The recipient's certificate has another name than the routing says."
    if routing.kind is MessageKind.TRANSACTION and certificates.common_name(signer) != routing.station:
        return "The signing certificate is that of another station."
    if (certificates.role(signer) == Role.STATION) != (routing.kind is MessageKind.TRANSACTION):
        return f"A {certificates.role(signer)} does not sign a {routing.kind}."
    if any(certificates.is_training(certificate) != (routing.environment is Environment.TRAINING) for certificate in (signer, recipient)):
        return f"The certificates are not for {routing.environment}."
    sentences = (
        attributes.fault(routing),
        _for(signer, Purpose.SIGNING, now),
        _for(recipient, Purpose.OPENING, now),
    )
    return next((sentence for sentence in sentences if sentence is not None), None)


def _for(certificate: x509.Certificate, purpose: Purpose, now: datetime) -> str | None:
    sentence = certificates.unfit(certificate, purpose) or certificates.out_of_date(certificate, now)
    return None if sentence is None else f"{purpose.name.capitalize()} certificate: {sentence}"


def _require(refusal: str | None) -> None:
    if refusal is not None:
        raise SealError(refusal)


def _sign(content: bytes, statement: Statement, signer: Signer, scheme: Scheme) -> bytes:
    """SignedData (RFC 5652 5.4). The signature is checked before it is used: a token may fail without saying so."""
    signed_attributes = attributes.write(statement)
    signature = signer.sign(digest(scheme, signed_attributes))
    if not holds(signer.certificate.public_key(), signature, signed_attributes):
        raise SealError("The signing key does not belong to the signing certificate, or the token is faulty.")
    info = SignerInfo(certificates.issuer_and_serial(signer.certificate), signed_attributes, signature, scheme)
    return signed_data.write(SignedData(content, certificates.to_der(signer.certificate), info))


def _scheme(signer: x509.Certificate) -> Scheme:
    found = certificates.scheme(signer)
    if found is None:
        raise SealError("The signing key is not of an allowed kind.")
    return found


def encrypt(plain: bytes, recipient: x509.Certificate) -> bytes:
    """AuthEnvelopedData (RFC 5083 2): a fresh content key, nonce and ephemeral key for every envelope."""
    static = recipient.public_key()
    if agreement_of(static) is None or not isinstance(static, ec.EllipticCurvePublicKey):
        raise SealError("The recipient's key is not on curve P-256 or P-384.")
    ephemeral = ec.generate_private_key(static.curve)
    key, nonce = os.urandom(KEY_LENGTH), os.urandom(NONCE_LENGTH)
    encrypted_key = aes_key_wrap(auth_enveloped_data.key_encryption_key(ephemeral.exchange(ec.ECDH(), static), static), key)
    sealed = AESGCM(key).encrypt(nonce, plain, None)
    rid = certificates.issuer_and_serial(recipient)
    return auth_enveloped_data.write(Sealed(rid, ephemeral.public_key(), encrypted_key, nonce, sealed[:-TAG_LENGTH], sealed[-TAG_LENGTH:]))
