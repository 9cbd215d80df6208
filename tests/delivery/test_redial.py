"""When a station dials the broker again: soon after a connection that held, spread widely when thousands come back at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.delivery.pacing import redial

FIRST, MOST = 1.0, 60.0


def test_after_a_connection_that_held_a_station_is_back_within_two_seconds() -> None:
    assert [redial(0, FIRST, MOST, spread) for spread in (0.0, 1.0)] == [0.5, 1.5]


def test_stations_that_were_out_for_long_are_spread_over_two_minutes() -> None:
    assert (redial(10, FIRST, MOST, 0.0), redial(10, FIRST, MOST, 1.0)) == (6.0, 120.0)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_it_never_gives_up_and_never_waits_longer_than_twice_the_most(silence: int, spread: float) -> None:
    assert 0.05 <= redial(silence, FIRST, MOST, spread) <= 2 * MOST
