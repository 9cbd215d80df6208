"""A UNIX socket that only its owner may use, from the first moment on."""

from __future__ import annotations

import socket
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
