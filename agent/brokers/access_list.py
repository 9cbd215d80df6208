"""Who may say and hear what on the broker: one table, from which the configuration of each kind of broker is written.

Topics of docs/bureau-contract.md. A station speaks under its own name only and hears only what is addressed to it; the bureau hears every
station and addresses each. The name is the common name of the client's TLS certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from agent.errors import ConfigError

NAME = re.compile(r"[A-Za-z0-9-]{1,64}")  # what may stand in a topic, an MQTT client id and a NATS subject alike


class Role(StrEnum):
    STATION = "station"
    BUREAU = "bureau"
    WATCHER = "watcher"  # reads how stations are, and says nothing
    ADMINISTRATOR = "administrator"  # as a watcher, and asks something of stations, which judge for themselves whether they do it


MAY_PUBLISH: dict[Role, tuple[str, ...]] = {
    Role.STATION: ("fp/v1/st/{name}/tx/#", "fp/v1/st/{name}/ack/#", "fp/v1/st/{name}/status"),
    Role.BUREAU: ("fp/v1/st/+/rx/#", "fp/v1/bureau/status"),
    Role.WATCHER: (),
    Role.ADMINISTRATOR: ("fp/v1/st/+/rx/command/+/+",),
}
MAY_READ: dict[Role, tuple[str, ...]] = {
    Role.STATION: ("fp/v1/st/{name}/rx/#", "fp/v1/bureau/status"),
    Role.BUREAU: ("fp/v1/st/+/tx/#", "fp/v1/st/+/ack/#", "fp/v1/st/+/status"),
    Role.WATCHER: ("fp/v1/st/+/status", "fp/v1/st/+/tx/report"),
    Role.ADMINISTRATOR: ("fp/v1/st/+/status", "fp/v1/st/+/tx/report", "fp/v1/st/+/tx/answer/+"),
}


@dataclass(frozen=True)
class Member:
    """One who may connect, known by a TLS client certificate."""

    name: str  # common name
    role: Role
    subject: str  # RFC 4514, most specific part first: "CN=LS-0001,OU=station,O=…"

    def may_publish(self) -> tuple[str, ...]:
        return tuple(topic.format(name=self.name) for topic in MAY_PUBLISH[self.role])

    def may_read(self) -> tuple[str, ...]:
        return tuple(topic.format(name=self.name) for topic in MAY_READ[self.role])


def member(certificate: Path, role: Role) -> Member:
    """Reads a PEM certificate. Raises ConfigError when it is none, or when its name could not stand in a topic."""
    try:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    except (OSError, ValueError) as error:
        raise ConfigError(f"The certificate {certificate.name} cannot be read.", do="Make the training keys again.") from error
    names = [str(part.value) for part in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or not NAME.fullmatch(names[0]):
        raise ConfigError(
            f"The certificate {certificate.name} names nobody who could use the broker.",
            do="Its common name must be 1 to 64 letters, digits and hyphens.",
        )
    return Member(names[0], role, subject.rfc4514_string())


def not_revoked(certificates: Iterable[Path], crl: Path) -> list[Path]:
    """Those that a PEM revocation list does not name: for brokers that cannot read one. Raises ConfigError."""
    try:
        revoked = {entry.serial_number for entry in x509.load_pem_x509_crl(crl.read_bytes())}
        return [one for one in certificates if x509.load_pem_x509_certificate(one.read_bytes()).serial_number not in revoked]
    except (OSError, ValueError) as error:
        raise ConfigError("The revocation list or a certificate cannot be read.", do="Give PEM files.") from error


def nats_subjects(topics: tuple[str, ...]) -> tuple[str, ...]:
    """MQTT filters as NATS subjects; `x/#` also matches `x` in MQTT, so NATS must allow both (measured)."""
    subjects: list[str] = []
    for topic in topics:
        subject = topic.replace("/", ".").replace("+", "*")
        subjects += [subject[:-2] + ".>", subject[:-2]] if subject.endswith(".#") else [subject]
    return tuple(subjects)
