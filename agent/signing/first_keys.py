"""The first keys of a production station: made here, certified by its authority. Training instances have `training_keys`.

Each key and its request lie in the slot for the next key (`slots`), as in a renewal; `livescan keys install` puts the certificates in use.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from agent.signing.algorithms import P256, new_key
from agent.signing.certificates import Role
from agent.signing.renewal import Request
from agent.signing.slots import PURPOSE, Slot, Use, write_whole
from agent.signing.training_keys import STORAGE_KEY_LENGTH, tls_user

_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
           "encipher_only", "decipher_only")  # fmt: skip


def begin_keys(directory: Path, station: str, organisation: str, *uses: Use) -> tuple[Request, ...]:
    """A key and a request for each use that has neither certificate nor request yet; what waits already is given again.

    directory: the key folder. organisation: O of the subject; the authority may ask for its own.
    """
    return tuple(_begun(Slot(directory / "station", use), station, organisation) for use in uses)


def make_storage_key(directory: Path) -> bool:
    """The key under which bookings lie on the disk; False when there is one, which is never replaced."""
    path = directory / "station" / "storage.key"
    if path.exists():
        return False
    write_whole(path, os.urandom(STORAGE_KEY_LENGTH))
    return True


def _begun(slot: Slot, station: str, organisation: str) -> Request:
    waiting = slot.pending()
    if waiting is None:
        key = new_key(P256)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        waiting = _request(slot.use, station, organisation, key)
        slot.begin(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), waiting)
    return Request(slot.use, waiting)


def _request(use: Use, station: str, organisation: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """DER. The subject reads `CN=<station>,OU=station,O=<organisation>`, its most general part first."""
    purpose = PURPOSE[use]
    parts = (
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, Role.STATION.value),
        (NameOID.COMMON_NAME, station),
    )
    builder = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(*part) for part in parts]))
    builder = builder.add_extension(x509.KeyUsage(**{name: name == purpose.key_usage for name in _USAGES}), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(list(purpose.extended)), critical=False)
    if use is Use.TLS:
        name = x509.DNSName(tls_user(station, Role.STATION))
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
