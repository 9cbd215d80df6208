"""The kernel's word that something was plugged in or pulled: only ever a reason to look now instead of a little later.

Kernel messages (group 1) come also where udev's (group 2) do not, in a network namespace of its own (measured). Where the socket cannot be
had, a wait is a sleep.
"""

from __future__ import annotations

import select
import socket
import time
from types import TracebackType

NETLINK_KOBJECT_UEVENT = 15  # linux/netlink.h
KERNEL_GROUP = 1
SUBSYSTEMS = (b"SUBSYSTEM=usb\0", b"SUBSYSTEM=tty\0")


class PlugEvents:
    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)
            self._socket.bind((0, KERNEL_GROUP))
            self._socket.setblocking(False)
        except OSError:
            self.close()

    def wait(self, timeout: float) -> bool:
        """At most `timeout` s; True as soon as something of USB or serial came or went."""
        if self._socket is None:
            time.sleep(timeout)
            return False
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0] and self._tells():
                return True
        return False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> PlugEvents:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _tells(self) -> bool:
        """Read all that has come. A full queue (ENOBUFS) says that much has."""
        found = False
        try:
            while self._socket is not None:
                message = self._socket.recv(8192) + b"\0"
                found = found or any(name in message for name in SUBSYSTEMS)
        except BlockingIOError:
            return found
        except OSError:
            return True
        return found
