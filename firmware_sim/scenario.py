"""Scenario files: what happens before a device, step by step (docs/scenarios.md).

One format for all that plays it: the rig drives driver and bench by it, a simulator by itself plays what belongs to the bench.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_sim.faults import BY_NAME, FaultError, read_values
from firmware_sim.models.hands import PLACES
from firmware_sim.orders import AnyBench, Orders

BENCH_VERBS = frozenset({"place", "lift", "by-itself", "fault", "clear", "unplug", "plug", "foot"})
VERBS = BENCH_VERBS | {"arm", "cancel", "expect", "wait", "hold", "kill"}
BARE = frozenset({"lift", "by-itself", "unplug", "plug", "foot", "cancel", "hold", "kill"})  # the value is `true`
WAITING_STATES = frozenset({"AWAIT_CLEAR", "ARMED", "TRACKING", "ROLL_ACTIVE", "AWAIT_FINGER_ON"})
ARM_PATIENCE = 60_000  # ms that a simulator waits for its host to arm it
LOOK_EVERY = 0.02  # s
MAX_FILE = 1 << 20  # bytes


class ScenarioError(Exception):
    """The file is no scenario; one sentence names file, step and reason."""


@dataclass(frozen=True)
class Step:
    verb: str
    what: str  # of place, fault, clear, arm and expect; "" otherwise
    values: Mapping[str, Any] = field(default_factory=dict)  # every other key of the step
    on: int = 1  # which of the rig's scanners; a simulator that plays alone is the first

    @property
    def ms(self) -> float:
        """Of wait."""
        return float(self.values["ms"])


@dataclass(frozen=True)
class Scenario:
    name: str
    sentence: str  # what it shows
    model: str  # that it is for
    steps: tuple[Step, ...]
    settings: Mapping[str, Any]  # every other key at the top: limits and the like, for the rig


def read_scenario(path: Path) -> Scenario:
    """Raises ScenarioError."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise ScenarioError(f"{path.name} is larger than {MAX_FILE >> 20} MiB.")
        return parse_scenario(path.read_text(encoding="utf-8"), path.stem)
    except OSError as error:
        raise ScenarioError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path.name} is no text in UTF-8.") from error
    except ScenarioError as error:
        raise ScenarioError(f"{path.name}: {error}") from error


def parse_scenario(text: str, name: str = "scenario") -> Scenario:
    """Raises ScenarioError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"it is no TOML: {error}.") from error
    steps = table.pop("step", [])
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise ScenarioError("it has no steps: write [[step]] tables.")
    model = str(table.pop("model", "fap60"))
    read = tuple(_step(step, model, number) for number, step in enumerate(steps, start=1))
    return Scenario(str(table.pop("name", name)), str(table.pop("sentence", "")), model, read, table)


def _step(table: Mapping[str, Any], model: str, number: int) -> Step:
    verbs = [key for key in table if key in VERBS]
    if len(verbs) != 1:
        raise ScenarioError(f"step {number} needs exactly one of: {', '.join(sorted(VERBS))}.")
    verb = verbs[0]
    values = {key: value for key, value in table.items() if key not in (verb, "on")}
    if verb == "wait":
        return Step(verb, "", {"ms": _number(table[verb], number)} | values)
    step = Step(verb, "" if verb in BARE else str(table[verb]), values, _scanner(table.get("on", 1), number))
    _check(step, model, number)
    return step


def _check(step: Step, model: str, number: int) -> None:
    if step.verb in ("place", "arm") and step.what.removeprefix("roll-") not in PLACES:
        raise ScenarioError(f"step {number}: '{step.what}' is no hand or finger.")
    if step.verb != "fault":
        return
    fault = BY_NAME.get(step.what)
    if fault is None or model not in fault.models:
        raise ScenarioError(f"step {number}: there is no fault '{step.what}' of {model}.")
    try:
        read_values(fault, step.values)
    except FaultError as error:
        raise ScenarioError(f"step {number}: {error}") from error


def _scanner(value: object, number: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 9:
        raise ScenarioError(f"step {number}: 'on' is the number of a scanner, from 1.")
    return value


def _number(value: object, number: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3_600_000:
        raise ScenarioError(f"step {number}: wait is a number of milliseconds up to an hour.")
    return float(value)


class Player:
    """Plays the bench's part of a scenario: waits at `arm` until the host has armed the device, passes over `expect`."""

    def __init__(self, scenario: Scenario, orders: Orders, bench: AnyBench, say: Callable[[Mapping[str, Any]], None]) -> None:
        self._scenario = scenario
        self._orders = orders
        self._bench = bench
        self._say = say

    def play(self) -> None:
        for number, step in enumerate(self._scenario.steps, start=1):
            if step.on == 1:
                self._say({"step": number, "verb": step.verb, "what": step.what, **self._play(step)})
        self._say({"scenario": self._scenario.name, "over": True})

    def _play(self, step: Step) -> dict[str, Any]:
        if step.verb == "wait":
            time.sleep(step.ms / 1000)
        elif step.verb == "arm":
            return {"armed": self._await_armed(float(step.values.get("within_ms", ARM_PATIENCE)) / 1000)}
        elif step.verb in BENCH_VERBS:
            order: dict[str, Any] = {"do": step.verb, **step.values}
            if step.what:
                order["what" if step.verb == "place" else "name"] = step.what
            answer = self._orders.obey(order)
            return {key: value for key, value in answer.items() if key != "did"}
        return {}

    def _await_armed(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self._bench.tell().get("state") not in WAITING_STATES:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_EVERY)
        return True
