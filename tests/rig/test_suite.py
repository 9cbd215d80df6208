"""The suite finds drivers that do not keep their word: a suite that passes everything is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from agent.rig.conformance import suite
from agent.rig.conformance.suite import Verdict
from agent.rig.target import Target, in_process
from drivers.device import DeviceEvent, Request, Result, Scanner, StateChanged
from drivers.leased import LeasedScanner
from drivers.states import DeviceState


class Faithless:
    """A scanner around another that breaks one promise."""

    def __init__(self, inner: Scanner) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class NeverResults(Faithless):
    def events(self, token: int) -> Iterator[DeviceEvent]:
        return (event for event in self._inner.events(token) if not isinstance(event, Result))


class LosesStates(Faithless):
    def events(self, token: int) -> Iterator[DeviceEvent]:
        dropped = (DeviceState.TRACKING, DeviceState.ARMED)
        return (event for event in self._inner.events(token) if not (isinstance(event, StateChanged) and event.state in dropped))


class CountsBackwards(Faithless):
    def events(self, token: int) -> Iterator[DeviceEvent]:
        return (replace(event, sequence=-event.sequence) for event in self._inner.events(token))


class ForeignException(Faithless):
    def arm(self, request: Request) -> int:
        raise OSError("straight from the library")


class NeverLost(Faithless):
    @property
    def state(self) -> DeviceState:
        return DeviceState.READY


@pytest.fixture(scope="module")
def honest(subject: str) -> Iterator[Target]:
    with in_process("uru4500", subject) as target:
        yield target


@pytest.mark.parametrize(
    ("kind", "case", "why"),
    [
        (NeverResults, "picture", "no result"),
        (LosesStates, "states_follow_the_table", "came after"),
        (CountsBackwards, "numbered", ""),
        (ForeignException, "picture", "OSError"),
        (NeverLost, "unplugged_idle", "LOST|'ready'"),
    ],
)
def test_a_broken_promise_is_found(honest: Target, kind: Callable[[Scanner], Scanner], case: str, why: str) -> None:
    (result,) = suite.run(replace(honest, scanner=lambda: kind(honest.scanner())), only=[case]).cases
    assert result.verdict is Verdict.FAILED
    assert any(part in result.why for part in why.split("|"))


def test_a_driver_that_hangs_is_a_failure_and_not_the_end(honest: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hangs(Faithless):
        def arm(self, request: Request) -> int:
            import threading

            threading.Event().wait(5)
            return 0

    monkeypatch.setattr(suite, "LONGEST", 0.5)
    score = suite.run(replace(honest, scanner=lambda: Hangs(honest.scanner())), only=["picture", "identity"])
    assert [case.verdict for case in score.cases] == [Verdict.PASSED, Verdict.FAILED]
    assert "did not end" in score.cases[1].why


def test_a_driver_under_a_lease_keeps_the_same_promises(honest: Target, tmp_path_factory: pytest.TempPathFactory) -> None:
    from drivers.lease import Leases

    leases = Leases(tmp_path_factory.mktemp("leases"), "the suite")
    leased = replace(honest, scanner=lambda: LeasedScanner(honest.scanner(), leases, honest.serial))
    score = suite.run(leased, only=["picture", "busy", "unplugged_armed", "plugged_in_again", "closed"])
    assert (score.passed, score.total) == (5, 5), [case.why for case in score.cases]
