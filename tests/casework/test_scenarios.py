"""Every scenario of the bureau, played over a real broker: what was sent, answered and heard ends in the states that the scenario names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.clocks import Mark
from agent.casework.events import CaseState
from agent.casework.submission_states import SubmissionState
from agent.casework.taken import UNUSABLE
from tests.casework.play import ALL, END, Played, count_until

pytestmark = pytest.mark.xdist_group("scenarios")


def test_there_are_scenarios_enough() -> None:
    assert len(ALL) >= 30


@pytest.mark.parametrize("name", sorted(ALL))
def test_scenario_ends_as_it_says(played: Mapping[str, Played], name: str) -> None:
    one, expect = played[name], ALL[name].expect
    assert one.state == CaseState(
        SubmissionState(expect["submission"]), IdentState(expect["ident"]), ImmigrationState(expect["immigration"])
    )
    assert {clock.name for clock in one.clocks if clock.mark is Mark.EXPIRED} == set(expect.get("expired", ())) or "expired" not in expect
    assert {clock.name for clock in one.clocks if clock.mark is Mark.STOPPED_LATE} == set(expect.get("late", ()))


def test_what_a_person_must_look_at_is_in_the_queue_and_nothing_else(played: Mapping[str, Played]) -> None:
    """By message, not by booking: what cannot be tied or proven has none."""
    queue = next(iter(played.values())).casework.manual_queue()
    unusable = [one for one in queue if one.taken and one.taken.kind == UNUSABLE]
    assert len(unusable) == sum(scenario.expect.get("unusable", 0) for scenario in ALL.values())
    assert len(queue) - len(unusable) == sum(scenario.expect.get("manual", 0) for scenario in ALL.values())


def test_every_message_of_every_scenario_is_kept_as_it_came(played: Mapping[str, Played]) -> None:
    one = next(iter(played.values()))
    assert len(one.original) == count_until(END)
    for rid, data in one.original.items():
        assert one.casework.original(rid) == data
