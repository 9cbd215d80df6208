from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.brokers import Broker, Mosquitto, Nats


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Broker]:
    broker = Nats(tmp_path / "nats")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(params=[Nats, Mosquitto], ids=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """The same test over both brokers."""
    started: Broker = request.param(tmp_path / "broker")
    started.start()
    yield started
    started.kill()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not started: a test adds to its configuration first."""
    broker = Mosquitto(tmp_path / "mosquitto")
    yield broker
    broker.kill()
