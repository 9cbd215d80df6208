"""Where a simulated device may be reached: a UNIX socket of its owner, or the loopback. Nothing else."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

LOOPBACK = "127.0.0.1"


class ListenError(Exception):
    """The address cannot be used; the sentence says why."""


def listen(address: str) -> socket.socket:
    """A listening socket for `unix:/path` (mode 0600) or `tcp:127.0.0.1:port` (0: any free port). Raises ListenError."""
    kind, _, rest = address.partition(":")
    try:
        if kind == "unix" and rest:
            return _listen_unix(Path(rest))
        if kind == "tcp":
            return _listen_tcp(rest)
    except OSError as error:
        raise ListenError(f"Cannot listen on {address}: {error.strerror or error}.") from error
    raise ListenError(f"'{address}' is no address: use unix:/path or tcp:127.0.0.1:PORT.")


def named(listener: socket.socket) -> str:
    """The address as a client writes it."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"tcp:{host}:{port}"


def close(listener: socket.socket) -> None:
    """Stop listening and remove the socket file."""
    path = listener.getsockname() if listener.family == socket.AF_UNIX else None
    listener.close()
    if path:
        Path(path).unlink(missing_ok=True)


def _listen_tcp(rest: str) -> socket.socket:
    host, _, port = rest.rpartition(":")
    if host not in (LOOPBACK, "localhost") or not port.isdecimal() or int(port) > 65535:
        raise ListenError(f"'tcp:{rest}' is refused: a simulated device listens on {LOOPBACK} only (tcp:{LOOPBACK}:PORT).")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _begin(listener, (LOOPBACK, int(port)))


def _listen_unix(path: Path) -> socket.socket:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.fchmod(listener.fileno(), 0o600)  # Linux gives the file the mode that its socket has at bind
    return _begin(listener, str(path))


def _begin(listener: socket.socket, address: str | tuple[str, int]) -> socket.socket:
    try:
        listener.bind(address)
        listener.listen(8)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """A socket that nobody answers is left over from a process that was killed."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise ListenError(f"{path} is there and is not a socket: choose another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise ListenError(f"{path} is in use by another process: choose another path.")
    path.unlink()
