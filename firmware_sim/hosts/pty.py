"""A serial device at the end of a pseudo-terminal: paced as its baud rate says, garbled where the host has set another."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import struct
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path

from firmware_sim.core.uart import BITS, SerialFunction, heard
from firmware_sim.hosts.listening import ListenError

_TCGETS2, _TERMIOS2 = 0x802C542A, struct.Struct("<4IB19sII")  # include/uapi/asm-generic/termbits.h: the speeds as numbers
LATEST = 0.005  # s of sent bytes that are written at once
PREFIX = "pty:"


def host_baud(master: int) -> int:
    """What the program at the other end has set."""
    return int(_TERMIOS2.unpack(fcntl.ioctl(master, _TCGETS2, bytes(_TERMIOS2.size)))[7])


class PtyHost:
    """`address` is pty:/path, a link to the terminal that a driver opens; pty: alone names the terminal itself."""

    def __init__(self, function: SerialFunction, address: str, speed: float = 1.0) -> None:
        """Raises ListenError."""
        if not address.startswith(PREFIX):
            raise ListenError(f"'{address}' is no address of a serial device: use pty:/path.")
        self.function = function
        self.lock = threading.Condition(threading.RLock())
        self.bend: Callable[[bytes], list[bytes]] = lambda unit: [unit]  # what becomes of a packet or line on its way to the host
        self.baud: int | None = None  # the device speaks at this speed whatever it says
        self._link = Path(address.removeprefix(PREFIX)) if address != PREFIX else None
        self._speed = speed
        self._ends: tuple[int, int] | None = None
        self._queue: deque[bytes] = deque()
        self._free_at = 0.0  # s, monotonic: when the line has sent what was given to it
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="pty", daemon=True)
        function.attach(self._send)
        self._open()

    @property
    def address(self) -> str:
        assert self._ends is not None, "the device is plugged in"
        return f"{PREFIX}{self._link or os.ttyname(self._ends[1])}"

    @property
    def plugged(self) -> bool:
        return self._ends is not None

    def start(self) -> None:
        with self.lock:
            self.function.reset()
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self.wake()
        self._thread.join(5)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def unplug(self) -> None:
        """Pull the cable: the host's reads and writes fail."""
        with self.lock:
            if self._ends is None:
                return
            ends, self._ends = self._ends, None
            self._queue.clear()
            if self._link is not None:
                self._link.unlink(missing_ok=True)
            for end in ends:
                os.close(end)
        if not self._stopping:
            self.wake()

    def plug(self) -> None:
        with self.lock:
            if self._ends is None:
                self._open()
                self.function.reset()
        self.wake()

    def wake(self) -> None:
        """Something has happened that the thread must see."""
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _open(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        if self._link is not None:
            try:
                if self._link.is_symlink():
                    self._link.unlink()
                self._link.symlink_to(os.ttyname(slave))
            except OSError as error:
                raise ListenError(f"Cannot make {self._link}: {error.strerror or error}.") from error

    def _send(self, data: bytes) -> None:
        self._queue.extend(self.bend(data))
        self.wake()

    def _run(self) -> None:
        while not self._stopping:
            with self.lock:
                wait = self._step()
                master = self._ends[0] if self._ends else None
            watched = [self._wake_read] + ([master] if master is not None else [])
            try:
                ready = select.select(watched, [], [], wait)[0]
            except (OSError, ValueError):  # the terminal was closed meanwhile
                continue
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if master is not None and master in ready:
                self._receive(master)

    def _step(self) -> float | None:
        waits = [self.function.step(), self._write()] if self._ends else [None]
        known = [wait for wait in waits if wait is not None]
        return min(known) if known else None

    def _receive(self, master: int) -> None:
        with self.lock:
            if self._ends is None or self._ends[0] != master:
                return
            try:
                data = os.read(master, 4096)
                self.function.feed(heard(data, host_baud(master), self.baud or self.function.baud))
            except OSError as error:
                if error.errno not in (errno.EIO, errno.EAGAIN):
                    raise

    def _write(self) -> float | None:
        """Write what the line has had time for; seconds until there is time for more."""
        now = time.monotonic()
        while self._queue and self._ends is not None:
            if self._free_at > now + LATEST:
                return self._free_at - now
            room = max(1, int(self.function.baud / BITS * LATEST * self._speed))
            data = self._queue.popleft()
            if len(data) > room:
                self._queue.appendleft(data[room:])
                data = data[:room]
            self._free_at = max(self._free_at, now) + len(data) * BITS / self.function.baud / self._speed
            self._put(self._ends[0], heard(data, self.baud or self.function.baud, host_baud(self._ends[0])))
        return None

    @staticmethod
    def _put(master: int, data: bytes) -> None:
        """A host that never reads loses bytes, as on a real line."""
        with contextlib.suppress(BlockingIOError):
            os.write(master, data)
