"""What comes in from the authority, checked and put in its place: a certificate of ours, the bureau's next opening certificate, a list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.signing import certificates
from agent.signing.certificates import Purpose, Role
from agent.signing.private_keys import load_certificate
from agent.signing.renewal import RenewalError, install
from agent.signing.revocations import RevocationList, load_revocations, read_revocations
from agent.signing.slots import Use, write_whole

CERTIFICATE_LIMIT = 64 * 1024  # bytes; ours have about 700, with RSA 1,300
_PEM = b"-----BEGIN CERTIFICATE-----"
BUREAU = "bureau opening"


def install_certificate(directory: Path, data: bytes, now: datetime) -> str:
    """PEM or DER; what it is now in use for: "signing", "opening", "tls" or "bureau opening". Raises RenewalError, ConfigError."""
    certificate = read_certificate(data)
    ca = load_certificate(directory / "ca" / "ca.crt")
    revocations = load_revocations(directory / "ca" / "ca.crl", ca)
    if certificates.role(certificate) == Role.BUREAU:
        _install_bureau(directory, certificate, ca, now, revocations)
        return BUREAU
    return install(directory / "station", certificate, ca=ca, now=now, revocations=revocations)


def install_own(directory: Path, use: Use, data: bytes, now: datetime) -> None:
    """A certificate of ours for this use and no other. Raises RenewalError, ConfigError."""
    certificate = read_certificate(data)
    ca = load_certificate(directory / "ca" / "ca.crt")
    revocations = load_revocations(directory / "ca" / "ca.crl", ca)
    install(directory / "station", certificate, ca=ca, now=now, revocations=revocations, only=use)


def install_revocations(directory: Path, data: bytes) -> RevocationList:
    """PEM or DER. Raises ConfigError for a list that is not believed, or that is older than the one in force."""
    ca = load_certificate(directory / "ca" / "ca.crt")
    new = read_revocations(data, ca)
    path = directory / "ca" / "ca.crl"
    present = load_revocations(path, ca)
    if present is not None and new.issued_at < present.issued_at:
        raise RenewalError("The revocation list is older than the one in force.", means="Nothing was changed.", do="Fetch the newest one.")
    if present is None or present.der != new.der:
        write_whole(path, new.der)
    return new


def read_certificate(data: bytes) -> x509.Certificate:
    """Raises RenewalError for anything but one certificate."""
    try:
        if len(data) > CERTIFICATE_LIMIT:
            raise ValueError("too long")
        pem = data.lstrip().startswith(_PEM)
        der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER) if pem else data
        return certificates.from_der(der)
    except ValueError as error:
        raise RenewalError(
            "That is no certificate.", means="Nothing was changed.", do="Give the file that the authority issued."
        ) from error


def _install_bureau(
    directory: Path, new: x509.Certificate, ca: x509.Certificate, now: datetime, revocations: RevocationList | None
) -> None:
    """What is sealed from now on is sealed to it; it must be of the same bureau, where there was one."""
    path = directory / "bureau" / "opening.crt"
    old = load_certificate(path) if path.exists() else None
    sentence = certificates.distrust(new, ca) or certificates.unfit(new, Purpose.OPENING) or certificates.out_of_date(new, now)
    if sentence is None and old is not None and new.subject != old.subject:
        sentence = "It is of another bureau."
    if sentence is None and revocations is not None:
        sentence = revocations.revoked_on(new)
    if sentence is not None:
        raise RenewalError(
            f"The bureau's certificate was not installed. {sentence}", means="Nothing was changed.", do="Ask the bureau for it again."
        )
    write_whole(path, new.public_bytes(Encoding.PEM))
