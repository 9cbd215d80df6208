"""What the service manager hears of us, and the sockets that it hands over."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent import service
from agent.service import Watchdog, watchdog_period
from agent.sockets import by_door, handed


class Heard:
    """A notification socket in the service manager's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._sock.bind(str(folder / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))

    def lines(self) -> list[str]:
        found: list[str] = []
        while True:
            try:
                found += self._sock.recv(4096).decode().splitlines()
            except BlockingIOError:
                return found


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(tmp_path, monkeypatch)


async def _reports() -> None:
    return


async def _hangs() -> None:
    await asyncio.Event().wait()


async def _fails() -> None:
    raise OSError("the disk is gone")


async def _run_for(watchdog: Watchdog, seconds: float) -> None:
    task = asyncio.create_task(watchdog.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_the_watchdog_is_fed_while_every_part_reports(heard: Heard) -> None:
    asyncio.run(_run_for(Watchdog({"database": _reports, "disk": _reports}, 0.3), 0.35))
    assert heard.lines().count("WATCHDOG=1") >= 4


@pytest.mark.parametrize("part", [_hangs, _fails])
def test_one_part_that_hangs_or_fails_starves_the_watchdog_and_is_named(
    part: service.Probe, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [0.0]
    watchdog = Watchdog({"database": part, "disk": _reports}, 0.3, now=lambda: clock[0])

    async def run() -> None:
        task = asyncio.create_task(watchdog.run())
        await asyncio.sleep(0.1)
        heard.lines()
        clock[0] = 100.0  # the disk reports once more, the database does not
        await asyncio.sleep(0.15)
        heard.lines()  # what was fed before the new time was seen
        await asyncio.sleep(0.15)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert "WATCHDOG=1" not in heard.lines()
    assert watchdog.silent == ("database",)
    assert "no word from database;" in caplog.text


def test_a_service_manager_that_does_not_listen_holds_nobody_up(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_LISTENS_WITHIN", 0.01)
    assert not all(service.notify("STATUS=still here") for _ in range(100))


def test_a_loop_that_hangs_feeds_nothing(heard: Heard) -> None:
    async def run() -> None:
        task = asyncio.create_task(Watchdog({}, 0.06).run())
        await asyncio.sleep(0.05)
        heard.lines()
        subprocess.run(["sleep", "0.2"], check=True)  # blocks the loop
        assert heard.lines() == []
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("environment", "period"),
    [
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "rubbish"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_period_is_the_one_that_is_meant_for_this_process(environment: dict[str, str], period: float | None) -> None:
    assert watchdog_period(environment) == period


RECEIVER = """
import os, socket, sys
os.environ["LISTEN_PID"] = str(os.getpid()) if sys.argv[1] == "mine" else "1"
os.environ["LISTEN_FDS"], os.environ["LISTEN_FDNAMES"] = "3", "core:other:core"
from agent.sockets import by_door, handed
paths, ports = by_door(handed("core"))
print(len(paths), len(ports), len(handed("other")), [os.get_inheritable(s.fileno()) for s in (*paths, *ports)])
"""


@pytest.mark.parametrize(("whose", "said"), [("mine", "1 1 1 [False, False]"), ("of another process", "0 0 0 []")])
def test_sockets_of_the_service_manager_are_taken_by_name_and_only_when_they_are_ours(whose: str, said: str, tmp_path: Path) -> None:
    listening = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX), socket.create_server(("127.0.0.1", 0))]
    for n, one in enumerate(listening[:2]):
        one.bind(str(tmp_path / f"{n}.sock"))

    def as_systemd_does() -> None:
        for n, one in enumerate(listening):
            os.dup2(one.fileno(), 10 + n)
        for n in range(3):
            os.dup2(10 + n, 3 + n)

    done = subprocess.run(
        [sys.executable, "-c", RECEIVER, whose],
        capture_output=True,
        text=True,
        close_fds=False,
        preexec_fn=as_systemd_does,
        check=False,
    )
    assert done.stdout.strip() == said, done.stderr


def test_without_a_service_manager_no_socket_is_handed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LISTEN_PID", raising=False)
    assert by_door(handed("core")) == ([], [])
