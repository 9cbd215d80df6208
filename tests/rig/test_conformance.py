"""The same cases on every rung: what a driver promises, it keeps in this process, over loopback, through real libusb, on a recording."""

from __future__ import annotations

import pytest

from agent.rig.conformance.cases import CASES
from agent.rig.conformance.ladder import climb, read_score
from agent.rig.conformance.suite import Score, Verdict
from agent.rig.target import Rung
from tests.data import need_debian, testdata

FAILURES_SHOWN = 5


def kept(score: Score) -> None:
    """Every case passed, or was skipped in words."""
    failed = [f"{case.name}: {case.why}" for case in score.cases if case.verdict is Verdict.FAILED]
    assert not failed, "\n".join(failed[:FAILURES_SHOWN])
    assert {case.name for case in score.cases} == {case.name for case in CASES}
    assert all(case.why for case in score.cases if case.verdict is Verdict.SKIPPED)


@pytest.mark.parametrize(("driver", "least"), [("fap60", 50), ("uru4500", 50), ("zfm", 30)])
@pytest.mark.timeout(300)
def test_in_process(driver: str, least: int, subject: str) -> None:
    score = climb(driver, Rung.IN_PROCESS, subject)
    kept(score)
    assert score.passed >= least


@pytest.mark.parametrize(("driver", "least"), [("fap60", 50), ("uru4500", 50), ("zfm", 30)])
@pytest.mark.timeout(300)
def test_over_loopback(driver: str, least: int, subject: str) -> None:
    score = climb(driver, Rung.LOOPBACK, subject)
    kept(score)
    assert score.passed >= least


@pytest.mark.parametrize("driver", ["fap60", "uru4500"])
@pytest.mark.timeout(300)
def test_through_real_libusb(driver: str, subject: str) -> None:
    need_debian("umockdev", "umockdev-run")
    score = climb(driver, Rung.LIBUSB, subject)
    kept(score)
    assert score.passed >= 50


@pytest.mark.timeout(300)
def test_on_the_recorded_reader(subject: str) -> None:
    need_debian("umockdev", "umockdev-run")
    score = climb("uru4500", Rung.RECORDED, subject, recording=testdata("usb-recordings/uru4000-4500"))
    kept(score)
    assert score.passed == sum(case.strict for case in CASES)


def test_a_score_survives_json() -> None:
    from agent.rig.conformance.suite import CaseResult, score

    made = score("fap60", "L1", "X", [CaseResult("a", "A.", Verdict.PASSED, 0.1), CaseResult("b", "B.", Verdict.SKIPPED, 0.0, "why")])
    assert (made.passed, made.total, made.skipped) == (1, 1, 1)
    assert read_score(made.as_json()) == made
