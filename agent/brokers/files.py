"""The certificates that a broker is set up with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BrokerFiles:
    """PEM files of the broker's TLS."""

    ca: Path  # who may connect has a certificate of this CA
    certificate: Path  # for the names by which stations reach it
    key: Path
    crl: Path | None = None  # revocation list of that CA

    @classmethod
    def of_training(cls, keys: Path) -> BrokerFiles:
        """Where `livescan keys init --training` puts them."""
        return cls(keys / "ca" / "ca.crt", keys / "broker" / "server.crt", keys / "broker" / "server.key")


@dataclass(frozen=True)
class Place:
    """Where one broker listens and keeps its queues."""

    state: Path  # directory, its own
    host: str = "127.0.0.1"
    port: int = 8883  # MQTT over TLS
