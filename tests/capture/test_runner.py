"""The runner through a session: what is stored when, pausing, cancelling, crashes of the check. The pool is real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agent.capture.events import Accepted, CaptureEvent, Cautioned, Judged, Looked
from agent.capture.plan import plan
from agent.capture.runner import CaptureRunner
from agent.capture.session import State
from agent.capture.signs import Sign
from agent.capture.undertaking import Paused
from agent.model.fingers import FINGERS, Position
from agent.model.impression import Impression, Verdict
from agent.workers import Workers
from drivers.device import Advice
from tests.capture.scripted import Show
from tests.capture.scripted_bench import NOON, ROLL, SMALL, TWO_ROLLS, Bench


def test_two_good_rolls_are_stored_in_order() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.run()
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]
    assert all(np.array_equal(impression.pixels, ROLL) for impression in bench.stored)
    assert [impression.attempt for impression in bench.stored] == [1, 1]
    assert bench.stored[0].device.serial == "SCRIPT-1"
    assert bench.stored[0].device.simulated
    assert bench.stored[0].captured_at == NOON
    S = State
    each = [S.AWAIT_FINGER, S.TRACKING, S.TAKING, S.CHECKING]
    assert list(bench.states()) == [S.AWAIT_CLEAR, *each, S.AWAIT_LIFT, *each, S.DONE]
    assert len(bench.of(Looked)) == len(bench.of(Accepted)) == 2


def test_an_impression_is_stored_before_it_is_called_accepted() -> None:
    bench = Bench([Show(ROLL)])
    seen: list[int] = []
    bench.events = _Watch(lambda event: seen.append(len(bench.stored)) if isinstance(event, Accepted) else None)
    bench.run(TWO_ROLLS[:1])
    assert seen == [1]


class _Watch(list[CaptureEvent]):
    def __init__(self, look: Callable[[CaptureEvent], object]) -> None:
        super().__init__()
        self._look = look

    def append(self, event: CaptureEvent) -> None:
        self._look(event)
        super().append(event)


def test_the_scanner_is_spoken_to_in_one_thread() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.run()
    assert bench.scanner.threads == {"scanner-SCRIPT-1_0"}
    assert bench.scanner.closed


def test_a_poor_roll_is_taken_again_with_advice() -> None:
    bench = Bench([Show(SMALL), Show(ROLL), Show(ROLL)])
    bench.run()
    assert [impression.attempt for impression in bench.stored] == [2, 1]
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.verdict is Verdict.RETRY
    assert first.impression.quality.advice.startswith("Roll the right thumb again")


def test_what_the_scanner_saw_explains_a_poor_print() -> None:
    bench = Bench([Show(SMALL, advice=Advice.ROLL_FAST | Advice.DRY), Show(ROLL)])
    bench.run(TWO_ROLLS[:1])
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.advice == "Roll more slowly."
    assert bench.of(Cautioned) == [Cautioned("Roll more slowly.", Sign.SLOWER)]


def test_when_the_check_itself_breaks_down_the_print_is_taken_again() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])
    bench.pool = _DiesOnce
    bench.run(TWO_ROLLS[:1])
    first = bench.of(Judged)[0]
    assert isinstance(first, Judged)
    assert first.impression.quality is not None
    assert first.impression.quality.advice == "The print of the right thumb could not be checked: take it again."
    assert [impression.attempt for impression in bench.stored] == [2]


class _DiesOnce(Workers):
    """The first job kills its process."""

    died = False

    async def run(self, fn: Callable[..., Any], *args: Any, deadline: float | None = None) -> Any:
        if not self.died:
            self.died = True
            return await super().run(os.kill, await super().run(os.getpid), signal.SIGKILL)
        return await super().run(fn, *args, deadline=deadline)


def test_a_cancelled_capture_frees_the_scanner_and_stores_nothing() -> None:
    bench = Bench([Show(ROLL, waits=True)])

    async def stop(runner: CaptureRunner) -> None:
        while runner.session.state is not State.AWAIT_FINGER:
            await asyncio.sleep(0.01)
        for task in asyncio.all_tasks():
            if task.get_coro().__qualname__ == "CaptureRunner.run":  # type: ignore[union-attr]
                task.cancel()

    with pytest.raises(asyncio.CancelledError):
        bench.run(during=stop)
    assert bench.scanner.cancelled == [1]
    assert bench.stored == []
    assert list(bench.states())[-1] is State.CANCELLED


def test_a_paused_capture_keeps_what_is_stored_and_goes_on_at_the_same_finger() -> None:
    bench = Bench([Show(ROLL), Show(ROLL, waits=True)])

    async def stop(runner: CaptureRunner) -> None:
        while not (bench.stored and runner.session.state is State.AWAIT_FINGER):
            await asyncio.sleep(0.01)
        await runner.pause(Paused("Enough for now."))

    with pytest.raises(Paused, match="Enough for now"):
        bench.run(during=stop)
    assert list(bench.states())[-1] is State.CANCELLED
    assert bench.scanner.cancelled
    again = Bench([Show(ROLL)], keeper=bench.keeper)
    again.run(done=[Position.RIGHT_THUMB])
    assert [impression.position for impression in again.stored] == [Position.RIGHT_THUMB, Position.RIGHT_INDEX]


def test_what_is_stored_already_is_not_taken_again() -> None:
    bench = Bench([Show(ROLL)])
    bench.run(done=[Position.RIGHT_THUMB])
    assert [impression.position for impression in bench.stored] == [Position.RIGHT_INDEX]


def test_a_capture_with_nothing_to_do_ends_at_once() -> None:
    bench = Bench([])
    bench.run(plan(FINGERS))
    assert list(bench.states()) == [State.DONE]


def test_when_storing_fails_the_capture_stops_there() -> None:
    bench = Bench([Show(ROLL), Show(ROLL)])

    async def full(impression: Impression) -> None:
        raise OSError("disk full")

    bench.keeper.accept = full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk full"):
        bench.run()
    assert len(bench.scanner.armed) == 1
    assert bench.of(Accepted) == []
