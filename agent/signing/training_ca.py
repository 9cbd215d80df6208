"""A certificate authority for training: it issues what `certificates` describes. Pure; `keys` writes it to files.

What it makes is marked by its organisation, `O=LIVESCAN TRAINING`, and production refuses it. Validity counts from the clock passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agent.signing.algorithms import P256, P384, RSA3072, Scheme, SigningPrivateKey, SigningPublicKey, new_key, scheme_of
from agent.signing.certificates import TRAINING_ORGANISATION, Purpose, Role

CA_LIFETIME = timedelta(days=3652)  # ten years
LEAF_LIFETIME = timedelta(days=365)
_CLOCK_SKEW = timedelta(hours=1)  # certificates begin a little earlier, for machines whose clock is behind
_NO_USAGE = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: SigningPrivateKey


def make_ca(now: datetime, scheme: Scheme = P256) -> Issued:
    """A self-signed root that issues leaves directly."""
    key = new_key(scheme)
    name = _name("Livescan Training CA", None)
    builder = _builder(name, name, key.public_key(), now, CA_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Issued(builder.sign(key, hashes.SHA384() if scheme is P384 else hashes.SHA256()), key)


def issue(
    ca: Issued,
    identity: str,
    role: Role,
    purpose: Purpose,
    *,
    now: datetime,
    names: tuple[str, ...] = (),
    scheme: Scheme = P256,
) -> Issued:
    """A fresh key and its certificate. identity: the common name; names: DNS names or addresses for the subject's alternative names."""
    key = new_key(P256 if scheme is RSA3072 and purpose is Purpose.OPENING else scheme)
    return Issued(certify(ca, key.public_key(), identity, role, purpose, now=now, names=names), key)


def certify(
    ca: Issued,
    key: SigningPublicKey,
    identity: str,
    role: Role,
    purpose: Purpose,
    *,
    now: datetime,
    names: tuple[str, ...] = (),
    lifetime: timedelta = LEAF_LIFETIME,
) -> x509.Certificate:
    """The certificate of a key that somebody else holds."""
    builder = _builder(_name(identity, role), ca.certificate.subject, key, now, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(purpose.key_usage), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(list(purpose.extended)), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    builder = builder.add_extension(issuer_key, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
    return builder.sign(ca.key, scheme_digest(ca))


def revoke(ca: Issued, revoked: Iterable[x509.Certificate], *, now: datetime, lifetime: timedelta = timedelta(days=7)) -> bytes:
    """The authority's revocation list, PEM."""
    at = now.replace(microsecond=0)
    builder = x509.CertificateRevocationListBuilder(ca.certificate.subject, at, at + lifetime)
    for one in revoked:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(one.serial_number, at).build())
    return builder.sign(ca.key, scheme_digest(ca)).public_bytes(Encoding.PEM)


def scheme_digest(ca: Issued) -> hashes.SHA256 | hashes.SHA384:
    """What this authority signs with."""
    return hashes.SHA384() if scheme_of(ca.key.public_key()) is P384 else hashes.SHA256()


def _builder(subject: x509.Name, issuer: x509.Name, key: SigningPublicKey, now: datetime, lifetime: timedelta) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0) - _CLOCK_SKEW
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + lifetime)


def _name(common_name: str, role: Role | None) -> x509.Name:
    """Most general part first: read as RFC 4514 it is `CN=<id>,OU=<role>,O=<organisation>`."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, TRAINING_ORGANISATION)]
    if role is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role.value))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**(_NO_USAGE | dict.fromkeys(granted, True)))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
