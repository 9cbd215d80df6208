"""The far end of a serial line: a pty, and a thread that answers what the test tells it. Shares no codec with the drivers."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import termios
import threading
import time
import tty
from collections.abc import Callable

BAUDS = {getattr(termios, f"B{rate}"): rate for rate in (9600, 19200, 38400, 57600, 115200)}


class ScriptedLine:
    """Calls `heard` in its own thread with what came. No thread ever blocks in a read of the pty, so that it can be unplugged."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        self._stop = threading.Event()
        self.heard: Callable[[bytes], None] = lambda _: None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def baud(self) -> int:
        """The client's."""
        return BAUDS.get(termios.tcgetattr(self._master)[4], 0)

    def say(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            while data and not self._stop.is_set():
                data = data[os.write(self._master, data) :]

    def unplug(self) -> None:
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            os.close(self._master)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        while not self._stop.is_set():
            if any(event & select.POLLIN for _, event in poll.poll(20)):
                with contextlib.suppress(OSError):  # EIO while no client has it open
                    self.heard(os.read(self._master, 4096))
            else:
                time.sleep(0.001)
