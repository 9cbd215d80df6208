"""An administrator's keys: one to sign commands, one to open answers, one for the broker. Made here, certified by the stations' authority.

DIR/ca/ca.crt                the authority's certificate, put there by hand
DIR/administrator/USE.key    made here; USE is signing, opening or tls
DIR/administrator/USE.csr    the request, PEM, for the authority
DIR/administrator/USE.crt    its certificate, put there by hand
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.errors import UsageError
from agent.signing.certificates import Role, sha256
from agent.signing.first_request import first_request
from agent.signing.private_keys import load_certificate
from agent.signing.slots import Use

_NAME = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)


def make_requests(folder: Path, name: str, organisation: str) -> list[Path]:
    """Keys and requests for those uses that have no key yet; the requests. Raises UsageError for a bad name."""
    if not _NAME.fullmatch(name) or not organisation:
        raise UsageError(f"'{name}' is no name for an administrator.", do="Use 1 to 40 letters, digits and hyphens, and --organisation.")
    own = folder / "administrator"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_made(own, use, name, organisation) for use in Use]


def fingerprint(folder: Path) -> str:
    """What a station's settings name: SHA-256 of the signing certificate, hex. Raises ConfigError when there is none."""
    return sha256(load_certificate(folder / "administrator" / "signing.crt")).hex()


def _made(own: Path, use: Use, name: str, organisation: str) -> Path:
    key_file, request_file = own / f"{use}.key", own / f"{use}.csr"
    if not key_file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        request_file.write_bytes(first_request(use, Role.ADMINISTRATOR, name, organisation, key).public_bytes(Encoding.PEM))
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return request_file
