"""What a process and everything it started has used, from /proc (Linux)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LOOK_EVERY = 0.2  # s


def tree(root: int) -> set[int]:
    """A process and its descendants."""
    parents = dict(_parents())
    found, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return found


def started_with(root: int, *words: str) -> int | None:
    """The descendant whose command line has all these words."""
    for pid in sorted(tree(root) - {root}):
        with suppress(OSError):
            line = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
            if all(word.encode() in line for word in words):
                return pid
    return None


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time, user and system, of those that are alive."""
    ticks = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_rss_mb(pids: Iterable[int]) -> float:
    """The sum of each one's own peak: at least what they had at one time. Pages that they share count in each."""
    return _summed_mb(pids, "status", "VmHWM:")


def rss_mb(pids: Iterable[int]) -> float:
    """What is in memory now. Pages that they share count in each."""
    return _summed_mb(pids, "status", "VmRSS:")


def pss_mb(pids: Iterable[int]) -> float:
    """What is in memory now, each page divided among those that share it."""
    return _summed_mb(pids, "smaps_rollup", "Pss:")


class Highest:
    """The most that a process and its descendants had in memory at one time: looked at five times a second by a thread."""

    def __init__(self, root: Callable[[], int | None]) -> None:
        self.mb = 0.0  # pages that they share count in each
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="highest", daemon=True)

    def __enter__(self) -> Highest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            if (root := self._root()) is not None:
                self.mb = max(self.mb, rss_mb(tree(root)))


def _summed_mb(pids: Iterable[int], file: str, row: str) -> float:
    kilobytes = 0
    for pid in pids:
        with suppress(OSError):
            for line in (_PROC / str(pid) / file).read_text().splitlines():
                if line.startswith(row):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def _parents() -> Iterable[tuple[int, int]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
