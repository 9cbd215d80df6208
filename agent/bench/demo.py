"""How long a station takes to be ready, and how long the whole demo takes. Warm: the first run of each is not counted.

The peer of the start-up figure is the bare interpreter (bare.py).
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent.bench.bare import import_seconds
from agent.bench.figures import Figure
from agent.children import Child, livescan
from agent.errors import LivescanError
from agent.training.program import free_port
from agent.training.site import TrainingSite

READY_TARGET = 3.0  # s, `livescan run` to ready, warm
DEMO_TARGET = 60.0  # s, on two cores

Tell = Callable[[str], None]


def measure(runs: int, tell: Tell) -> list[Figure]:
    """`runs` counted runs of each figure. Raises LivescanError when a run fails."""
    with tempfile.TemporaryDirectory(prefix="livescan-bench-") as folder:
        config = _station(TrainingSite(Path(folder)))
        ready = _repeat(runs, "livescan run to ready", lambda: _ready_seconds(config), tell)
        bare = _repeat(runs, "bare imports", import_seconds, tell)
    demo = _repeat(runs, "livescan demo", _demo_seconds, tell)
    return [
        Figure("livescan run, start to ready", "s", ready, READY_TARGET),
        Figure("peer: bare interpreter, the same imports", "s", bare),
        Figure("livescan demo --once, whole process", "s", demo, DEMO_TARGET),
    ]


def _repeat(runs: int, what: str, once: Callable[[], float], tell: Tell) -> tuple[float, ...]:
    tell(f"{what}: warming up")
    once()
    values = []
    for number in range(1, runs + 1):
        values.append(once())
        tell(f"{what}: run {number} of {runs}: {values[-1]:.2f} s")
    return tuple(values)


def _ready_seconds(config: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        child = Child("run", livescan("run", "--config", str(config)), directory=Path(folder))
        started = time.monotonic()
        child.start()
        try:
            child.wait_ready(30.0)
            return time.monotonic() - started
        finally:
            child.stop()


def _demo_seconds() -> float:
    started = time.monotonic()
    done = subprocess.run(livescan("demo", "--once", "--json"), capture_output=True, text=True, check=False)
    took = time.monotonic() - started
    if done.returncode != 0 or not json.loads(done.stdout)["ok"]:
        raise LivescanError("The demo failed, so it has no time.", do="Run `livescan demo` and read its last line.")
    return took


def _station(site: TrainingSite) -> Path:
    """A training station with keys, and nothing behind its broker's port: ready does not wait for the link."""
    site.make_keys()
    site.port = free_port()
    site.write_settings()
    return site.config
