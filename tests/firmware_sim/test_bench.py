"""`python -m firmware_sim` as a person or a script starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.firmware_sim.test_an2 import encoded, type_1, type_4
from tests.firmware_sim.usbip_client import Client, Refused, devlist

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []
    subject = tmp_path / "subject.an2"
    subject.write_bytes(type_1([4]) + type_4(2, 1, 90, 70, encoded("raw")))

    def begin(*more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "firmware_sim", "fap60", "--listen", f"unix:{tmp_path}/s", "--subject", str(subject), *more]
        pipe = subprocess.PIPE
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        running.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_then_a_clean_end(start: Start, tmp_path: Path, number: signal.Signals):
    process = start("--serial", "LS60-0042", "--speed", "2")
    ready = said(process)
    assert ready["ready"] is True
    assert (ready["listen"], ready["serial"], ready["busid"]) == (f"unix:{tmp_path}/s", "LS60-0042", "1-1")
    with Client(str(ready["listen"])) as client:
        assert client.control_in(0x80, 6, 0x0303, 0x0409, 255).data[2:].decode("utf-16-le") == "LS60-0042"
        process.send_signal(number)
        assert process.wait(10) == 0
    assert not (tmp_path / "s").exists()
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_engineer_unplugs_and_plugs_by_stdin(start: Start):
    process = start("--stdin")
    address = str(said(process)["listen"])
    assert process.stdin is not None
    for line, left in (("unplug", 0), ('{"do": "plug"}', 1), ('"unplug"', 0)):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        assert "did" in said(process)
        assert devlist(address)[0] == left
    with pytest.raises(Refused):
        Client(address)
    process.stdin.write("explode\nquit\n")
    process.stdin.flush()
    assert said(process)["unknown"] == "explode"
    assert process.wait(10) == 0


@pytest.mark.parametrize("more", [("--subject", "/nowhere/none.an2"), ("--listen", "tcp:0.0.0.0:0"), ("--subject", "/etc/passwd")])
def test_what_cannot_be_is_one_line_and_exit_1(start: Start, more: tuple[str, ...]):
    process = start(*more)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1)
    assert "Traceback" not in err
