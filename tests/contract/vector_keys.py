"""Keys and certificates for the vectors of docs/vectors: made from fixed numbers, known to everybody, good for nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
ORGANISATION = "LIVESCAN TRAINING"
EMAIL, CLIENT = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"livescan vector: {name}".encode()).digest(), "big") >> 1


def key(name: str, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number(name), curve or ec.SECP256R1())


@dataclass(frozen=True)
class Holder:
    """A private key with its certificate."""

    key: Key
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def _name(common: str, unit: str | None = None) -> x509.Name:
    parts = [(NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.ORGANIZATIONAL_UNIT_NAME, unit), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def authority(name: str) -> Holder:
    own = key(f"authority {name}")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _builder(_name(name), _name(name), own.public_key(), f"authority {name}")
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    return Holder(own, builder.sign(own, hashes.SHA256(), ecdsa_deterministic=True))


def issue(
    ca: Holder,
    what: str,
    common: str,
    unit: str,
    *,
    own: Key | None = None,
    opening: bool = False,
    usages: Sequence[ObjectIdentifier] = (EMAIL,),
    until: datetime = UNTIL,
) -> Holder:
    """`what` makes key and serial number."""
    own = own or key(what)
    usage = x509.KeyUsage(not opening, False, False, False, opening, False, False, False, False)
    builder = _builder(_name(common, unit), ca.certificate.subject, own.public_key(), what, (FROM, until))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True).add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    assert isinstance(ca.key, ec.EllipticCurvePrivateKey)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    return Holder(own, builder.sign(ca.key, hashes.SHA256(), ecdsa_deterministic=True))


def revocations(ca: Holder, revoked: Holder) -> bytes:
    entry = x509.RevokedCertificateBuilder(revoked.certificate.serial_number, FROM).build()
    builder = x509.CertificateRevocationListBuilder(ca.certificate.subject, FROM, UNTIL, revoked_certificates=[entry])
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    assert isinstance(ca.key, ec.EllipticCurvePrivateKey)
    return builder.sign(ca.key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: PublicKey, what: str, valid: tuple[datetime, datetime] = (FROM, UNTIL)
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public,
        serial_number=number(f"serial {what}") >> 128,
        not_valid_before=valid[0],
        not_valid_after=valid[1],
    )
