"""What a station costs that waits: time to ready, memory with and without its worker processes, processor time, the package's size.

Warm: the first start is not counted. The peer is a bare interpreter with the same imports: what no arrangement of ours could beat.
Memory is resident set size, where pages that processes share count in each; proportional size (PSS) counts them once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent.bench.bare import IMPORTS, import_seconds
from agent.bench.figures import Figure
from agent.bench.process_tree import cpu_seconds, pss_mb, rss_mb, started_with, tree
from agent.children import Child, livescan
from agent.errors import LivescanError
from agent.training.program import free_port
from agent.training.site import TrainingSite

READY_TARGET = 1.5  # s
ALONE_TARGET, POOL_TARGET = 200.0, 450.0  # MB, core and uplink, without and with their workers
CPU_TARGET = 1.0  # % of one core
PACKAGE_TARGET = 160.0  # MB
_SETTLES = 10.0  # s until workers are warm and first looks are over
_OWN_RSS = IMPORTS + "; print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')][0])"

Tell = Callable[[str], None]


def measure(runs: int, idle: float, package: Path | None, tell: Tell) -> list[Figure]:
    """`runs` counted starts; `idle`: s over which processor time is taken. package: a .deb, or None. Raises LivescanError."""
    ready, bare = [], []
    with tempfile.TemporaryDirectory(prefix="livescan-bench-") as folder:
        config = _station(TrainingSite(Path(folder)))
        for number in range(runs + 1):
            tell(f"start {number} of {runs}" if number else "warming up")
            ready.append(_ready_seconds(config))
            bare.append(import_seconds())
        tell(f"idle for {idle:.0f} s")
        waiting = _waiting(config, idle)
    figures = [
        Figure("livescan run, start to ready, warm", "s", tuple(took for took, _ in ready[1:]), READY_TARGET),
        Figure("processor time until then, both processes", "s", tuple(used for _, used in ready[1:])),
        Figure("peer: bare interpreter, the same imports", "s", tuple(bare[1:])),
        *waiting,
        Figure("peer: bare interpreter, the same imports, resident", "MB", (_import_mb(),)),
    ]
    if package is not None:
        figures.append(Figure("Debian package", "MB", (package.stat().st_size / 1e6,), PACKAGE_TARGET))
    return figures


def _waiting(config: Path, idle: float) -> list[Figure]:
    """Of a station to which nothing happens, its broker absent."""
    with tempfile.TemporaryDirectory() as folder:
        child = Child("run", livescan("run", "--config", str(config)), directory=Path(folder))
        child.start()
        try:
            child.wait_ready(60.0)
            time.sleep(_SETTLES)
            everything = tree(child.pid) - {child.pid}
            core, uplink = (started_with(child.pid, "agent.cli", name, "--config") for name in ("core", "uplink"))
            if core is None or uplink is None:
                raise LivescanError("Core or uplink is not there, so it has no figures.")
            before, began = cpu_seconds(everything), time.monotonic()
            time.sleep(idle)
            used = 100 * (cpu_seconds(everything) - before) / (time.monotonic() - began)
            return [
                Figure("core and uplink, idle, resident, without workers", "MB", (rss_mb((core, uplink)),), ALONE_TARGET),
                Figure("core alone", "MB", (rss_mb((core,)),)),
                Figure("uplink alone", "MB", (rss_mb((uplink,)),)),
                Figure("core, uplink and warm workers, idle, resident", "MB", (rss_mb(everything),), POOL_TARGET),
                Figure("the same, shared pages counted once", "MB", (pss_mb(everything),)),
                Figure("processor time of all of them, idle", "% of one core", (used,), CPU_TARGET),
            ]
        finally:
            child.stop()


def _ready_seconds(config: Path) -> tuple[float, float]:
    """Until ready, by the clock and of processor time: the second says what it costs on a machine that has other work."""
    with tempfile.TemporaryDirectory() as folder:
        child = Child("run", livescan("run", "--config", str(config)), directory=Path(folder))
        started = time.monotonic()
        child.start()
        try:
            child.wait_ready(60.0)
            return time.monotonic() - started, cpu_seconds(tree(child.pid))
        finally:
            child.stop()


def _import_mb() -> float:
    return int(subprocess.run([sys.executable, "-c", _OWN_RSS], check=True, capture_output=True, text=True).stdout) / 1024


def _station(site: TrainingSite) -> Path:
    """A training station with keys, and nothing behind its broker's port: ready does not wait for the link."""
    site.make_keys()
    site.port = free_port()
    site.write_settings()
    return site.config
