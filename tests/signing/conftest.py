"""A training instance made once: one station, one bureau, a fixed clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.clock import SetClock
from agent.model.messages import Envelope, Environment, MessageKind, Routing
from agent.signing.keys import BureauKeys, StationKeys, init_training
from agent.signing.seal import seal
from agent.signing.verify import Opened, open_envelope

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
CONTENT = b"1.001:000000999\x1d1.002:0502\x1c" + bytes(range(256))


@dataclass(frozen=True)
class Instance:
    directory: Path
    station: StationKeys
    bureau: BureauKeys

    def routing(self, kind: MessageKind = MessageKind.TRANSACTION, **changes: str) -> Routing:
        recipient = self.bureau.bureau if kind is MessageKind.TRANSACTION else self.station.station
        fields = {"station": self.station.station, "tcn": "LS-0001-01JD9Y3V5E8Q2N4R6T7W9XZABC", "recipient": recipient}
        values: dict[str, Any] = {"kind": kind, "environment": Environment.TRAINING} | fields | changes
        return Routing(**values)

    def seal(self, content: bytes = CONTENT, routing: Routing | None = None, now: datetime = NOW) -> Envelope:
        """A transaction from the station to the bureau."""
        return seal(content, routing or self.routing(), signer=self.station.signer, recipient=self.station.bureau, now=now)

    def open(self, data: bytes, expect: Environment = Environment.TRAINING, now: datetime = NOW) -> Opened:
        """As the bureau does."""
        return open_envelope(data, openers=self.bureau.openers, trust=self.bureau.ca, expect=expect, now=now)


def load(directory: Path) -> Instance:
    station = StationKeys.load(directory, environment=Environment.TRAINING)
    return Instance(directory, station, BureauKeys.load(directory, environment=Environment.TRAINING))


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    directory = tmp_path_factory.mktemp("training")
    init_training(directory, station="LS-0001", bureau="SIB-TRAINING", clock=SetClock(NOW))
    return load(directory)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Another instance with the same names and a CA of its own."""
    directory = tmp_path_factory.mktemp("stranger")
    init_training(directory, station="LS-0001", bureau="SIB-TRAINING", clock=SetClock(NOW))
    return load(directory)
