"""Telling the service manager how we are: systemd's notification protocol (sd_notify(3)), a datagram of KEY=VALUE lines.

`livescan run` reads the same datagrams from its children, so a process is started in one way everywhere.
"""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> bool:
    """Send lines such as 'READY=1' or 'STATUS=…'. False when nobody asked to be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto("\n".join(lines).encode(), address)
    return True


def ready(status: str) -> None:
    notify("READY=1", f"STATUS={status}")


def status(text: str) -> None:
    notify(f"STATUS={text}")


def stopping() -> None:
    notify("STOPPING=1")
