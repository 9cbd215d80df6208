"""The suite up the ladder: each rung where it must run, its score brought back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.errors import LivescanError
from agent.rig.conformance.cases import CASES
from agent.rig.conformance.suite import CaseResult, Score, Verdict, run, score
from agent.rig.processes import Bridge, no_bridge
from agent.rig.recording import SEED, Recording
from agent.rig.target import SERIALS, Rung, in_process, loopback, simulator

LONGEST = 600.0  # s of one rung


class NoRung(LivescanError):
    """This rung cannot be run on this machine."""


def climb(
    driver: str, rung: Rung, subject: str, *, recording: Path | None = None, told: Callable[[CaseResult], None] = lambda _: None
) -> Score:
    """One rung. Raises NoRung, saying what it needs."""
    if rung is Rung.IN_PROCESS:
        with in_process(driver, subject) as target:
            return run(target, told=told)
    if rung is Rung.LOOPBACK:
        with loopback(driver, subject) as target:
            return run(target, told=told)
    if rung is Rung.LIBUSB:
        return _bridged(driver, subject)
    if rung is Rung.RECORDED and recording is not None:
        return _recorded(Recording(recording))
    raise NoRung(f"The rung {rung} is not run from here.", do="See docs/rig.md for how it is run.")


def _bridged(driver: str, subject: str) -> Score:
    if why := "a serial module needs no libusb" if driver == "zfm" else no_bridge():
        raise NoRung(f"The rung L2 cannot be run: {why}.", do="Install what it names.")
    with TemporaryDirectory(prefix="rig-") as folder, simulator(driver, folder, subject) as device:
        device.ready()
        with Bridge([device.address]) as bridge:
            arguments = ["--rung", Rung.LIBUSB, "--driver", driver, "--serial", SERIALS[driver], "--control", device.control]
            return _there([], arguments, bridge.environment())


def _recorded(recording: Recording) -> Score:
    """Each case in a testbed of its own: a recording is played back once."""
    if shutil.which("umockdev-run") is None:
        raise NoRung("A recording cannot be played: needs the Debian package 'umockdev'.", do="Install it.")
    skipped = "a recording is played back strictly in order, and what was recorded is one finger"
    results = []
    for case in CASES:
        if not case.strict:
            results.append(CaseResult(case.name, case.sentence, Verdict.SKIPPED, 0.0, skipped))
            continue
        arguments = ["--rung", Rung.RECORDED, "--driver", "uru4500", "--serial", recording.serial, "--seed", SEED, "--case", case.name]
        results += _there(recording.command(), arguments, {}).cases
    return score("uru4500", str(Rung.RECORDED), recording.serial, results)


def _there(before: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str]) -> Score:
    """Runs the suite in a program of its own, below `before` and in its environment."""
    with TemporaryDirectory(prefix="rig-") as folder:
        out = Path(folder) / "score.json"
        command = [*before, sys.executable, "-m", "agent.rig.conformance", *arguments, "--out", str(out)]
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=LONGEST, check=False)
        if not out.exists():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise LivescanError(f"The suite did not come to its end: {last}", do="Run it by hand: python -m agent.rig.conformance --help.")
        return read_score(json.loads(out.read_text("utf-8")))


def read_score(told: Mapping[str, Any]) -> Score:
    cases = [CaseResult(**{**case, "verdict": Verdict(case["verdict"])}) for case in told["cases"]]
    return score(told["driver"], told["rung"], told["serial"], cases)
