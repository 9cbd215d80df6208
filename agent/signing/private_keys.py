"""The two private keys that work on envelopes: one signs, one opens. Files here; a token (PKCS#11, TPM) fulfils the same contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.errors import ConfigError
from agent.signing import certificates

_OTHERS = 0o077  # permission bits of the group and of everybody else; systemd gives credentials as 0400


class Signer(Protocol):
    @property
    def certificate(self) -> x509.Certificate: ...

    def sign(self, digest: bytes) -> bytes:
        """ECDSA over a SHA-256 digest (32 bytes), as DER ECDSA-Sig-Value. A digest, because that is what tokens sign."""
        ...


class Opener(Protocol):
    @property
    def certificate(self) -> x509.Certificate: ...

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """ECDH on P-256: the x coordinate of the shared point, 32 bytes (CKM_ECDH1_DERIVE, TPM2_ECDH_ZGen)."""
        ...


class FileSigner:
    """A signing key in a file."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    @classmethod
    def load(cls, certificate: Path, key: Path) -> FileSigner:
        return cls(*_pair(certificate, key, certificates.Purpose.SIGNING))

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


class FileOpener:
    """An opening key in a file."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    @classmethod
    def load(cls, certificate: Path, key: Path) -> FileOpener:
        return cls(*_pair(certificate, key, certificates.Purpose.OPENING))

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        return self._key.exchange(ec.ECDH(), peer)


def load_certificate(path: Path) -> x509.Certificate:
    """A PEM certificate. Raises ConfigError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(path, "certificate") from error


def read_secret(path: Path) -> bytes:
    """A file that nobody else may read. Raises ConfigError."""
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


def _pair(certificate: Path, key: Path, purpose: certificates.Purpose) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    loaded, private = load_certificate(certificate), _load_key(key)
    sentence = certificates.unfit(loaded, purpose)
    if sentence is None and loaded.public_key() != private.public_key():
        sentence = "It does not belong to the private key beside it."
    if sentence is not None:
        raise ConfigError(
            f"The certificate '{certificate.name}' cannot be used. {sentence}",
            means="Nothing can be sealed or opened.",
            do="Install the certificate that was issued for this key.",
        )
    return loaded, private


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(read_secret(path), password=None)
    except (ValueError, TypeError) as error:
        raise _unusable(path, "key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path, "key")
    return key


def _unusable(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"The {what} file '{path.name}' is missing or unreadable.",
        means="Nothing can be sealed or opened.",
        do=f"Install it as {path}; a training instance makes its own with 'livescan keys init --training'.",
    )
