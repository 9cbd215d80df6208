"""What a certificate says, and whether it is believed. Pure; every check answers with a sentence or None.

The profile (RFC 5280 4.2), for training and production alike; subject `CN=<id>,OU=<role>,O=<organisation>`, role `station` or `bureau`,
issued directly by the one CA that an instance trusts:

    purpose   keyUsage (critical)   extendedKeyUsage    used for
    signing   digitalSignature      emailProtection     envelopes, receipts, replies (the purpose `openssl cms -verify` asks for)
    opening   keyAgreement          emailProtection     being sealed to
    client    digitalSignature      clientAuth          the broker, by station and bureau
    server    digitalSignature      serverAuth          the broker itself
    node      digitalSignature      both of these       the routes between the nodes of a cluster
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, ObjectIdentifier

from agent.signing.algorithms import SIGNATURE_HASHES, Scheme, agreement_of, scheme_of

TRAINING_ORGANISATION = "LIVESCAN TRAINING"
_UNDERSTOOD = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE})
_T = TypeVar("_T", bound=x509.ExtensionType)


class Role(StrEnum):
    """The organisational unit (OU) of a certificate's subject."""

    STATION = "station"
    BUREAU = "bureau"
    BROKER = "broker"
    ADMINISTRATOR = "administrator"  # of many stations: looks at them, and where their settings name it asks something of them


class Purpose(Enum):
    """(attribute of KeyUsage, extended key usages)."""

    SIGNING = ("digital_signature", (ExtendedKeyUsageOID.EMAIL_PROTECTION,))
    OPENING = ("key_agreement", (ExtendedKeyUsageOID.EMAIL_PROTECTION,))
    CLIENT = ("digital_signature", (ExtendedKeyUsageOID.CLIENT_AUTH,))
    SERVER = ("digital_signature", (ExtendedKeyUsageOID.SERVER_AUTH,))
    NODE = ("digital_signature", (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH))

    @property
    def key_usage(self) -> str:
        return str(self.value[0])

    @property
    def extended(self) -> tuple[ObjectIdentifier, ...]:
        return tuple(self.value[1])


def common_name(certificate: x509.Certificate) -> str | None:
    """The one CN of the subject; None when there is none or more than one."""
    return _one(certificate.subject, NameOID.COMMON_NAME)


def names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    """DNS names and addresses, or None when there are none."""
    return _extension(certificate, x509.SubjectAlternativeName)


def role(certificate: x509.Certificate) -> str | None:
    """The one OU of the subject; None when there is none or more than one."""
    return _one(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)


def is_training(certificate: x509.Certificate) -> bool:
    """True for a training CA and for everything that it issued."""
    names = (certificate.subject, certificate.issuer)
    return any(_one(name, NameOID.ORGANIZATION_NAME) == TRAINING_ORGANISATION for name in names)


def issuer_and_serial(certificate: x509.Certificate) -> tuple[bytes, int]:
    """(issuer DER, serial number): how CMS names a certificate, RFC 5652 10.2.4."""
    return certificate.issuer.public_bytes(), certificate.serial_number


def key_identifier(certificate: x509.Certificate) -> bytes | None:
    """The other way CMS names one: its SubjectKeyIdentifier extension."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def sha256(certificate: x509.Certificate) -> bytes:
    return certificate.fingerprint(hashes.SHA256())


def to_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def from_der(data: bytes) -> x509.Certificate:
    """Parses every part that the checks below read, so that they cannot fail on hostile bytes. Raises ValueError."""
    try:
        certificate = x509.load_der_x509_certificate(data)
        _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key()
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.signature_hash_algorithm
    except Exception as error:  # cryptography names no common base for what hostile certificates raise
        raise ValueError("unreadable certificate") from error
    return certificate


def scheme(certificate: x509.Certificate) -> Scheme | None:
    """How the certificate's key signs; None when its kind is not allowed."""
    return scheme_of(certificate.public_key())


def distrust(certificate: x509.Certificate, ca: x509.Certificate) -> str | None:
    """Why this certificate is not believed to be issued by `ca` for use by a person or a machine."""
    if not _may_issue(ca):
        return "The certificate that is to be trusted is not that of a certificate authority."
    if scheme(ca) is None:
        return "The key of the certificate authority is not of an allowed kind: P-256, P-384 or RSA-3072."
    if not isinstance(certificate.signature_hash_algorithm, SIGNATURE_HASHES):
        return "The certificate is signed with a weak digest."
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return "The certificate was not issued by the certificate authority of this instance."
    if any(extension.critical and extension.oid not in _UNDERSTOOD for extension in certificate.extensions):
        return "The certificate has a critical extension that is not understood."  # RFC 5280 4.2
    return None


def unfit(certificate: x509.Certificate, purpose: Purpose) -> str | None:
    """Why this certificate may not be used for `purpose`: the whole profile above, no more usages and no fewer."""
    usage = _extension(certificate, x509.KeyUsage)
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    constraints = _extension(certificate, x509.BasicConstraints)
    if scheme(certificate) is None:
        return "The key of the certificate is not of an allowed kind: P-256, P-384 or RSA-3072."
    if purpose is Purpose.OPENING and agreement_of(certificate.public_key()) is None:
        return "The key of the certificate is not on curve P-256 or P-384: nothing can be sealed to it."
    if constraints is not None and constraints.ca:
        return "The certificate is that of a certificate authority."
    if usage is None or not getattr(usage, purpose.key_usage):
        return f"The certificate is not for {purpose.name.lower()}: its key usage is another."
    if extended is None or list(extended) != list(purpose.extended):
        return f"The certificate is not for {purpose.name.lower()}: its extended key usage is another."
    return None


def out_of_date(certificate: x509.Certificate, at: datetime) -> str | None:
    if at < certificate.not_valid_before_utc:
        return f"The certificate is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC."
    if at > certificate.not_valid_after_utc:
        return f"The certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC."
    return None


def _may_issue(ca: x509.Certificate) -> bool:
    constraints, usage = _extension(ca, x509.BasicConstraints), _extension(ca, x509.KeyUsage)
    return constraints is not None and constraints.ca and usage is not None and usage.key_cert_sign


def _extension(certificate: x509.Certificate, kind: type[_T]) -> _T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _one(name: x509.Name, oid: ObjectIdentifier) -> str | None:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else None
