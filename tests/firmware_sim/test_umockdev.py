"""L2: unmodified libusb, and unmodified libfprint on it, drive our simulators through an emulated usbfs.

Debian packages: umockdev, python3-gi, gir1.2-umockdev-1.0, gir1.2-fprint-2.0, libusb-1.0-0.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware_sim.bench import Bench, BenchSettings
from firmware_sim.hosts.control import ControlServer
from firmware_sim.models.uru4500 import Uru4500
from firmware_sim.orders import Orders, read_order
from firmware_sim.subject import file
from firmware_sim.subject.person import Person
from tests.data import need_debian, need_gi, testdata

HERE = Path(__file__).parent
BRIDGE = HERE.parent.parent / "firmware_sim" / "hosts" / "umockdev_bridge.py"
pytestmark = pytest.mark.xdist_group("umockdev")

Run = Callable[..., dict[str, Any]]


def bridged(bench: Bench, *command: str) -> dict[str, Any]:
    """Run a program of ours in the testbed; the last line that it says."""
    need_debian("umockdev", "umockdev-run")
    python = need_gi("gir1.2-umockdev-1.0", "UMockdev", "1.0")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    if command[0] == python:
        environment.pop("PYTHONPATH")
    done = subprocess.run(
        [python, str(BRIDGE), "--usbip", bench.address, "--", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads([line for line in done.stdout.splitlines() if '"plugged"' not in line[:12]][-1]))


@pytest.fixture
def run(bench: Bench, tmp_path: Path) -> Iterator[Run]:
    orders = Orders(bench, lambda: None)
    server = ControlServer(tmp_path / "control", lambda line: orders.obey(read_order(line)))
    yield lambda work: bridged(bench, sys.executable, str(HERE / "umockdev_pyusb.py"), work, str(server.path))
    server.close()


def test_transfers_of_every_kind_and_their_errors(run: Run, bench: Bench):
    said = run("transfers")
    assert said["strings"] == ["LIVESCAN", "FAP60 (simulated)", "LS60-0001"]
    assert (said["timeout"], said["stall"]) == (errno.ETIMEDOUT, errno.EPIPE)
    assert said["event"] == "EV"
    assert said["frame"][0] == "LSF1"
    assert said["frame"][2] is True
    assert said["written"] == 32


def test_halt_is_cleared_and_a_reset_configures_again(run: Run):
    assert run("halts") == {"halted": errno.EPIPE, "again": "LSF1", "state after reset": 1}


def test_interface_belongs_to_one_file_at_a_time(run: Run):
    assert run("claims") == {"busy": errno.EBUSY}


def test_discarded_request_is_the_one_that_was_meant(run: Run):
    """By its pointer: the younger of two is taken back first."""
    said = run("discards")
    (long_code, long_s), (short_code, short_s) = said["ended"]["long"], said["ended"]["short"]
    assert (long_code, short_code) == (errno.ETIMEDOUT, errno.ETIMEDOUT)
    assert short_s < 0.8 <= long_s
    assert said["event after"] == "EV"


def test_program_killed_inside_an_ioctl_leaves_nothing_behind(run: Run):
    assert run("killed") == {"ended": [[0, "EV"]] * 12}


def test_unplugged_and_back_with_another_address(run: Run):
    said = run("unplugs")
    assert (said["blocked"], said["later"]) == (errno.ENODEV, errno.ENODEV)
    assert said["ms"] < 500
    assert (said["gone"], said["back"], said["serial"]) == (True, True, "LS60-0001")
    assert said["address"] == 3


@pytest.fixture(scope="module")
def card() -> Person:
    return file.load(testdata("prints/nist/type-4-tpcard.an2"))


@pytest.fixture
def reader(card: Person, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield stack.enter_context(Bench(BenchSettings(f"unix:{tmp_path}/u.sock", model="uru4500", speed=2), card))


def test_libfprint_takes_the_picture_that_lies_there(reader: Bench, tmp_path: Path):
    """Equal but for what the format loses: one line that is not sent, and the last pixel of each scrambled block."""
    python = need_gi("gir1.2-fprint-2.0", "FPrint", "2.0")
    said = bridged(reader, python, str(HERE / "umockdev_fprint.py"), str(tmp_path / "picture"))
    assert (said["driver"], said["size"]) == ("uru4000", [384, 290])
    assert isinstance(reader.scanner, Uru4500)
    assert reader.scanner.sent is not None
    seen = np.frombuffer((tmp_path / "picture").read_bytes(), np.uint8).reshape(290, 384)
    assert (seen != reader.scanner.sent).sum() <= 384 + 4
