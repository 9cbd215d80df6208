"""Signed statements that are no envelope: a station's report, an administrator's command, a station's answer. CMS SignedData around JSON.

`openssl cms -verify -inform DER -in report -CAfile ca.crt -purpose any` gives the JSON. The kind is a signed attribute, so that nothing
that was signed as one kind, or for an envelope, is ever taken for another.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509

from agent.signing import attributes, certificates, signed_data
from agent.signing.algorithms import digest, holds
from agent.signing.attributes import Saying
from agent.signing.certificates import Purpose, Role
from agent.signing.der import reading
from agent.signing.errors import EnvelopeError, SealError
from agent.signing.private_keys import Signer
from agent.signing.revocations import RevocationList


class Kind(StrEnum):
    REPORT = "fleet-report"
    COMMAND = "fleet-command"
    ANSWER = "fleet-answer"


SIGNED_BY: Mapping[Kind, Role] = MappingProxyType({Kind.REPORT: Role.STATION, Kind.COMMAND: Role.ADMINISTRATOR, Kind.ANSWER: Role.STATION})


@dataclass(frozen=True)
class Said:
    """What was signed, and by whom. Use nothing of it while there is a `fault`."""

    content: bytes = field(repr=False)
    signer: x509.Certificate
    name: str  # the signer's common name
    signed_at: datetime  # UTC, by the signer's clock
    fault: str | None  # why it is not believed, one sentence


def sign(content: bytes, kind: Kind, signer: Signer, now: datetime) -> bytes:
    """DER. Raises SealError when the key does not belong to the certificate."""
    scheme = certificates.scheme(signer.certificate)
    if scheme is None:
        raise SealError("The signing key is not of an allowed kind.")
    signed = attributes.write_saying(Saying(kind, digest(scheme, content), certificates.sha256(signer.certificate), now))
    signature = signer.sign(digest(scheme, signed))
    if not holds(signer.certificate.public_key(), signature, signed):
        raise SealError("The signing key does not belong to the signing certificate, or the token is faulty.")
    info = signed_data.SignerInfo(certificates.issuer_and_serial(signer.certificate), signed, signature, scheme)
    return signed_data.write(signed_data.SignedData(content, certificates.to_der(signer.certificate), info))


def read(data: bytes, kind: Kind, ca: x509.Certificate, now: datetime, revocations: RevocationList | None = None) -> Said:
    """What a statement of this kind says, and whether it is to be believed. Raises EnvelopeError, and nothing else, for what is none."""
    signed = signed_data.read(data)
    with reading("The signer's certificate"):
        signer = certificates.from_der(signed.certificate)
    saying = attributes.read_saying(signed.signer_info.signed_attributes)
    if saying.kind != kind:
        raise EnvelopeError("It was signed as something else.")
    faults = (
        _forged(signed, saying, signer),
        certificates.distrust(signer, ca) or certificates.unfit(signer, Purpose.SIGNING),
        revocations.revoked_on(signer) if revocations else None,
        certificates.out_of_date(signer, now),
        None if certificates.role(signer) == SIGNED_BY[kind] else f"Its signer is no {SIGNED_BY[kind]}.",
    )
    fault = next((sentence for sentence in faults if sentence is not None), None)
    return Said(signed.content, signer, certificates.common_name(signer) or "", saying.signed_at, fault)


def _forged(signed: signed_data.SignedData, saying: Saying, signer: x509.Certificate) -> str | None:
    scheme = signed.signer_info.scheme
    same = hmac.compare_digest(digest(scheme, signed.content), saying.message_digest)
    if not same or not hmac.compare_digest(certificates.sha256(signer), saying.certificate_sha256):
        return "It is not what was signed."
    named = signed.signer_info.sid in (certificates.issuer_and_serial(signer), certificates.key_identifier(signer))
    if not named or certificates.scheme(signer) is not scheme:
        return "The certificate in it is not its signer's."
    if not holds(signer.public_key(), signed.signer_info.signature, signed.signer_info.signed_attributes):
        return "The signature does not hold."
    return None
