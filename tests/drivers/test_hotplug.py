"""Arrival and departure below an unmodified libusb to which nobody sends udev's messages, as in the core's network namespace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.uevents import PlugEvents
from tests.data import need_debian, testdata

SERIAL = "{FB0B9071-2E08-7742-BC16-2FAA247CEF66}"
SCRIPT = Path(__file__).with_name("umockdev_hotplug.py")


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    run = need_debian("umockdev", "umockdev-run")
    device = testdata("usb-recordings/uru4000-4500/device")
    done = subprocess.run(
        [run, "-d", str(device), "--", sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=SCRIPT.parents[2],
        env={"PYTHONPATH": str(SCRIPT.parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_context_that_lives_on_never_sees_what_is_plugged_in_later(said: dict[str, Any]) -> None:
    assert said["seen by a context that lives on"] is False


def test_each_look_sees_what_is_there_now(said: dict[str, Any]) -> None:
    assert (said["at first"], said["unplugged"], said["plugged in again"]) == ([SERIAL], [], [SERIAL])


def test_arrival_and_departure_are_waited_for(said: dict[str, Any]) -> None:
    assert said["arrived"] == SERIAL
    assert said["arrival ms"] < 500
    assert said["departed"] is True
    assert "within 0.3 seconds" in said["gone"]


def test_looking_for_ever_leaves_nothing_behind(said: dict[str, Any]) -> None:
    before, after = said["before"], said["after"]
    assert after["fds"] == before["fds"]
    assert after["threads"] == before["threads"]
    assert after["kib"] - before["kib"] < 1024


@pytest.mark.skipif(not os.access("/sys/class/tty/tty/uevent", os.W_OK), reason="needs the right to write to /sys/class/tty (root)")
def test_the_kernels_word_ends_a_wait() -> None:
    with PlugEvents() as plugged:
        assert not plugged.wait(0.05)
        subprocess.Popen(["sh", "-c", "sleep 0.1; echo change > /sys/class/tty/tty/uevent"])
        began = time.monotonic()
        assert plugged.wait(3.0)
        assert time.monotonic() - began < 1.0


def test_without_the_socket_a_wait_is_a_sleep() -> None:
    plugged = PlugEvents()
    plugged.close()
    began = time.monotonic()
    assert not plugged.wait(0.1)
    assert 0.1 <= time.monotonic() - began < 0.5
