"""The keys of an instance on disk: made for training, loaded for use.

    ca/          ca.crt  ca.key (training only)
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

import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from agent.clock import Clock
from agent.errors import ConfigError, UsageError
from agent.model.messages import Environment
from agent.signing import certificates
from agent.signing.certificates import Purpose, Role, is_training
from agent.signing.private_keys import FileOpener, FileSigner, Opener, Signer, load_certificate, read_secret
from agent.signing.training_ca import Issued, issue, make_ca

__all__ = ["BureauKeys", "KeyFile", "StationKeys", "TrainingKeys", "add_station", "init_training", "is_training", "tls_user"]

STORAGE_KEY_LENGTH = 32  # bytes, AES-256
_STATION_ID = re.compile(r"[A-Za-z0-9-]{1,13}")
_BUREAU_ID = re.compile(r"[A-Za-z0-9-]{1,40}")
_PURPOSES = {"signing": Purpose.SIGNING, "opening": Purpose.OPENING, "tls": Purpose.CLIENT}


@dataclass(frozen=True)
class KeyFile:
    certificate: Path  # PEM
    key: Path  # PEM, PKCS #8


@dataclass(frozen=True)
class TrainingKeys:
    """Where each key of a training instance is. Nothing is read."""

    directory: Path

    @property
    def ca(self) -> KeyFile:
        return _key_file(self.directory / "ca", "ca")

    @property
    def broker(self) -> KeyFile:
        return _key_file(self.directory / "broker", "server")

    @property
    def storage_key(self) -> Path:
        return self.directory / "station" / "storage.key"

    def station(self, use: str) -> KeyFile:
        """use: signing, opening or tls."""
        return _key_file(self.directory / "station", use)

    def bureau(self, use: str) -> KeyFile:
        """use: signing, opening or tls."""
        return _key_file(self.directory / "bureau", use)


def tls_user(identity: str, role: Role) -> str:
    """The DNS name in the TLS certificate of a station or bureau, by which a broker may know it."""
    return f"{identity.lower()}.{role}.livescan.invalid"


def init_training(directory: Path, *, station: str, bureau: str, clock: Clock, host: str = "127.0.0.1") -> TrainingKeys:
    """Make the CA and all keys of a training instance. host: where the broker listens, beside 127.0.0.1 and localhost.

    Appears whole or not at all, and never replaces a key: raises ConfigError when there is any. Raises UsageError for a bad id.
    """
    _check_ids(station, bureau)
    _refuse_to_overwrite(directory, "ca", "station", "bureau", "broker")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".making-") as name:
        making = Path(name)
        ca = make_ca(clock.now())
        _write_pair(making / "ca", "ca", ca)
        _write_station(making, station, ca, clock)
        _write_member(making / "bureau", bureau, Role.BUREAU, ca, clock)
        _publish(making, station, making / "bureau" / "stations")
        names = tuple(dict.fromkeys(("127.0.0.1", "localhost", host)))
        _write_pair(making / "broker", "server", issue(ca, host, Role.BROKER, Purpose.SERVER, now=clock.now(), names=names))
        _move(making, directory, "broker", "bureau", "station", "ca")
    return TrainingKeys(directory)


def add_station(directory: Path, *, station: str, into: Path, clock: Clock) -> TrainingKeys:
    """Make the keys of one more station under the training CA in `directory`; `into` becomes what `StationKeys.load` reads.

    The bureau in `directory` learns the new opening certificate. Raises ConfigError when `into` has keys or the bureau knows the station.
    """
    _check_ids(station, "any")
    stations = directory / "bureau" / "stations"
    _refuse_to_overwrite(into, "ca", "station", "bureau")
    _refuse_to_overwrite(stations, f"{station}.crt")
    ca = _load_training_ca(directory)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".making-") as name:
        making = Path(name)
        _write_station(making, station, ca, clock)
        _write_new(making / "ca" / "ca.crt", (directory / "ca" / "ca.crt").read_bytes())
        _write_new(making / "bureau" / "opening.crt", (directory / "bureau" / "opening.crt").read_bytes())
        _publish(making, station, stations)
        _move(making, into, "bureau", "station", "ca")
    return TrainingKeys(into)


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

    @classmethod
    def load(cls, directory: Path, *, environment: Environment) -> StationKeys:
        """Raises ConfigError when a file is missing or unfit, or when production meets a training CA (or the reverse)."""
        ca = _load_ca(directory, environment)
        own = directory / "station"
        signer, openers = FileSigner.load(own / "signing.crt", own / "signing.key"), _load_openers(own)
        bureau = load_certificate(directory / "bureau" / "opening.crt")
        _require_member(ca, Role.STATION, signer.certificate, *(opener.certificate for opener in openers))
        _require_member(ca, Role.BUREAU, bureau)
        return cls(_identity(signer.certificate), environment, signer, openers, _load_storage_key(own), ca, bureau)


@dataclass(frozen=True)
class BureauKeys:
    """What a bureau holds: here the training bureau."""

    bureau: str  # id, from the signing certificate
    environment: Environment
    signer: Signer = field(repr=False)
    openers: tuple[Opener, ...] = field(repr=False)  # the current one first, then retired ones
    ca: x509.Certificate = field(repr=False)
    stations: Path  # directory of opening certificates, <station>.crt

    @classmethod
    def load(cls, directory: Path, *, environment: Environment) -> BureauKeys:
        """Raises ConfigError like `StationKeys.load`."""
        ca = _load_ca(directory, environment)
        own = directory / "bureau"
        signer, openers = FileSigner.load(own / "signing.crt", own / "signing.key"), _load_openers(own)
        _require_member(ca, Role.BUREAU, signer.certificate, *(opener.certificate for opener in openers))
        return cls(_identity(signer.certificate), environment, signer, openers, ca, own / "stations")

    def station(self, station: str) -> x509.Certificate:
        """The opening certificate to which receipts and replies for a station are sealed. Raises ConfigError when it is not known."""
        if not _STATION_ID.fullmatch(station):
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


def _load_openers(directory: Path) -> tuple[FileOpener, ...]:
    current = FileOpener.load(directory / "opening.crt", directory / "opening.key")
    retired = sorted((directory / "retired").glob("*.crt"))
    return (current, *(FileOpener.load(path, path.with_suffix(".key")) for path in retired))


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


def _load_training_ca(directory: Path) -> Issued:
    certificate = _load_ca(directory, Environment.TRAINING)
    key = load_pem_private_key(read_secret(directory / "ca" / "ca.key"), password=None)
    return Issued(certificate, key)  # type: ignore[arg-type]  # made by init_training


def _check_ids(station: str, bureau: str) -> None:
    if not _STATION_ID.fullmatch(station):
        raise UsageError(f"'{station}' is no station id.", do="Use 1 to 13 letters, digits and hyphens, like LS-0001.")
    if not _BUREAU_ID.fullmatch(bureau):
        raise UsageError(f"'{bureau}' is no bureau id.", do="Use 1 to 40 letters, digits and hyphens, like SIB-TRAINING.")


def _refuse_to_overwrite(directory: Path, *names: str) -> None:
    there = [name for name in names if (directory / name).exists()]
    if there:
        raise ConfigError(
            f"There are keys in {directory} already ({', '.join(there)}): they are not overwritten.",
            means="Nothing was changed. What was sealed to those keys can be opened by no others.",
            do="Use them, choose another directory, or move them away first.",
        )


def _write_station(root: Path, station: str, ca: Issued, clock: Clock) -> None:
    _write_member(root / "station", station, Role.STATION, ca, clock)
    _write_new(root / "station" / "storage.key", os.urandom(STORAGE_KEY_LENGTH))


def _write_member(directory: Path, identity: str, role: Role, ca: Issued, clock: Clock) -> None:
    """One key for each use; only the TLS certificate carries a DNS name."""
    for use, purpose in _PURPOSES.items():
        names = (tls_user(identity, role),) if purpose is Purpose.CLIENT else ()
        _write_pair(directory, use, issue(ca, identity, role, purpose, now=clock.now(), names=names))


def _publish(root: Path, station: str, stations: Path) -> None:
    _write_new(stations / f"{station}.crt", (root / "station" / "opening.crt").read_bytes())


def _write_pair(directory: Path, name: str, issued: Issued) -> None:
    files = _key_file(directory, name)
    _write_new(files.key, issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write_new(files.certificate, issued.certificate.public_bytes(Encoding.PEM))


def _write_new(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _move(making: Path, directory: Path, *names: str) -> None:
    """The CA certificate, which everything else needs, comes last."""
    for name in names:
        (making / name).rename(directory / name)


def _key_file(directory: Path, name: str) -> KeyFile:
    return KeyFile(directory / f"{name}.crt", directory / f"{name}.key")
