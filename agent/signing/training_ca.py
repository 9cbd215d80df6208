"""A certificate authority for training: it issues what `certificates` describes. Pure; `keys` writes it to files.

What it makes is marked by its organisation, `O=LIVESCAN TRAINING`, and production refuses it. Validity counts from the clock passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    key: ec.EllipticCurvePrivateKey


def make_ca(now: datetime) -> Issued:
    """A self-signed root that issues leaves directly."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Livescan Training CA", None)
    builder = _builder(name, name, key.public_key(), now, CA_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Issued(builder.sign(key, hashes.SHA256()), key)


def issue(ca: Issued, identity: str, role: Role, purpose: Purpose, *, now: datetime, names: tuple[str, ...] = ()) -> Issued:
    """A fresh key and its certificate. identity: the common name; names: DNS names or addresses for the subject's alternative names."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(identity, role), ca.certificate.subject, key.public_key(), now, LEAF_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(purpose.key_usage), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose.extended]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    builder = builder.add_extension(issuer_key, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
    return Issued(builder.sign(ca.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
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
