"""`livescan run`: core and uplink as two processes, restarted as systemd would (Restart=on-failure, not on 64 and 78)."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent import service
from agent.children import Child, ChildFailed, livescan

_READY_WITHIN = 30.0  # s
_RESTART_AFTER = 2.0  # s, systemd RestartSec of the shipped units
_NO_RESTART = frozenset({0, 64, 78})  # orderly end, usage, configuration: sysexits


class _Stop(Exception):
    """A signal asked us to end."""


def run_station(config: Path) -> None:
    """Returns after SIGTERM or SIGINT. Raises ChildFailed when a part cannot run with this configuration."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _on_signal)
    with tempfile.TemporaryDirectory(prefix="livescan-run-") as directory:
        parts = [
            Child(name, livescan(name, "--config", str(config)), directory=Path(directory), quiet=False) for name in ("core", "uplink")
        ]
        signal.signal(signal.SIGHUP, _passed_on_to(parts))
        try:
            _start(parts)
            while True:
                for part in parts:
                    part.listen(0.2)
                    _tend(part)
        except _Stop:
            service.stopping()
        finally:
            for part in reversed(parts):
                part.stop()


def _start(parts: list[Child]) -> None:
    started = time.monotonic()
    for part in parts:
        part.start()
    for part in parts:
        part.wait_ready(_READY_WITHIN)
    print(f"livescan: ready after {time.monotonic() - started:.2f} s", file=sys.stderr, flush=True)  # noqa: T201
    service.ready("core and uplink run")


def _tend(part: Child) -> None:
    code = part.returncode
    if code is None:
        return
    if code in _NO_RESTART:
        raise ChildFailed(f"The {part.name} ended with status {code} and will not be started again.", do="Read the line it printed above.")
    print(f"livescan: {part.name} ended with status {code}, started again", file=sys.stderr, flush=True)  # noqa: T201
    time.sleep(_RESTART_AFTER)
    part.start()


def _passed_on_to(parts: list[Child]) -> Callable[[int, object], None]:
    def pass_on(signum: int, _frame: object) -> None:
        for part in parts:
            part.signal(signum)

    return pass_on


def _on_signal(_signum: int, _frame: object) -> None:
    raise _Stop
