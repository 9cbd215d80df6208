"""The narrow link under a serial driver: open, read, write, let go. pyserial's exceptions become ours here and nowhere else.

    what pyserial raises                     means                      becomes
    errno 2, 6, 19; errno 5 on any call      no such port, hung up      Gone
    "readiness to read but returned no data" hung up                    Gone
    errno 16, 11 ("exclusively lock")        another program has it     Busy
    errno 13, 1                              no permission              Refused
    other                                                               DeviceError

A pulled cable means the same as over USB: Gone. A pty and a ttyACM give the same errors (measured).
"""

from __future__ import annotations

import errno
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import serial

from drivers.errors import Busy, DeviceError, Gone, Refused, Timeout

TICK = 0.05  # s; the longest that one read blocks
WRITE_TIMEOUT = 1.0  # s
CHUNK = 4096  # bytes
DRAIN_MOST = 1 << 20  # bytes thrown away before a line that is never quiet is given up


class SerialLink:
    """One open port, 8N1. One thread at a time reads; every call blocks at most its deadline."""

    def __init__(self, port: str, baud: int) -> None:
        """`port`: a device path, or a URL of pyserial's. Raises Gone, Busy, Refused."""
        self.port = port
        self.baud = baud
        with _translated(port):
            self._serial = serial.serial_for_url(port, baud, timeout=TICK, write_timeout=WRITE_TIMEOUT, **_exclusive(port))

    @property
    def hung_up(self) -> bool:
        """Whether the other end has gone, asked without reading."""
        try:
            fd = self._serial.fileno()
        except (OSError, AttributeError, ValueError):  # not a file, or closed
            return not self._serial.is_open
        poll = select.poll()
        poll.register(fd, 0)
        return bool(poll.poll(0))

    def read(self, size: int, timeout: float) -> bytes:
        """What has come, at most `size` bytes, as soon as anything has; b"" when nothing has within the timeout (s). Raises Gone."""
        deadline = time.monotonic() + timeout
        with _translated(self.port):
            while True:
                first = self._serial.read(1)
                if first:
                    return bytes(first) + bytes(self._serial.read(min(size - 1, self._serial.in_waiting)))
                if time.monotonic() >= deadline:
                    return b""

    def write(self, data: bytes) -> None:
        """Raises Gone, Timeout."""
        with _translated(self.port):
            self._serial.write(data)

    def drain(self, quiet: float, most: float) -> int:
        """Throw away what comes until nothing has come for `quiet` s; returns how many. Raises Timeout when it never is."""
        deadline = time.monotonic() + most
        dropped = 0
        while data := self.read(CHUNK, quiet):
            dropped += len(data)
            if dropped > DRAIN_MOST or time.monotonic() > deadline:
                raise Timeout(f"The device on {self.port} does not stop sending.", do="Unplug it and plug it in.")
        return dropped

    def set_baud(self, baud: int) -> None:
        with _translated(self.port):
            self._serial.baudrate = baud
        self.baud = baud

    def close(self) -> None:
        """Never raises."""
        try:
            self._serial.close()
        except (OSError, termios.error):
            return  # it is gone, and with it what was held


def _exclusive(port: str) -> dict[str, bool]:
    """A second program is refused where a port is a file."""
    return {} if "://" in port else {"exclusive": True}


@contextmanager
def _translated(port: str) -> Iterator[None]:
    try:
        yield
    except serial.SerialTimeoutException as error:
        raise Timeout(f"The device on {port} takes no data.") from error
    except (OSError, termios.error) as error:  # SerialException is an OSError
        raise _ours(port, error) from error


_GONE = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO, errno.EBADF})


def _ours(port: str, error: Exception) -> DeviceError:
    number = getattr(error, "errno", None) or (error.args[0] if error.args and isinstance(error.args[0], int) else None)
    text = str(error)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
        return Busy(f"Another program uses the port {port}.")
    if number in (errno.EACCES, errno.EPERM):
        return Refused(
            f"This user may not open the port {port}.", do="Install the udev rule that comes with the program, and plug it in again."
        )
    if number in _GONE or "returned no data" in text or "write failed" in text or "not open" in text:
        return Gone(f"There is no device on {port} any more.")
    return DeviceError(f"The port {port} cannot be used ({type(error).__name__}, error {number}).")
