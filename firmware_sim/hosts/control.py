"""The control socket of a bench: a UNIX socket of its owner; a line of JSON for each order, a line of JSON for each answer."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from firmware_sim.hosts import listening

MAX_LINE = 65_536  # bytes
TIMEOUT = 10.0  # s, of a caller
Obey = Callable[[str], Mapping[str, Any]]


class ControlError(Exception):
    """No bench answers there, or not in its language; one sentence says so."""


class ControlServer:
    """Raises ListenError."""

    def __init__(self, path: Path, obey: Obey) -> None:
        self.path = path
        self._obey = obey
        self._answering = 0
        self._answered = threading.Condition()
        self._listener = listening.listen(f"unix:{path}")
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Whoever gave an order before has its answer."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        with self._answered:
            self._answered.wait_for(lambda: not self._answering, 5)
        listening.close(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="control-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), client.makefile("rw", encoding="utf-8", errors="replace", newline="\n") as lines:
            while line := lines.readline(MAX_LINE):
                with self._until_answered():
                    lines.write(json.dumps(self._obey(line)) + "\n")
                    lines.flush()

    @contextlib.contextmanager
    def _until_answered(self) -> Iterator[None]:
        with self._answered:
            self._answering += 1
        try:
            yield
        finally:
            with self._answered:
                self._answering -= 1
                self._answered.notify_all()


def tell(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """Give one order to a running bench and take its answer. Raises ControlError."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(TIMEOUT)
            sock.connect(str(path))
            sock.sendall(json.dumps(dict(order)).encode() + b"\n")
            with sock.makefile("r", encoding="utf-8") as lines:
                return dict(json.loads(lines.readline()))
    except OSError as error:
        raise ControlError(f"No simulated device answers at {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise ControlError(f"What answers at {path} is no simulated device.") from error
