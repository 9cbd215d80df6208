"""How the command line speaks to a running core: HTTP over its UNIX socket, standard library only."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent.errors import LivescanError

_NONE: Mapping[str, str] = MappingProxyType({})


class CoreUnreachable(LivescanError):
    """Nobody answers on the core's socket."""


class CoreRefused(LivescanError):
    """The core answered, and said no."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("localhost")
        self._path = path
        self._deadline = timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._deadline)
        self.sock.connect(str(self._path))


class CoreClient:
    def __init__(self, socket_path: Path, *, timeout: float = 30.0, token: str = "") -> None:
        """token: of whoever is signed in."""
        self._path = socket_path
        self._token = token
        self._timeout = timeout  # s

    def as_officer(self, token: str) -> CoreClient:
        """The same, for whoever is signed in by that token."""
        return CoreClient(self._path, timeout=self._timeout, token=token)

    def get(self, path: str, *, headers: Mapping[str, str] = _NONE) -> Any:
        """headers: why criminal-history data is asked for (docs/access.md)."""
        return self._call("GET", path, None, headers)

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] = _NONE) -> Any:
        return self._call("POST", path, body, headers)

    def download(self, path: str, body: Any = None, *, headers: Mapping[str, str] = _NONE) -> bytes:
        """A file; asked for by POST where there is a body."""
        connection = _UnixConnection(self._path, self._timeout)
        try:
            response = self._send(connection, "GET" if body is None else "POST", path, body, headers)
            return bytes(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise CoreUnreachable("The core stopped answering.", means="The file was not taken out.") from error
        finally:
            connection.close()

    def stream(self, path: str, *, timeout: float | None = None) -> Iterator[Any]:
        """One JSON value a line, for as long as the core sends. `timeout`: seconds of silence that are too many."""
        connection = _UnixConnection(self._path, timeout)
        try:
            response = self._send(connection, "GET", path, None)
            for line in response:
                yield json.loads(line)
        except (OSError, http.client.HTTPException) as error:
            raise CoreUnreachable("The core stopped answering.", means="A booking under way resumes when it is back.") from error
        finally:
            connection.close()

    def _headers(self, data: bytes | None) -> dict[str, str]:
        signed_in = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return signed_in | ({"Content-Type": "application/json"} if data else {})

    def _call(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        connection = _UnixConnection(self._path, self._timeout)
        try:
            return json.load(self._send(connection, method, path, body, headers))
        finally:
            connection.close()

    def _send(
        self, connection: _UnixConnection, method: str, path: str, body: Any, headers: Mapping[str, str] = _NONE
    ) -> http.client.HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data, {**self._headers(data), **headers})
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise CoreUnreachable(
                "The core of this station does not answer on its socket.",
                means="Bookings on disk are safe.",
                do="Start it with `livescan run`.",
            ) from error
        if response.status >= 400:
            raise _refusal(response)
        return response


def _refusal(response: http.client.HTTPResponse) -> CoreRefused:
    try:
        said = json.load(response)
        return CoreRefused(said["what"], means=said.get("means", ""), do=said.get("do", ""))
    except (ValueError, KeyError, TypeError):
        return CoreRefused(f"The core answered with HTTP status {response.status}.")
