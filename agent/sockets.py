"""Listening sockets: a UNIX socket that only its owner may use from the first moment on, and those that systemd hands over (LISTEN_FDS)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

LONGEST_SOCKET_PATH = 107  # bytes, sun_path of sockaddr_un less its NUL: unix(7)


def listen_private(path: Path, backlog: int = 16) -> socket.socket:
    """Listening at `path`, mode 0600. Bound under a private name first, so that nobody can connect before the mode is set.

    Takes the place of what an earlier process left there. Raises OSError, also when the path is longer than a socket's can be.
    """
    making = path.with_name(path.name + ".new")
    if len(str(making).encode()) > LONGEST_SOCKET_PATH:
        raise OSError(f"the path {path} is too long for a socket; {LONGEST_SOCKET_PATH - 4} bytes are possible")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(making))
        making.chmod(0o600)
        listening.listen(backlog)
        making.rename(path)
    except OSError:
        listening.close()
        raise
    return listening


_FIRST_FD = 3  # SD_LISTEN_FDS_START, sd_listen_fds(3)


def handed(name: str) -> tuple[socket.socket, ...]:
    """The sockets that the service manager listens on for us under this FileDescriptorName; () when it does not. May be asked again.

    Each call gives new socket objects on descriptors of their own, so a part may close its own and be built anew. Environment variables of
    another process (LISTEN_PID) count for nothing.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return ()
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return tuple(_duplicate(_FIRST_FD + n) for n, given in enumerate(names[:count]) if given == name)


def _duplicate(fd: int) -> socket.socket:
    """Neither it nor the first one reaches a child of ours."""
    os.set_inheritable(fd, False)
    return socket.socket(fileno=os.dup(fd))


def by_door(sockets: Iterable[socket.socket]) -> tuple[list[socket.socket], list[socket.socket]]:
    """Those on a path (the API) and those on a port (the page), apart."""
    paths: list[socket.socket] = []
    ports: list[socket.socket] = []
    for one in sockets:
        (paths if one.family == socket.AF_UNIX else ports).append(one)
    return paths, ports
