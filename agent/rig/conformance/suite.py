"""Runs the cases against a target, each on a driver of its own, and counts. A case that hangs is a failure, not the end of the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from agent.rig.conformance.cases import CASES, Case
from agent.rig.conformance.trial import NotHere, Trial
from agent.rig.hand import CannotDo
from agent.rig.target import Target

LONGEST = 90.0  # s of one case
RETURNS = 15.0  # s until a device that a case has sent away is there again


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CaseResult:
    name: str
    sentence: str
    verdict: Verdict
    seconds: float
    why: str = ""  # of what failed or was skipped, "" when it passed


@dataclass(frozen=True)
class Score:
    """What a driver has to show: skipped cases count neither way."""

    driver: str
    rung: str
    serial: str
    passed: int
    total: int
    skipped: int
    cases: tuple[CaseResult, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(target: Target, *, only: Sequence[str] = (), told: Callable[[CaseResult], None] = lambda _: None) -> Score:
    """`only`: names of cases; none means all of them."""
    results = []
    for result in _results(target, [case for case in CASES if not only or case.name in only]):
        told(result)
        results.append(result)
    return score(target.driver, str(target.rung), target.serial, results)


def score(driver: str, rung: str, serial: str, results: Sequence[CaseResult]) -> Score:
    passed = sum(result.verdict is Verdict.PASSED for result in results)
    skipped = sum(result.verdict is Verdict.SKIPPED for result in results)
    return Score(driver, rung, serial, passed, len(results) - skipped, skipped, tuple(results))


def _results(target: Target, cases: Sequence[Case]) -> Iterator[CaseResult]:
    for case in cases:
        began = time.monotonic()
        verdict, why = _judged(target, case)
        yield CaseResult(case.name, case.sentence, verdict, round(time.monotonic() - began, 3), why)


def _judged(target: Target, case: Case) -> tuple[Verdict, str]:
    if target.strict and not case.strict:
        return Verdict.SKIPPED, target.strict
    told: list[tuple[Verdict, str]] = []
    thread = threading.Thread(target=lambda: told.append(_tried(target, case)), name=f"case-{case.name}", daemon=True)
    thread.start()
    thread.join(LONGEST)
    return told[0] if told else (Verdict.FAILED, f"it did not end within {LONGEST:g} s")


def _tried(target: Target, case: Case) -> tuple[Verdict, str]:
    scanner = target.scanner()
    try:
        trial = Trial(target, scanner)
        _as_new(target)
        if "plug" in target.hand.can:
            trial.opened_again()  # it may be on its way back from the case before
        else:
            scanner.open()
        case.run(trial)
    except NotHere as reason:
        return Verdict.SKIPPED, str(reason)
    except AssertionError as reason:
        return Verdict.FAILED, str(reason) or "the sentence does not hold"
    except Exception as error:  # also what is no error of the contract: that is what the suite is for
        return Verdict.FAILED, f"{type(error).__name__}: {error}"
    finally:
        scanner.close()
    return Verdict.PASSED, ""


def _as_new(target: Target) -> None:
    """The bench as every case finds it: nothing armed, the person willing, the device plugged in."""
    words = ["clear", "lift", "by-itself"]
    if target.hand.exact or not target.present():
        words.append("plug")  # of one that is plugged in it changes nothing; what was just pulled may still be listed
    for word in words:
        if word in target.hand.can:
            with suppress(CannotDo):
                target.hand.do(word)
    deadline = time.monotonic() + RETURNS
    while not target.present() and time.monotonic() < deadline:
        time.sleep(0.05)
