"""The advice names what is wrong: the fast part of `livescan bench advice`, and its bound."""

from __future__ import annotations

import pytest

from agent.bench.advice import INJECTED, confusion, document, trials
from agent.bench.advice_picture import drawn
from agent.model.impression import Verdict
from agent.model.quality import Cause

CAUSES = [cause for cause in INJECTED if cause is not Cause.NONE]


@pytest.mark.parametrize("cause", INJECTED)
def test_the_injected_cause_is_named_first(cause: Cause) -> None:
    done = list(trials(cause, 2, people=1))
    assert [trial.named for trial in done] == [cause, cause]


def test_the_table_and_the_picture_hold_every_trial() -> None:
    done = [*trials(Cause.NONE, 1, people=1), *trials(Cause.MISSING_FINGER, 1, people=1)]
    assert confusion(done)[Cause.NONE].total() == 1
    assert document(done)["bench"] == "advice"
    assert drawn(done).count("<rect") == 1 + 2 * 2


@pytest.mark.long
@pytest.mark.parametrize("cause", CAUSES)
def test_at_least_95_in_100_of_strangers_prints_are_told_right(cause: Cause) -> None:
    done = list(trials(cause, 30, people=2, seed=2))
    assert sum(trial.named is cause for trial in done) >= 0.95 * len(done)


@pytest.mark.long
def test_at_least_95_in_100_of_strangers_good_prints_are_accepted() -> None:
    done = list(trials(Cause.NONE, 30, people=2, seed=2))
    assert sum(trial.verdict is Verdict.ACCEPT for trial in done) >= 0.95 * len(done)
