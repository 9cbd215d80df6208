"""The keys of an instance on disk, loaded and checked; those of a training instance are made by `training_keys`.

    ca/          ca.crt  ca.crl (when the authority keeps one)  ca.key (training only)
    station/     signing.{crt,key}  opening.{crt,key}  tls.{crt,key}  storage.key (32 random bytes)
                 retired/*.{crt,key}: earlier opening keys, kept for late replies
    bureau/      signing.{crt,key}  opening.{crt,key}  tls.{crt,key}
                 retired/*.{crt,key}, stations/<station>.crt: the opening certificate of every station it seals to
    broker/      server.{crt,key}

A station needs `ca/ca.crt`, `station/` and `bureau/opening.crt`; a bureau needs `ca/ca.crt` and `bureau/`. Directories are 0700, files
0600.

TLS client certificates are made so that either kind of broker can tell who connects:
- subject `CN=LS-0001,OU=station,O=LIVESCAN TRAINING` (RFC 4514 order): mosquitto `use_identity_as_username` gives the user name `LS-0001`;
- one DNS name `ls-0001.station.livescan.invalid` (`tls_user`): NATS `verify_and_map` looks for a user of that name first, for one of the
  subject's name as written above next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography import x509

from agent.errors import ConfigError
from agent.model.messages import Environment
from agent.signing import certificates
from agent.signing.certificates import Purpose, Role, is_training
from agent.signing.private_keys import FileOpener, FileSigner, Opener, Signer, checked, key_source, load_certificate, read_secret
from agent.signing.revocations import RevocationList, load_revocations
from agent.signing.slots import finish_all
from agent.signing.token_uri import TokenUri, tokens
from agent.signing.training_keys import STATION_ID, STORAGE_KEY_LENGTH, KeyFile, TrainingKeys, add_station, init_training, tls_user

__all__ = ["BureauKeys", "KeyFile", "StationKeys", "TrainingKeys", "add_station", "init_training", "is_training", "tls_user"]


class ReadingKeys(Protocol):
    """What is needed to open and judge what the bureau sends. `StationKeys` is one, and so is a `KeyRing` that changes under way."""

    @property
    def station(self) -> str: ...
    @property
    def environment(self) -> Environment: ...
    @property
    def openers(self) -> tuple[Opener, ...]: ...
    @property
    def ca(self) -> x509.Certificate: ...
    @property
    def revocations(self) -> RevocationList | None: ...
    @property
    def storage_key(self) -> bytes: ...


@dataclass(frozen=True)
class StationKeys:
    """What the core of one station holds."""

    station: str  # id, from the signing certificate
    environment: Environment
    signer: Signer = field(repr=False)
    openers: tuple[Opener, ...] = field(repr=False)  # the current one first, then retired ones
    storage_key: bytes = field(repr=False)  # 32 bytes
    ca: x509.Certificate = field(repr=False)
    bureau: x509.Certificate = field(repr=False)  # opening certificate that transactions are sealed to
    revocations: RevocationList | None = field(default=None, repr=False)

    @classmethod
    def load(cls, directory: Path, *, environment: Environment) -> StationKeys:
        """Raises ConfigError when a file is missing or unfit, or when production meets a training CA (or the reverse)."""
        ca = _load_ca(directory, environment)
        own = directory / "station"
        finish_all(own)
        signer, openers = load_signer(own / "signing.crt", own / "signing.key"), _load_openers(own)
        bureau = load_certificate(directory / "bureau" / "opening.crt")
        _require_member(ca, Role.STATION, signer.certificate, *(opener.certificate for opener in openers))
        _require_member(ca, Role.BUREAU, bureau)
        revocations = load_revocations(directory / "ca" / "ca.crl", ca)
        return cls(_identity(signer.certificate), environment, signer, openers, _load_storage_key(own), ca, bureau, revocations)


@dataclass(frozen=True)
class BureauKeys:
    """What a bureau holds: here the training bureau."""

    bureau: str  # id, from the signing certificate
    environment: Environment
    signer: Signer = field(repr=False)
    openers: tuple[Opener, ...] = field(repr=False)  # the current one first, then retired ones
    ca: x509.Certificate = field(repr=False)
    stations: Path  # directory of opening certificates, <station>.crt
    revocations: RevocationList | None = field(default=None, repr=False)

    @classmethod
    def load(cls, directory: Path, *, environment: Environment) -> BureauKeys:
        """Raises ConfigError like `StationKeys.load`."""
        ca = _load_ca(directory, environment)
        own = directory / "bureau"
        signer, openers = load_signer(own / "signing.crt", own / "signing.key"), _load_openers(own)
        _require_member(ca, Role.BUREAU, signer.certificate, *(opener.certificate for opener in openers))
        revocations = load_revocations(directory / "ca" / "ca.crl", ca)
        return cls(_identity(signer.certificate), environment, signer, openers, ca, own / "stations", revocations)

    def station(self, station: str) -> x509.Certificate:
        """The opening certificate to which receipts and replies for a station are sealed. Raises ConfigError when it is not known."""
        if not STATION_ID.fullmatch(station):
            raise ConfigError("That is no station id.", means="Nothing can be sealed to it.", do="Check the sender.")
        certificate = load_certificate(self.stations / f"{station}.crt")
        _require_member(self.ca, Role.STATION, certificate)
        return certificate


def _load_ca(directory: Path, environment: Environment) -> x509.Certificate:
    ca = load_certificate(directory / "ca" / "ca.crt")
    if is_training(ca) != (environment is Environment.TRAINING):
        kind = "a training" if is_training(ca) else "not a training"
        raise ConfigError(
            f"This instance is set to {environment}, but its certificate authority is {kind} CA.",
            means="No booking can be sent from here.",
            do="Point the settings at the keys of this environment; training is a separate instance with its own directory.",
        )
    return ca


def load_signer(certificate: Path, key: Path) -> Signer:
    """From wherever the key file says that the key is. Raises ConfigError."""
    source = key_source(key)
    if not source.token:
        return FileSigner.load(certificate, key)
    token = tokens()
    made: Signer = token.TokenSigner(checked(certificate, Purpose.SIGNING), token.Token(TokenUri.parse(source.token)))
    return made


def load_opener(certificate: Path, key: Path) -> Opener:
    """As `load_signer`."""
    source = key_source(key)
    if not source.token:
        return FileOpener.load(certificate, key)
    token = tokens()
    made: Opener = token.TokenOpener(checked(certificate, Purpose.OPENING), token.Token(TokenUri.parse(source.token)))
    return made


def _load_openers(directory: Path) -> tuple[Opener, ...]:
    current = load_opener(directory / "opening.crt", directory / "opening.key")
    retired = sorted((directory / "retired").glob("*.crt"))
    return (current, *(load_opener(path, path.with_suffix(".key")) for path in retired))


def _load_storage_key(directory: Path) -> bytes:
    key = read_secret(directory / "storage.key")
    if len(key) != STORAGE_KEY_LENGTH:
        raise ConfigError(
            f"The storage key has {len(key)} bytes, not {STORAGE_KEY_LENGTH}.",
            means="Stored bookings cannot be read.",
            do="Restore station/storage.key from where it is kept.",
        )
    return key


def _require_member(ca: x509.Certificate, role: Role, *members: x509.Certificate) -> None:
    for certificate in members:
        sentence = certificates.distrust(certificate, ca)
        if sentence is None and certificates.role(certificate) != role:
            sentence = f"Its subject does not say that it belongs to a {role}."
        if sentence is not None:
            raise ConfigError(
                f"A {role} certificate cannot be used. {sentence}",
                means="What is sealed with it would be refused.",
                do="Install certificates that were issued by this instance's CA for this role.",
            )


def _identity(certificate: x509.Certificate) -> str:
    name = certificates.common_name(certificate)
    if name is None:
        raise ConfigError("The signing certificate has no common name.", means="Nothing can be signed.", do="Have it issued again.")
    return name
