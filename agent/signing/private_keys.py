"""The two private keys that work on envelopes: one signs, one opens.

Where a key is kept is told by its own file beside the certificate, which holds one of
- the key itself (PEM, PKCS #8; mode 0600),
- `credential:NAME`, one line: systemd gives the key to the service (LoadCredential=, LoadCredentialEncrypted=) in $CREDENTIALS_DIRECTORY,
- `pkcs11:…`, one line (RFC 7512): the key is in a token and never leaves it (`tokens`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.errors import ConfigError
from agent.signing import algorithms, certificates
from agent.signing.algorithms import SigningPrivateKey

IN_FILE = "file"
IN_CREDENTIAL = "systemd credential"
_OTHERS = 0o077  # permission bits of the group and of everybody else; systemd gives credentials as 0400
_CREDENTIAL = re.compile(rb"credential:([A-Za-z0-9._-]{1,100})\s*")
TOKEN_URI = b"pkcs11:"


class Signer(Protocol):
    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def kept(self) -> str:
        """Where the key is, for people: "file", "systemd credential", "PKCS#11 token NAME"."""
        ...

    def sign(self, digest: bytes) -> bytes:
        """A signature over a digest of the certificate's scheme (`algorithms`): ECDSA-Sig-Value as DER, or RSASSA-PKCS1-v1_5.

        A digest, because that is what tokens sign.
        """
        ...


class Opener(Protocol):
    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def kept(self) -> str:
        """As `Signer.kept`."""
        ...

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """ECDH on the certificate's curve: the x coordinate of the shared point, 32 or 48 bytes (CKM_ECDH1_DERIVE, TPM2_ECDH_ZGen)."""
        ...


class FileSigner:
    """A signing key in memory."""

    def __init__(self, certificate: x509.Certificate, key: SigningPrivateKey, kept: str = IN_FILE) -> None:
        self.certificate = certificate
        self.kept = kept
        self._key = key

    @classmethod
    def load(cls, certificate: Path, key: Path) -> FileSigner:
        return cls(*_pair(certificate, key, certificates.Purpose.SIGNING))

    def sign(self, digest: bytes) -> bytes:
        return algorithms.sign(self._key, digest)


class FileOpener:
    """An opening key in memory."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, kept: str = IN_FILE) -> None:
        self.certificate = certificate
        self.kept = kept
        self._key = key

    @classmethod
    def load(cls, certificate: Path, key: Path) -> FileOpener:
        loaded, private, kept = _pair(certificate, key, certificates.Purpose.OPENING)
        assert isinstance(private, ec.EllipticCurvePrivateKey)  # `unfit` has seen to it
        return cls(loaded, private, kept)

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        return self._key.exchange(ec.ECDH(), peer)


@dataclass(frozen=True)
class KeySource:
    """What a key file says."""

    kept: str  # IN_FILE or IN_CREDENTIAL; a token's is known when it is opened
    pem: bytes = field(default=b"", repr=False)
    token: str = ""  # a PKCS#11 URI, or ""


def load_certificate(path: Path) -> x509.Certificate:
    """A PEM certificate. Raises ConfigError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(path, "certificate") from error


def read_secret(path: Path) -> bytes:
    """A file that nobody else may read, or the systemd credential that it names. Raises ConfigError."""
    data = _read_private(path)
    named = _CREDENTIAL.fullmatch(data)
    return _read_private(_credential(named.group(1).decode(), path)) if named else data


def key_source(path: Path) -> KeySource:
    """Where the key of this file is. Raises ConfigError."""
    data = _read_private(path)
    if data.startswith(TOKEN_URI):
        return KeySource("", token=data.decode("utf-8", "replace").strip())
    named = _CREDENTIAL.fullmatch(data)
    return KeySource(IN_CREDENTIAL if named else IN_FILE, read_secret(path))


def checked(certificate: Path, purpose: certificates.Purpose) -> x509.Certificate:
    """A certificate of this purpose. Raises ConfigError."""
    loaded = load_certificate(certificate)
    if (sentence := certificates.unfit(loaded, purpose)) is not None:
        raise _unfit(certificate, sentence)
    return loaded


def _read_private(path: Path) -> bytes:
    try:
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(
                f"The key file '{path.name}' can be used by others on this machine.",
                means="Nothing is signed or opened with it.",
                do=f"Run: chmod 600 {path}. Ask for a new key if others use this machine.",
            )
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, "key") from error


def _credential(name: str, asked_by: Path) -> Path:
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not directory or not (Path(directory) / name).exists():
        raise ConfigError(
            f"The key file '{asked_by.name}' names the systemd credential '{name}', but systemd gave none.",
            means="Nothing can be sealed or opened.",
            do=f"Start the service by systemd with LoadCredentialEncrypted={name}, and the credential in /etc/credstore.encrypted.",
        )
    return Path(directory) / name


def _pair(certificate: Path, key: Path, purpose: certificates.Purpose) -> tuple[x509.Certificate, SigningPrivateKey, str]:
    loaded, (private, kept) = checked(certificate, purpose), _load_key(key)
    if loaded.public_key() != private.public_key():
        raise _unfit(certificate, "It does not belong to the private key beside it.")
    return loaded, private, kept


def _unfit(certificate: Path, sentence: str) -> ConfigError:
    return ConfigError(
        f"The certificate '{certificate.name}' cannot be used. {sentence}",
        means="Nothing can be sealed or opened.",
        do="Install the certificate that was issued for this key.",
    )


def _load_key(path: Path) -> tuple[SigningPrivateKey, str]:
    source = key_source(path)
    try:
        key = load_pem_private_key(source.pem, password=None)
    except (ValueError, TypeError) as error:
        raise _unusable(path, "key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _unusable(path, "key")
    return key, source.kept


def _unusable(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"The {what} file '{path.name}' is missing or unreadable.",
        means="Nothing can be sealed or opened.",
        do=f"Install it as {path}; a training instance makes its own with 'livescan keys init --training'.",
    )
