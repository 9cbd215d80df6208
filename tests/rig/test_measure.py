from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.rig.hub import parse_ports
from agent.rig.measure import Arrival, Measurement, late_frames, lateness_ms, rate

PERIOD = 66_667  # us


def frames(*late_ms: float) -> list[Arrival]:
    return [Arrival((n * PERIOD / 1000 + late) / 1000, n * PERIOD) for n, late in enumerate(late_ms)]


def test_prompt_frames_are_not_late() -> None:
    assert late_frames(frames(*[5.0] * 10)) == 0
    assert rate(frames(*[5.0] * 16)) == pytest.approx(15, rel=0.01)


def test_one_frame_that_comes_a_frame_later_is_late() -> None:
    assert late_frames(frames(0, 1, 70, 3, 0)) == 1


def test_frames_that_never_came_count() -> None:
    assert late_frames([one for n, one in enumerate(frames(*[0.0] * 10)) if n not in (4, 5)]) == 2


@given(st.lists(st.tuples(st.floats(0, 1e4), st.integers(0, 10**10)), max_size=30))
def test_no_arrivals_break_it(given: list[tuple[float, int]]) -> None:
    arrivals = [Arrival(*one) for one in sorted(given)]
    assert late_frames(arrivals) >= 0
    assert all(value >= 0 for value in lateness_ms(arrivals))


def test_limits_look_the_right_way() -> None:
    assert not Measurement("fps", 13, 14).passed
    assert Measurement("lost_ms", 499, 500).passed


def test_a_hub_in_uhubctls_words() -> None:
    text = (
        "Current status for hub 1-1 [0424:2514, USB 2.00, 4 ports, ppps]\n  Port 1: 0100 power\n"
        "  Port 2: 0503 power highspeed enable connect [1209:0001]\n  Port 3: 0000 off\n"
    )
    assert parse_ports(text) == {1: True, 2: True, 3: False}
