"""Telling the service manager how we are: systemd's notification protocol (sd_notify(3)), a datagram of KEY=VALUE lines.

`livescan run` reads the same datagrams from its children, so a process is started in one way everywhere. The watchdog of systemd
(sd_watchdog_enabled(3)) is fed while every part of the process reports.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping

from agent.log_events import LogEvent, about

log = logging.getLogger(__name__)

_TELL_EVERY = 5.0  # s
_LISTENS_WITHIN = 1.0  # s; whoever is told may be busy, and its queue full (ten datagrams, unix(7))


def notify(*lines: str) -> bool:
    """Send lines such as 'READY=1' or 'STATUS=…'. False when nobody asked to be told, or whoever asked does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(_LISTENS_WITHIN)
        try:
            sock.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
    return True


def ready(status: str) -> None:
    notify("READY=1", f"STATUS={status}")


def status(text: str) -> None:
    notify(f"STATUS={text}")


def stopping() -> None:
    notify("STOPPING=1")


def reloading() -> None:
    """New settings are being taken up; READY=1 ends it."""
    notify("RELOADING=1")


def watchdog_period(environment: Mapping[str, str] | None = None) -> float | None:
    """s within which WATCHDOG=1 must come (sd_watchdog_enabled(3)); None when nobody watches this process."""
    said = os.environ if environment is None else environment
    try:
        meant = int(said.get("WATCHDOG_PID", str(os.getpid()))) == os.getpid()
        period = int(said["WATCHDOG_USEC"]) / 1e6
    except (KeyError, ValueError):
        return None
    return period if meant and period > 0 else None


Probe = Callable[[], Awaitable[object]]  # returns when the part has done something, however small; what it raises counts as silence


class Watchdog:
    """Fed only while every part has reported within the time that is allowed to it.

    Each part is probed again and again in a task of its own, so that one that hangs is found by name and does not keep the others from
    being asked. The feeding itself is done by the loop that does the work: a loop that hangs feeds nothing.
    """

    def __init__(self, parts: Mapping[str, Probe], period: float, *, now: Callable[[], float] = time.monotonic) -> None:
        """period: s that the service manager allows."""
        self._parts = parts
        self._period = period
        self._now = now
        self._seen = dict.fromkeys(parts, now())
        self._silent: tuple[str, ...] = ()

    @property
    def silent(self) -> tuple[str, ...]:
        """The parts that have not reported within two thirds of the period."""
        late = self._now() - self._period * 2 / 3
        return tuple(name for name, at in self._seen.items() if at < late)

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        async with asyncio.TaskGroup() as group:
            for name in self._parts:
                group.create_task(self._ask(name))
            while True:
                self._feed()
                await asyncio.sleep(self._period / 6)

    def _feed(self) -> None:
        silent = self.silent
        if silent and silent != self._silent:
            log.error(
                "watchdog: no word from %s; if it stays silent this process is ended and started again",
                ", ".join(silent),
                extra=about(LogEvent.PART_SILENT),
            )
        self._silent = silent
        if not silent:
            notify("WATCHDOG=1")

    async def _ask(self, name: str) -> None:
        while True:
            with contextlib.suppress(Exception):
                await self._parts[name]()
                self._seen[name] = self._now()
            await asyncio.sleep(self._period / 6)


async def watch(parts: Mapping[str, Probe]) -> None:
    """Feed the watchdog for ever, where there is one; else wait for ever."""
    period = watchdog_period()
    if period is None:
        await asyncio.Event().wait()
    else:
        await Watchdog(parts, period).run()


async def tell(words: Callable[[], str]) -> None:
    """Say for ever how we are (`systemctl status`), each time that it changes."""
    said = ""
    while True:
        if (now := words()) != said:
            said = now
            status(now)
        await asyncio.sleep(_TELL_EVERY)
