"""Makes the keys of a training instance: an authority, one station, one bureau, the broker. `keys` tells what lies where.

A production instance gets its certificates from its own authority and never comes here.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from agent.clock import Clock
from agent.errors import ConfigError, UsageError
from agent.signing.algorithms import P256, Scheme
from agent.signing.certificates import Purpose, Role
from agent.signing.private_keys import load_certificate, read_secret
from agent.signing.training_ca import Issued, issue, make_ca

STORAGE_KEY_LENGTH = 32  # bytes, AES-256
STATION_ID = re.compile(r"[A-Za-z0-9-]{1,13}")
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


def init_training(
    directory: Path, *, station: str, bureau: str, clock: Clock, host: str = "127.0.0.1", scheme: Scheme = P256
) -> TrainingKeys:
    """Make the CA and all keys of a training instance. host: where the broker listens, beside 127.0.0.1 and localhost; scheme: of all keys.

    Appears whole or not at all, and never replaces a key: raises ConfigError when there is any. Raises UsageError for a bad id.
    """
    _check_ids(station, bureau)
    _refuse_to_overwrite(directory, "ca", "station", "bureau", "broker")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".making-") as name:
        making = Path(name)
        ca = make_ca(clock.now(), scheme)
        write_pair(making / "ca", "ca", ca)
        _write_station(making, station, ca, clock, scheme)
        _write_member(making / "bureau", bureau, Role.BUREAU, ca, clock, scheme=scheme)
        _publish(making, station, making / "bureau" / "stations")
        names = tuple(dict.fromkeys(("127.0.0.1", "localhost", host)))
        write_pair(making / "broker", "server", issue(ca, host, Role.BROKER, Purpose.SERVER, now=clock.now(), names=names, scheme=scheme))
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
    ca = load_training_ca(directory)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".making-") as name:
        making = Path(name)
        _write_station(making, station, ca, clock)
        _write_new(making / "ca" / "ca.crt", (directory / "ca" / "ca.crt").read_bytes())
        _write_new(making / "bureau" / "opening.crt", (directory / "bureau" / "opening.crt").read_bytes())
        _publish(making, station, stations)
        _move(making, into, "bureau", "station", "ca")
    return TrainingKeys(into)


def add_administrator(directory: Path, *, name: str, into: Path, clock: Clock) -> Path:
    """Make signing, opening and TLS keys of an administrator under the training CA in `directory`; the folder that they are in.

    Raises ConfigError when there are any, UsageError for a bad name.
    """
    if not _BUREAU_ID.fullmatch(name):
        raise UsageError(f"'{name}' is no name for an administrator.", do="Use 1 to 40 letters, digits and hyphens, like ADMIN-1.")
    _refuse_to_overwrite(into, "administrator", "ca")
    ca = load_training_ca(directory)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".making-") as folder:
        making = Path(folder)
        _write_member(making / "administrator", name, Role.ADMINISTRATOR, ca, clock, scheme=P256)
        _write_new(making / "ca" / "ca.crt", (directory / "ca" / "ca.crt").read_bytes())
        _move(making, into, "administrator", "ca")
    return into / "administrator"


def load_training_ca(directory: Path) -> Issued:
    """The authority in `directory`, with its key. Raises ConfigError."""
    certificate = load_certificate(directory / "ca" / "ca.crt")
    key = load_pem_private_key(read_secret(directory / "ca" / "ca.key"), password=None)
    return Issued(certificate, key)  # type: ignore[arg-type]  # made by init_training


def _check_ids(station: str, bureau: str) -> None:
    if not STATION_ID.fullmatch(station):
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


def _write_station(root: Path, station: str, ca: Issued, clock: Clock, scheme: Scheme = P256) -> None:
    _write_member(root / "station", station, Role.STATION, ca, clock, scheme=scheme)
    _write_new(root / "station" / "storage.key", os.urandom(STORAGE_KEY_LENGTH))


def _write_member(directory: Path, identity: str, role: Role, ca: Issued, clock: Clock, *, scheme: Scheme) -> None:
    """One key for each use; only the TLS certificate carries a DNS name."""
    for use, purpose in _PURPOSES.items():
        names = (tls_user(identity, role),) if purpose is Purpose.CLIENT else ()
        write_pair(directory, use, issue(ca, identity, role, purpose, now=clock.now(), names=names, scheme=scheme))


def _publish(root: Path, station: str, stations: Path) -> None:
    _write_new(stations / f"{station}.crt", (root / "station" / "opening.crt").read_bytes())


def write_pair(directory: Path, name: str, issued: Issued) -> None:
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
