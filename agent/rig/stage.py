"""Sets a scenario up on a rung, plays it, takes everything down. L2 is played by a program of its own, in the bridge's environment:

python -m agent.rig.stage SCENARIO OUT LEASES CONTROL…
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.errors import LivescanError
from agent.rig.outcome import Outcome, read_outcome
from agent.rig.processes import Bridge, Simulator, no_bridge
from agent.rig.runner import RigError, Runner, setting
from agent.rig.target import SERIALS, Rung, in_process, on_libusb, on_loopback, real, simulator
from firmware_sim.scenario import Scenario, ScenarioError, read_scenario

LONGEST = 900.0  # s of one scenario on a rung that is a program of its own
MODELS = ("fap60", "uru4500", "zfm")


class CannotPlay(LivescanError):
    """The scenario cannot be played here: it is none, or the rung is not to be had."""


def play(path: Path, rung: Rung, subject: str) -> Outcome:
    """One scenario on simulated devices. Raises CannotPlay."""
    scenario = read(path)
    try:
        with TemporaryDirectory(prefix="rig-") as folder:
            if rung is Rung.IN_PROCESS:
                return _in_process(scenario, Path(folder), subject)
            with _simulators(scenario, folder, subject) as devices:
                if rung is Rung.LIBUSB:
                    return _bridged(path, Path(folder), devices)
                return _loopback(scenario, Path(folder), devices)
    except RigError as error:
        raise CannotPlay(f"{path.name}: {error}", do="See docs/scenarios.md.") from error


def play_real(path: Path, serial: str, ask: Callable[[str], None] | None) -> Outcome:
    """One scenario on the device with this serial number. Raises CannotPlay, DeviceError."""
    scenario = read(path)
    target = real(serial, ask)
    if target.driver != scenario.model:
        raise CannotPlay(f"{path.name} is for {scenario.model}; the device {serial} is a {target.driver}.", do="Choose another scenario.")
    try:
        with TemporaryDirectory(prefix="rig-") as folder:
            return Runner(scenario, [target], Path(folder) / "leases", ["usb"]).run()
    except RigError as error:
        raise CannotPlay(f"{path.name}: {error}", do="See docs/scenarios.md.") from error


def read(path: Path) -> Scenario:
    """Raises CannotPlay."""
    try:
        scenario = read_scenario(path)
    except ScenarioError as error:
        raise CannotPlay(str(error), do="See docs/scenarios.md.") from error
    if scenario.model not in MODELS:
        raise CannotPlay(f"{path.name}: the rig has no driver of captures for '{scenario.model}'.", do=f"It has: {', '.join(MODELS)}.")
    return scenario


def serials(scenario: Scenario) -> list[str]:
    """One for each scanner of a scenario: the model's own, and what follows it."""
    own = SERIALS[scenario.model]
    return [own if number == 1 else f"{own[:-1]}{number}" for number in range(1, int(scenario.settings.get("scanners", 1)) + 1)]


def _in_process(scenario: Scenario, folder: Path, subject: str) -> Outcome:
    speed = setting(scenario).speed
    with ExitStack() as stack:
        targets = [stack.enter_context(in_process(scenario.model, subject, speed, serial=serial)) for serial in serials(scenario)]
        return Runner(scenario, targets, folder / "leases").run()


def _loopback(scenario: Scenario, folder: Path, devices: Sequence[Simulator]) -> Outcome:
    named = list(zip(serials(scenario), devices, strict=True))
    targets = [on_loopback(scenario.model, device.address, serial, device.hand) for serial, device in named]
    return Runner(scenario, targets, folder / "leases", [device.address for device in devices]).run()


@contextmanager
def _simulators(scenario: Scenario, folder: str, subject: str) -> Iterator[list[Simulator]]:
    speed, bus = setting(scenario).speed, str(scenario.settings.get("bus", ""))
    more = ["--bus", bus] if bus else []
    with ExitStack() as stack:
        devices = [
            stack.enter_context(simulator(scenario.model, folder, subject, speed, serial=serial, more=more)) for serial in serials(scenario)
        ]
        for device in devices:
            device.ready()
        yield devices


def _bridged(path: Path, folder: Path, devices: Sequence[Simulator]) -> Outcome:
    if why := no_bridge():
        raise CannotPlay(f"The rung L2 cannot be run: {why}.", do="Install what it names.")
    out = folder / "outcome.json"
    with Bridge([device.address for device in devices]) as bridge:
        command = [sys.executable, "-m", "agent.rig.stage", str(path), str(out), str(folder / "leases")]
        command += [device.control for device in devices]
        environment = os.environ | bridge.environment()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
    if not out.exists():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CannotPlay(f"The scenario did not come to its end on L2: {last}", do="Play it with --rung L1.")
    return read_outcome(json.loads(out.read_text("utf-8")))


def main(path: str, out: str, leases: str, *controls: str) -> None:
    scenario = read(Path(path))
    named = zip(serials(scenario), controls, strict=True)
    targets = [on_libusb(scenario.model, serial, control) for serial, control in named]
    outcome = Runner(scenario, targets, Path(leases), ["usb" for _ in targets]).run()
    Path(out).write_text(json.dumps(outcome.as_json()), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
