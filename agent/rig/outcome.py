"""What came out of a scenario: values that reports are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from agent.rig.measure import Measurement


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # something at the bench could not be done; the reason is said


@dataclass(frozen=True)
class StepOutcome:
    what: str  # "arm right-four", "setup", "teardown"
    verdict: Verdict
    at: float  # s since the scenario began
    seconds: float
    why: str = ""  # of what failed or was skipped


@dataclass(frozen=True)
class Mark:
    """Something that the driver or the device told."""

    at: float  # s since the scenario began
    what: str  # "armed", "preview", "result", "gone"
    scanner: int = 1


@dataclass(frozen=True)
class Outcome:
    name: str
    sentence: str
    model: str
    rung: str
    device: Mapping[str, str]  # make, model, serial, firmware
    began: str  # UTC, ISO 8601
    seconds: float
    steps: Sequence[StepOutcome]
    measurements: Sequence[Measurement]
    lateness_ms: Sequence[float]  # of the previews of the capture that showed most
    marks: Sequence[Mark]

    @property
    def verdict(self) -> Verdict:
        verdicts = {step.verdict for step in self.steps}
        if Verdict.FAILED in verdicts or not all(one.passed for one in self.measurements):
            return Verdict.FAILED
        return Verdict.SKIPPED if Verdict.SKIPPED in verdicts else Verdict.PASSED

    @property
    def why(self) -> str:
        """The first thing that failed, else that was skipped; "" when it passed."""
        for verdict in (Verdict.FAILED, Verdict.SKIPPED):
            for step in self.steps:
                if step.verdict is verdict:
                    return f"{step.what}: {step.why}"
            if verdict is Verdict.FAILED and (beyond := [one for one in self.measurements if not one.passed]):
                return f"{beyond[0].name} is {beyond[0].value:g}, the limit is {beyond[0].limit:g}"
        return ""

    def as_json(self) -> dict[str, Any]:
        told = {key: value for key, value in asdict(self).items() if key != "measurements"}
        return told | {"verdict": str(self.verdict), "why": self.why, "measurements": [one.as_json() for one in self.measurements]}


def read_outcome(told: Mapping[str, Any]) -> Outcome:
    """The inverse of `as_json`, its rows as lists."""
    values = {key: value for key, value in told.items() if key not in ("verdict", "why")}
    values["steps"] = [StepOutcome(**{**step, "verdict": Verdict(step["verdict"])}) for step in told["steps"]]
    values["measurements"] = [Measurement(one["name"], one["value"], one["limit"]) for one in told["measurements"]]
    values["marks"] = [Mark(**mark) for mark in told["marks"]]
    return Outcome(**values)
