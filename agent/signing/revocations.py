"""The certificate revocation list of the instance's authority (RFC 5280 5): read, checked, asked. Pure; core and uplink.

It lies at `ca/ca.crl`, PEM or DER. A list that is past its next update still revokes what it names; that it is old is said to a person, and
stops nothing: a station that was offline for three months must be able to come back and fetch the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.errors import ConfigError
from agent.signing import certificates
from agent.signing.algorithms import SIGNATURE_HASHES

SIZE_LIMIT = 16 * 1024 * 1024  # bytes; a revoked certificate takes about 40
_PEM = b"-----BEGIN X509 CRL-----"
_UNDERSTOOD = frozenset({x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid})  # a delta or partial list is critical, and refused


@dataclass(frozen=True)
class RevocationList:
    issued_at: datetime  # UTC
    next_at: datetime | None  # UTC; when the authority promised the next one
    revoked: Mapping[int, datetime] = field(repr=False)  # serial number to UTC
    der: bytes = field(repr=False)

    def revoked_on(self, certificate: x509.Certificate) -> str | None:
        """Why this certificate counts for nothing any more, or None."""
        at = self.revoked.get(certificate.serial_number)
        return None if at is None else f"The certificate was revoked on {at:%Y-%m-%d %H:%M} UTC."

    def old(self, now: datetime) -> str | None:
        if self.next_at is None or now <= self.next_at:
            return None
        return f"The revocation list is old: the next one was due on {self.next_at:%Y-%m-%d}. Who was revoked since is not known here."


def read_revocations(data: bytes, ca: x509.Certificate) -> RevocationList:
    """Raises ConfigError for anything but a whole list signed by `ca`."""
    crl = _parsed(data)
    if crl.issuer != ca.subject or not isinstance(crl.signature_hash_algorithm, SIGNATURE_HASHES) or certificates.scheme(ca) is None:
        raise _refused("It is of another authority, or signed with an algorithm that is not allowed.")
    if not crl.is_signature_valid(ca.public_key()):  # type: ignore[arg-type]  # `scheme` has seen to its kind
        raise _refused("Its signature does not hold.")
    if any(one.critical and one.oid not in _UNDERSTOOD for one in crl.extensions):
        raise _refused("It is a partial list, or has a part that is not understood.")
    revoked = {entry.serial_number: entry.revocation_date_utc for entry in crl}
    return RevocationList(crl.last_update_utc, crl.next_update_utc, revoked, crl.public_bytes(Encoding.DER))


def load_revocations(path: Path, ca: x509.Certificate) -> RevocationList | None:
    """None when there is no list. Raises ConfigError when there is one that cannot be believed."""
    try:
        return read_revocations(path.read_bytes(), ca)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(f"It cannot be read: {error.strerror}.") from error


def _parsed(data: bytes) -> x509.CertificateRevocationList:
    if len(data) > SIZE_LIMIT:
        raise _refused(f"It has more than {SIZE_LIMIT} bytes.")
    try:
        crl = x509.load_pem_x509_crl(data) if data.lstrip().startswith(_PEM) else x509.load_der_x509_crl(data)
        _ = crl.extensions, crl.issuer, crl.signature_hash_algorithm, crl.last_update_utc, crl.next_update_utc
    except Exception as error:  # cryptography names no common base for what hostile lists raise
        raise _refused("It is no revocation list.") from error
    return crl


def _refused(why: str) -> ConfigError:
    return ConfigError(
        f"The revocation list was not taken. {why}",
        means="The one before it stays in force.",
        do="Fetch the list of this instance's authority again and install it: livescan keys crl FILE.",
    )
