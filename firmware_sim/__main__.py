"""A scanner on the bench: `python -m firmware_sim fap60 --listen unix:/path --subject FILE.an2`.

Prints one JSON line when it can be imported. With --stdin it takes words, one a line: unplug, plug, foot, fault, quit.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.hosts.listening import ListenError
from firmware_sim.subject.choose import choose
from firmware_sim.subject.person import SubjectError, lacks


class Stopped(BaseException):
    """SIGTERM or SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (SubjectError, ListenError) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"The simulated scanner cannot run: {error}.")
    except Stopped:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="firmware_sim", description="A simulated scanner that can be imported over USB/IP.")
    models = parser.add_subparsers(dest="model", required=True)
    fap60 = models.add_parser("fap60", help="ten-print scanner, docs/fap60-protocol.md")
    fap60.add_argument("--listen", required=True, help="unix:/path or tcp:127.0.0.1:PORT (0: any free port)")
    fap60.add_argument("--subject", required=True, help="an ANSI/NIST file, or synthetic:SEED")
    fap60.add_argument("--serial", default="LS60-0001", help="serial number (default LS60-0001)")
    fap60.add_argument("--speed", type=_speed, default=1.0, help="how many times faster than life (default 1.0)")
    fap60.add_argument("--truth", type=Path, help="folder that takes what lay on the platen as fgp-N.pgm")
    fap60.add_argument("--progress", action="store_true", help="progress of making the person, JSON lines on stderr")
    fap60.add_argument("--stdin", action="store_true", help="take unplug, plug, foot, fault, quit from stdin")
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not (math.isfinite(speed) and 0.05 <= speed <= 100):
        raise argparse.ArgumentTypeError("between 0.05 and 100")
    return speed


def _run(options: argparse.Namespace) -> int:
    person = choose(options.subject, _progress if options.progress else lambda _done, _of: None)
    settings = BenchSettings(options.listen, options.serial, options.speed, options.truth)
    with Bench(settings, person) as bench:
        ready = {"ready": True, "listen": bench.address, "busid": bench.busid, "model": "fap60", "serial": options.serial}
        hands = {"missing": {str(finger): code for finger, code in person.absent.items()}, "lacks": lacks(person)}
        _say(ready | {"subject": person.name, "speed": options.speed} | hands)
        if options.stdin:
            threading.Thread(target=_obey_lines, args=(bench,), name="stdin", daemon=True).start()
        while True:
            signal.pause()


def _obey_lines(bench: Bench) -> None:
    """One word or JSON string or {"do": word} a line; each is answered by a JSON line."""
    words: dict[str, Callable[[], object]] = {
        "unplug": bench.unplug,
        "plug": bench.plug,
        "foot": bench.press_foot_switch,
        "fault": bench.fault,
        "quit": lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM),
    }
    for line in sys.stdin:
        word = _word(line)
        action = words.get(word)
        if action is not None:
            action()
        _say({"did": word} if action is not None else {"unknown": word, "known": sorted(words)})


def _word(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line.strip()
    return str(said.get("do", "")) if isinstance(said, dict) else str(said)


def _progress(done: int, of: int) -> None:
    sys.stderr.write(json.dumps({"progress": "person", "done": done, "of": of}) + "\n")
    sys.stderr.flush()


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
