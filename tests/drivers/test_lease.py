"""Leases: one program at a time has a device, and a program that ends, however it ends, has none."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import Busy, DeviceError
from drivers.lease import Leases

TAKES = """
import subprocess, sys, time
from pathlib import Path
from drivers.lease import Leases
lease = Leases(Path(sys.argv[1]), "livescan core", duration=float(sys.argv[2])).take("LS60-0001")
if sys.argv[3] == "child":
    import os
    os.set_inheritable(lease._fd, True)
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, close_fds=False)
print("taken", flush=True)
sys.stdin.read()
"""


class Program:
    def __init__(self, folder: Path, *, duration: float = 60.0, child: str = "no") -> None:
        command = [sys.executable, "-c", TAKES, str(folder), str(duration), child]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "taken\n"

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.communicate()


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(tmp_path / "leases", "livescan devices")


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "leases")
    yield program
    program.end()


def test_who_has_it_is_said(core: Program, leases: Leases) -> None:
    with pytest.raises(Busy, match=f"LS60-0001 is in use by livescan core \\(process {core.pid}\\) since 20") as caught:
        leases.take("LS60-0001")
    assert f"end process {core.pid}" in caught.value.do
    holder = leases.holder("LS60-0001")
    assert holder is not None
    assert (holder.owner, holder.pid) == ("livescan core", core.pid)
    assert list(leases.held()) == ["LS60-0001"]
    assert leases.holder("LS60-0002") is None
    leases.take("LS60-0002").release()


def test_a_killed_program_has_nothing(core: Program, leases: Leases) -> None:
    core.signal(signal.SIGKILL)
    assert leases.holder("LS60-0001") is None
    lease = leases.take("LS60-0001")
    assert lease.renew()
    lease.release()


def test_a_child_of_a_killed_program_holds_nothing(tmp_path: Path, leases: Leases) -> None:
    program = Program(tmp_path / "leases", child="child")
    program.signal(signal.SIGKILL)
    leases.take("LS60-0001").release()
    program.end()


def test_a_program_that_hangs_loses_it_when_its_time_is_over(tmp_path: Path, leases: Leases) -> None:
    program = Program(tmp_path / "leases", duration=1.0)
    program.signal(signal.SIGSTOP)
    with pytest.raises(Busy):
        leases.take("LS60-0001")
    time.sleep(1.1)
    lease = leases.take("LS60-0001")
    program.signal(signal.SIGCONT)
    assert lease.renew()
    program.end()
    lease.release()


def test_the_one_who_lost_it_finds_out(tmp_path: Path, leases: Leases) -> None:
    first = Leases(tmp_path / "leases", "first", duration=0.0).take("X")
    time.sleep(0.01)
    second = leases.take("X")
    assert not first.renew()
    first.release()
    assert second.renew()
    assert leases.holder("X") is not None
    second.release()
    assert leases.holder("X") is None
    assert not second.renew()


def test_a_process_id_that_is_used_again_is_not_the_holder(leases: Leases, core: Program, tmp_path: Path) -> None:
    path = tmp_path / "leases" / "LS60-0001.lease"
    started = leases.holder("LS60-0001")
    assert started is not None
    text = path.read_text()
    path.write_text(text.replace(f'"started": {started.started}', '"started": 1'))
    leases.take("LS60-0001").release()


def test_one_program_does_not_take_it_twice(leases: Leases) -> None:
    lease = leases.take("X")
    with pytest.raises(Busy, match=f"process {os.getpid()}"):
        leases.take("X")
    lease.release()
    lease.release()
    leases.take("X").release()


def test_a_name_is_no_path(leases: Leases, tmp_path: Path) -> None:
    leases.take("../../{FB0B/9071}").release()
    lease = leases.take("..")
    assert not list(tmp_path.glob("*.lease"))
    assert list(leases.held()) == [".."]
    lease.release()


def test_a_lease_file_in_bytes_of_no_sense_is_free(leases: Leases, tmp_path: Path) -> None:
    (tmp_path / "leases").mkdir()
    (tmp_path / "leases" / "X.lease").write_bytes(b"\xff\x00{")
    assert leases.holder("X") is None
    leases.take("X").release()


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="folder of device leases"):
        Leases(tmp_path / "file" / "leases", "x").take("X")
