"""The composed print against the true one: where its ridges lie, and whether a seam doubles minutiae."""

from __future__ import annotations

import numpy as np
import pytest

from agent.bench.roll_measures import duplicates, nearness
from agent.imaging.roll import seam
from firmware_sim.subject.condition import Condition, RollFault, RollFaultKind
from tests.imaging.roll.rolls import composed, roll_of, truth

SLIPPED = Condition(roll_faults=(RollFault(RollFaultKind.SLIP, 0.5, 10),))


@pytest.mark.parametrize("how", [Condition(), Condition(roll_ms=700), SLIPPED], ids=["good", "quick", "slipped by a ridge"])
def test_ridges_lie_where_they_lie_on_the_finger(how: Condition) -> None:
    roll = roll_of(how)
    found = composed(roll)
    near = nearness(found.pixels, truth(roll, found))
    assert len(near.displaced) > 200 and near.lost == 0
    assert near.p95 < 0.1  # ridges; the aim is 1


def test_measure_sees_a_displacement_of_half_a_ridge() -> None:
    roll = roll_of()
    true = truth(roll, composed(roll))
    assert 0.3 < nearness(np.roll(true, 4, axis=1), true).p95 < 0.9


def test_minutiae_are_not_doubled_at_the_seams() -> None:
    roll = roll_of(SLIPPED)
    found = composed(roll)
    pairs, count = duplicates(found.pixels)
    true_pairs, true_count = duplicates(truth(roll, found))
    assert pairs <= true_pairs + 2
    assert abs(count - true_count) < 0.1 * true_count


def test_every_seam_runs_from_top_to_bottom_and_none_jumps() -> None:
    found = composed(roll_of())
    assert len(found.seams) > 15
    for line in found.seams:
        assert len(line.columns) == found.pixels.shape[0]
        assert np.abs(np.diff(line.columns)).max() <= 1.5  # one pixel at 250 ppi in each of its rows


def test_seam_goes_around_ridges_that_contradict_each_other() -> None:
    contradiction = np.zeros((40, 31), np.float32)
    contradiction[15:25, 10:21] = 1  # a block in the way of the straight line
    path = seam.seam(contradiction, 15.0)
    assert not contradiction[np.arange(40), path.astype(int)].any()
    assert abs(path[0] - 15) <= 6
