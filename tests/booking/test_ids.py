"""Identities never meet, and fit the fields they go into."""

import re
from datetime import UTC, datetime

from agent.booking.ids import new_booking_id, new_tcn

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_a_tcn_fits_1_009_for_the_longest_station_id() -> None:
    assert re.fullmatch(r"[A-Z0-9-]{10,40}", new_tcn("STATION-00001", NOW))


def test_a_booking_number_fits_2_009_oca() -> None:
    assert re.fullmatch(r"20261124-[0-9A-Z]{8}", new_booking_id(NOW))


def test_two_stations_with_the_same_clock_never_give_one_tcn_twice() -> None:
    given = [new_tcn(station, NOW) for station in ("LS-0001", "LS-0002") for _ in range(100_000)]
    assert len(set(given)) == len(given)
