"""What the bench makes of a booking's events, and of /proc."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agent.bench.capture import Watched
from agent.bench.process_tree import Highest, cpu_seconds, peak_rss_mb, rss_mb, started_with, tree


def heard(*events: tuple[float, str, dict[str, object]]) -> Watched:
    watched = Watched()
    for at, kind, what in events:
        watched.hear(kind, what, at)
    return watched


def state(at: float, fgp: int, state: str) -> tuple[float, str, dict[str, object]]:
    return at, "capture", {"fgp": fgp, "state": state}


def test_a_verdict_lasts_from_the_trigger_to_what_comes_of_it() -> None:
    watched = heard(
        state(1.0, 13, "taking"),
        state(1.1, 13, "checking"),
        (1.5, "impression", {}),
        state(1.5, 14, "await lift"),
        state(3.0, 14, "taking"),
        state(3.2, 14, "await lift"),
        state(4.0, 14, "taking"),
        state(4.4, 14, "ask officer"),
    )
    assert watched.verdicts == {13: [pytest.approx(500)], 14: [pytest.approx(200), pytest.approx(400)]}


def test_the_last_verdict_of_a_booking_counts_too() -> None:
    watched = heard(state(1.0, 10, "taking"), (1.3, "captured", {}))
    assert watched.verdicts == {10: [pytest.approx(300)]}


def test_a_process_and_what_it_started_are_found_and_measured() -> None:
    inner = [sys.executable, "-c", "import time; time.sleep(30)", "the-inner-one"]
    outer = f"import subprocess; print('up', flush=True); subprocess.run({inner!r})"
    with subprocess.Popen([sys.executable, "-c", f"print; {outer}"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = None
        while found is None:
            found = started_with(process.pid, "the-inner-one")
        assert {process.pid, found} <= tree(process.pid)
        assert os.getpid() not in tree(process.pid)
        assert peak_rss_mb([process.pid]) > 1
        assert cpu_seconds([os.getpid()]) > 0
        os.kill(found, 9)


def test_processes_that_have_gone_count_nothing() -> None:
    assert (cpu_seconds([2**22 + 1]), peak_rss_mb([2**22 + 1])) == (0.0, 0.0)


def test_what_was_had_at_one_time_is_not_the_sum_of_what_each_had_once() -> None:
    """A child that takes 60 MB and ends, then another: never both. Their parent is small: what it is forked from counts a moment too."""
    child = "import time; data = b'x' * 60_000_000; time.sleep(0.7)"
    parent = (
        f"import subprocess, sys\nfor _ in range(2): subprocess.run([sys.executable, '-c', {child!r}])\nprint(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with Highest(lambda: process.pid) as highest:
            process.stdout.readline()
        alone = rss_mb([process.pid])
        process.stdin.close()
    assert alone + 60 < highest.mb < alone + 115
