"""What an authority is asked for a key that has no certificate yet; a renewal repeats the old certificate instead (`renewal`)."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.signing.certificates import Role
from agent.signing.slots import PURPOSE, Use
from agent.signing.training_keys import tls_user

_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
           "encipher_only", "decipher_only")  # fmt: skip


def first_request(use: Use, role: Role, name: str, organisation: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateSigningRequest:
    """PKCS #10, signed with SHA-256. The subject reads `CN=<name>,OU=<role>,O=<organisation>`, its most general part first; a TLS key's
    request names its user at the broker as DNS name.
    """
    purpose = PURPOSE[use]
    parts = ((NameOID.ORGANIZATION_NAME, organisation), (NameOID.ORGANIZATIONAL_UNIT_NAME, role.value), (NameOID.COMMON_NAME, name))
    builder = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(*part) for part in parts]))
    builder = builder.add_extension(x509.KeyUsage(**{usage: usage == purpose.key_usage for usage in _USAGES}), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(list(purpose.extended)), critical=False)
    if use is Use.TLS:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(tls_user(name, role))]), critical=False)
    return builder.sign(key, hashes.SHA256())
