"""Plays a scenario (docs/scenarios.md) on scanners and their benches, measures, and tells what came out.

Set-up and teardown always run and stand in the result beside the steps. Trouble of a device is never an exception here: it is something
that was told, which an `expect` looked for or which nobody expected.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.leash import leashed
from agent.rig.expectation import advised, await_told, sentence, unexpected
from agent.rig.hand import CannotDo
from agent.rig.hub import HubError
from agent.rig.measure import QUANTITIES, judged
from agent.rig.outcome import Mark, Outcome, StepOutcome, Verdict
from agent.rig.seat import Seat, await_true
from agent.rig.target import Target
from drivers.device import Mode, PreviewSize, Request
from drivers.errors import DeviceError
from drivers.lease import Leases
from drivers.leased import LeasedScanner
from firmware_sim.scenario import BENCH_VERBS, Scenario, Step

PATIENCE = 10_000.0  # ms that `expect` and `arm` wait where a step does not say
OWNER = "the rig"
THUMBS = frozenset({1, 6})


class RigError(Exception):
    """The scenario asks for what this rig has not; one sentence."""


class StepFailed(Exception):
    """What should have come did not; one sentence."""


@dataclass(frozen=True)
class Setting:
    """Of a scenario, beside its steps."""

    speed: float  # times as fast as life, of simulated devices
    limits: Mapping[str, float]  # by quantity


def setting(scenario: Scenario) -> Setting:
    """Raises RigError, naming a key or a quantity that nobody knows."""
    given = dict(scenario.settings)
    limits, speed = given.pop("limits", {}), given.pop("speed", 1.0)
    given.pop("scanners", 1), given.pop("bus", "")
    if given:
        raise RigError(f"'{next(iter(given))}' is no setting of a scenario: there are speed, bus, scanners and limits.")
    if unknown := set(limits) - set(QUANTITIES):
        raise RigError(f"'{min(unknown)}' is not measured; these are: {', '.join(QUANTITIES)}.")
    return Setting(float(speed), {name: float(limit) for name, limit in limits.items()})


class Runner:
    def __init__(self, scenario: Scenario, targets: Sequence[Target], leases: Path, addresses: Sequence[str] = ()) -> None:
        """`targets`: one for each scanner of the scenario. `addresses`: where another program finds them, "" where none can.

        Raises RigError.
        """
        self._scenario = scenario
        self._setting = setting(scenario)
        self._targets = [_leased(target, leases) for target in targets]
        if missing := next((step for step in scenario.steps if step.on > len(targets)), None):
            raise RigError(f"The scenario speaks of scanner {missing.on}; here are {len(targets)}.")
        self._leases = leases
        self._addresses = addresses
        self._seats: list[Seat] = []
        self._holders: list[subprocess.Popen[str]] = []
        self._steps: list[StepOutcome] = []
        self._device: dict[str, str] = {}
        self._began = time.monotonic()

    def run(self) -> Outcome:
        began = datetime.now(UTC).isoformat(timespec="seconds")
        self._began = time.monotonic()
        try:
            if self._done("setup", self._set_up):
                for number, step in enumerate(self._scenario.steps, start=1):
                    if not self._done(f"{number} {sentence(step)}", lambda step=step: self._play(step)):  # type: ignore[misc]
                        break
                else:
                    self._done("nothing unexpected", self._nothing_unexpected)
        finally:
            self._done("teardown", self._tear_down)
        return self._outcome(began)

    def _done(self, what: str, deed: Callable[[], None]) -> bool:
        """Whether the scenario goes on: it does after what was skipped, not after what failed."""
        began, verdict, why = time.monotonic(), Verdict.PASSED, ""
        try:
            deed()
        except CannotDo as reason:
            verdict, why = Verdict.SKIPPED, str(reason)
        except (StepFailed, HubError) as reason:
            verdict, why = Verdict.FAILED, str(reason)
        except DeviceError as error:
            verdict, why = Verdict.FAILED, f"{type(error).__name__}: {error.what}"
        except Exception as error:  # a defect of a driver or of the rig is a failed step: teardown and report must come
            verdict, why = Verdict.FAILED, f"{type(error).__name__}: {error}"
        self._steps.append(StepOutcome(what, verdict, began - self._began, time.monotonic() - began, why))
        return verdict is not Verdict.FAILED

    def _set_up(self) -> None:
        for target in self._targets:
            for word in ("clear", "lift", "by-itself"):
                if word in target.hand.can - {"lift"} or (word == "lift" and "by-itself" in target.hand.can):
                    target.hand.do(word)
            self._seats.append(Seat(target, self._setting.speed))
        held = {step.on for step in self._scenario.steps if step.verb == "hold"}
        for number, seat in enumerate(self._seats, start=1):
            if number not in held:  # a scanner that another program is to have is not ours first
                seat.open(PATIENCE / 1000)
                self._device = self._device or seat.device()

    def _play(self, step: Step) -> None:
        seat = self._seats[step.on - 1]
        if step.verb in BENCH_VERBS:
            self._bench(seat, step)
        elif step.verb == "wait":
            time.sleep(step.ms / 1000)
        elif step.verb == "arm":
            patience, slow = (float(step.values.get(key, default)) / 1000 for key, default in (("within_ms", PATIENCE), ("slow_ms", 0)))
            seat.arm(request_of(step), patience, slow)
            if "by-itself" not in seat.target.hand.can and "place" in seat.target.hand.can:
                seat.target.hand.do("place", step.what)
        elif step.verb == "cancel":
            seat.cancel()
        elif step.verb == "expect":
            self._expect(seat, step)
        elif step.verb == "hold":
            self._hold(step.on - 1)
        else:
            self._kill()

    def _bench(self, seat: Seat, step: Step) -> None:
        if step.verb == "unplug":
            seat.pulled_at = time.monotonic()
        seat.target.hand.do(step.verb, step.what, step.values)
        if step.verb == "plug":
            seat.plugged()

    def _expect(self, seat: Seat, step: Step) -> None:
        seconds = float(step.values.get("within_ms", PATIENCE)) / 1000
        if step.what in ("arrival", "departure"):
            there = step.what == "arrival"
            if not await_true(lambda: seat.target.present() is there, seconds):
                raise StepFailed(f"after {seconds:g} s it is {'not' if there else 'still'} found")
            return
        if reason := await_told(seat, step.what, seconds, advised(step)):
            raise StepFailed(reason)

    def _hold(self, index: int) -> None:
        if index >= len(self._addresses) or not self._addresses[index]:
            raise CannotDo("on this rung no other program can reach the scanner")
        serial = self._targets[index].serial
        command = [sys.executable, "-m", "agent.rig.holder", self._addresses[index], serial, str(self._leases)]
        holder = subprocess.Popen(leashed(command), stdout=subprocess.PIPE, text=True)
        self._holders.append(holder)
        assert holder.stdout is not None
        if holder.stdout.readline() != "held\n":
            raise StepFailed("the other program could not open the scanner")

    def _kill(self) -> None:
        if not self._holders:
            raise StepFailed("nobody holds a scanner")
        holder = self._holders.pop()
        holder.kill()
        holder.wait()

    def _nothing_unexpected(self) -> None:
        for number, seat in enumerate(self._seats, start=1):
            if not await_true(lambda seat=seat: not seat.busy, 1.0):  # type: ignore[misc]  # mypy cannot type a default of a lambda
                raise StepFailed(f"on scanner {number} a capture is still under way")
            if surprise := unexpected(seat):
                raise StepFailed(f"scanner {number} said '{surprise[0].what}', which nobody expected: {surprise[0].text}")

    def _tear_down(self) -> None:
        while self._holders:
            self._kill()
        for seat in self._seats:
            seat.close()
        for target in self._targets:
            for word in {"clear", "plug"} & target.hand.can:
                if word == "clear" or not target.present():
                    with contextlib.suppress(CannotDo):
                        target.hand.do(word)

    def _outcome(self, began: str) -> Outcome:
        values: dict[str, float] = {}
        for seat in self._seats:
            for name, value in seat.values.items():
                pick = max if QUANTITIES[name].at_most else min
                values[name] = pick(values.get(name, value), value)
        shown = max(self._seats, key=lambda seat: len(seat.arrivals), default=None)
        marks = [Mark(told.at - self._began, told.what, number) for number, seat in enumerate(self._seats, start=1) for told in seat.told]
        first = self._targets[0]
        return Outcome(
            self._scenario.name,
            self._scenario.sentence,
            self._scenario.model,
            str(first.rung),
            self._device or {"serial": first.serial},
            began,
            time.monotonic() - self._began,
            tuple(self._steps),
            tuple(judged(values, self._setting.limits)),
            tuple(round(value, 2) for value in shown.lateness()) if shown else (),
            tuple(sorted(marks, key=lambda mark: mark.at)),
        )


def request_of(step: Step) -> Request:
    """`arm`: a hand or finger, with `auto`, `preview` (none, half, full), `raw` for a roll frame by frame, `timeout_ms`."""
    values: Mapping[str, Any] = step.values
    rolled, place = step.what.startswith("roll-"), step.what.removeprefix("roll-")
    mode, fingers = _MODES.get(place) or (Mode.FLAT_1, frozenset({_FINGERS.index(place) + 1}))
    return Request(
        Mode.ROLL if rolled else mode,
        fingers,
        auto=bool(values.get("auto", True)),
        preview=PreviewSize(values.get("preview", "half")),
        roll_frames=bool(values.get("raw", False)),
        timeout_s=float(values.get("timeout_ms", 60_000)) / 1000,
    )


_MODES = {
    "right-four": (Mode.SLAP_RIGHT, frozenset({2, 3, 4, 5})),
    "left-four": (Mode.SLAP_LEFT, frozenset({7, 8, 9, 10})),
    "thumbs": (Mode.THUMBS, THUMBS),
}
_FINGERS = [f"{hand}-{finger}" for hand in ("right", "left") for finger in ("thumb", "index", "middle", "ring", "little")]


def _leased(target: Target, leases: Path) -> Target:
    return replace(target, scanner=lambda: LeasedScanner(target.scanner(), Leases(leases, OWNER), target.serial))
