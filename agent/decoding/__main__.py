"""One decoder: the question from the connection that is its standard input, the answer to it, the end. `livescan-decode@.service` is this.

systemd accepts the connection and starts a process for each, as a user that exists as long as it does. Nothing here is tried twice: whoever
asked sees that the connection ends without an answer.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from dataclasses import replace

from agent.decoding.pixels import told
from agent.decoding.wire import ASKED_HEAD, Asked, Form, Formats, Refusal, Told, WireError, read_asked_head, write_told

WITHIN = 15.0  # s for each read and write: whoever asks, asks at once

_NO_QUESTION = Asked(Form.GREY, Formats.WSQ, b"")


def main() -> int:
    with socket.socket(fileno=0) as connection:
        connection.settimeout(WITHIN)
        with suppress(OSError):  # they went away
            connection.sendall(answer(connection))
    return 0


def answer(connection: socket.socket) -> bytes:
    """Raises OSError where the question does not come to its end."""
    try:
        asked, length = read_asked_head(_exactly(connection, ASKED_HEAD))
    except WireError:
        return write_told(_NO_QUESTION, Told(refusal=Refusal.QUESTION))
    return write_told(asked, told(replace(asked, data=_exactly(connection, length))))


def _exactly(connection: socket.socket, length: int) -> bytes:
    """Grows with what comes, not with what was promised."""
    read = bytearray()
    while len(read) < length:
        more = connection.recv(min(1 << 20, length - len(read)))
        if not more:
            raise ConnectionError("the question ended early")
        read += more
    return bytes(read)


if __name__ == "__main__":
    sys.exit(main())
