"""`livescan bench stations`, small: the load itself must work."""

from __future__ import annotations

import pytest

from agent.bench import stations
from tests.data import need_debian


@pytest.mark.long
def test_thirty_stations_come_in_twice_and_hear_each_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    need_debian("mosquitto", "mosquitto")
    monkeypatch.setattr(stations, "IDLE", 0.5)
    said: list[str] = []
    figures = stations.measure(30, said.append)
    assert (figures["stations"], figures["delivered"]) == (30, 30)
    assert said
