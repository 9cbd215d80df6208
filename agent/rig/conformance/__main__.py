"""`python -m agent.rig.conformance`: the suite on one rung, in this process, its score as JSON.

Runs where the rung is: under umockdev (L2), in a guest (L3, with `--control tcp:10.0.2.2:PORT`), or under `umockdev-run` (recorded).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.rig import target as targets
from agent.rig.conformance.suite import CaseResult, Score, run
from agent.rig.target import Rung, Target

DRIVERS = ("fap60", "uru4500", "zfm")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with _target(options) as target:
        score = run(target, only=options.case, told=_tell)
    _write(options.out, score)
    sys.stdout.flush()
    os._exit(0 if score.passed == score.total else 1)  # a thread that hangs in a driver must not hold the program


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="agent.rig.conformance", description="Runs the driver conformance suite on one rung.")
    parser.add_argument("--rung", required=True, choices=[str(rung) for rung in Rung])
    parser.add_argument("--driver", default="fap60", choices=DRIVERS)
    parser.add_argument("--serial", default="", help="serial number of the device")
    parser.add_argument("--subject", default="synthetic:1", help="L0 and L1: who lays the fingers down")
    parser.add_argument("--control", default="", help="L2 and L3: control socket of the simulator, unix:/path or tcp:host:port")
    parser.add_argument("--seed", default="51ea2124", help="recorded: the seed that its host used, in hex")
    parser.add_argument("--case", action="append", default=[], help="only this case; may be repeated")
    parser.add_argument("--out", type=Path, help="file for the score; without it, standard output")
    return parser.parse_args(arguments)


@contextmanager
def _target(options: argparse.Namespace) -> Iterator[Target]:
    serial = options.serial or targets.SERIALS[options.driver]
    rung = Rung(options.rung)
    if rung is Rung.IN_PROCESS:
        with targets.in_process(options.driver, options.subject) as target:
            yield target
    elif rung is Rung.LOOPBACK:
        with targets.loopback(options.driver, options.subject) as target:
            yield target
    elif rung is Rung.RECORDED:
        yield targets.recorded(serial, int(options.seed, 16))
    elif rung is Rung.REAL:
        yield targets.real(serial, None)
    else:
        yield targets.on_libusb(options.driver, serial, options.control, rung)


def _tell(result: CaseResult) -> None:
    sys.stderr.write(f"{result.verdict:8} {result.name:28} {result.seconds:6.2f} s  {result.why}\n")


def _write(out: Path | None, score: Score) -> None:
    text = json.dumps(score.as_json(), indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
