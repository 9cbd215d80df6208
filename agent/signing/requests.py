"""A certificate request (PKCS #10, RFC 2986) for a new key, with the names and usages of the certificate that it shall follow. Pure.

Made from structures, not by `cryptography`'s builder: the signature may come from a token.
"""

from __future__ import annotations

from collections.abc import Callable

from asn1crypto import core, csr, keys
from asn1crypto import x509 as structures
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.signing import algorithms
from agent.signing.algorithms import P384, RSA3072, SigningPublicKey

_CARRIED = (x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
SIZE_LIMIT = 16 * 1024  # bytes; ours has about 500, with RSA 1,300


def make_request(old: x509.Certificate, key: SigningPublicKey, sign: Callable[[bytes], bytes]) -> bytes:
    """DER. sign: over a digest of the key's scheme. Raises ValueError for a key that is not of an allowed kind."""
    scheme = algorithms.scheme_of(key)
    if scheme is None:
        raise ValueError("a key of a kind that is not allowed")
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": structures.Name.load(old.subject.public_bytes()),
            "subject_pk_info": keys.PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
            "attributes": [{"type": "extension_request", "values": [_extensions(old)]}],
        }
    )
    name = "sha256_rsa" if scheme is RSA3072 else "sha384_ecdsa" if scheme is P384 else "sha256_ecdsa"
    signature = sign(algorithms.digest(scheme, info.dump()))
    request = {"certification_request_info": info, "signature_algorithm": {"algorithm": name}, "signature": signature}
    return bytes(csr.CertificationRequest(request).dump())


def read_request(data: bytes) -> x509.CertificateSigningRequest:
    """A request whose own signature holds and whose key is of an allowed kind. Raises ValueError."""
    if len(data) > SIZE_LIMIT:
        raise ValueError("a request beyond the limit")
    try:
        request = x509.load_der_x509_csr(data)
        _ = request.subject, request.extensions
        good = request.is_signature_valid and algorithms.scheme_of(request.public_key()) is not None
    except Exception as error:  # cryptography names no common base for what hostile requests raise
        raise ValueError("not a request") from error
    if not good:
        raise ValueError("a request whose signature does not hold, or of a key that is not allowed")
    return request


def as_pem(request: bytes) -> str:
    return read_request(request).public_bytes(Encoding.PEM).decode()


def _extensions(old: x509.Certificate) -> list[dict[str, object]]:
    carried = [one for one in old.extensions if isinstance(one.value, _CARRIED)]
    return [
        {"extn_id": one.oid.dotted_string, "critical": one.critical, "extn_value": core.ParsableOctetString(one.value.public_bytes())}
        for one in carried
    ]
