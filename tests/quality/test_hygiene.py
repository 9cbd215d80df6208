"""When the glass is to be cleaned."""

from __future__ import annotations

import numpy as np
import pytest

from agent.imaging.platen import Background, background
from agent.quality.hygiene import Cleanliness, hygiene
from agent.quality.thresholds import QualityThresholds
from firmware_sim.subject.condition import Condition
from firmware_sim.subject.effects import spoil

LIMITS = QualityThresholds()


def empty(dirt: float) -> Background:
    random = np.random.default_rng(3)
    ink = spoil(np.zeros((1500, 1600), np.uint8), Condition(dirt=dirt), random)
    return background(np.clip(250.0 - ink + 4 * random.standard_normal(ink.shape), 0, 255).astype(np.uint8), 500)


@pytest.mark.parametrize(
    ("dirt", "state"),
    [
        (0.0, Cleanliness.CLEAN),
        (0.05, Cleanliness.CLEAN),
        (0.15, Cleanliness.CLEAN_SOON),
        (0.4, Cleanliness.CLEAN_NOW),
        (1.0, Cleanliness.CLEAN_NOW),
    ],
)
def test_the_reminder_comes_before_the_reject(dirt: float, state: Cleanliness) -> None:
    found = hygiene(empty(dirt), LIMITS)
    assert found.state is state
    assert bool(found.advice) is (state is not Cleanliness.CLEAN)


def test_a_print_that_was_left_there_is_named() -> None:
    found = hygiene(Background(np.full((8, 8), 250, np.uint8), 250.0, 0.0, 0.05), LIMITS)
    assert found.state is Cleanliness.CLEAN_NOW
    assert "left there" in found.advice
