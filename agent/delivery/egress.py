"""Where the uplink may connect to: the bureau's endpoints in the settings, and nowhere else.

An audit hook of the interpreter (PEP 578) refuses every other connection and name, whatever code asks for it. It cannot be taken
away again. It is the second wall: the first is systemd's (IPAddressAllow=), which also holds for code that is not Python.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from typing import Any

from agent.delivery.link_causes import LinkCause

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class EgressRefused(PermissionError):
    """A connection to somewhere that is not in the settings."""

    link_cause = LinkCause.WALLED


def confine(endpoints: Iterable[tuple[str, int]]) -> None:
    """From now on this process reaches UNIX sockets and these (host, port) only."""
    allowed = frozenset(endpoints)
    hosts = frozenset(host for host, _ in allowed)

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            if _text(arguments[0]) not in hosts:
                raise EgressRefused(f"the name {arguments[0]!r} is not one of the configured endpoints")
        elif event in _CONNECTING and not _is_allowed(arguments[1], allowed):
            raise EgressRefused(f"the address {arguments[1]!r} is not one of the configured endpoints")

    sys.addaudithook(guard)


def _is_allowed(address: Any, allowed: frozenset[tuple[str, int]]) -> bool:
    """address: as Python's socket takes it: a path for UNIX sockets, None for a connected one, else (host, port, …)."""
    if not isinstance(address, tuple):
        return True
    host, port = _text(address[0]), address[1]
    named = [one for one, at in allowed if at == port]
    return host in named or any(host == found[4][0] for one in named for found in socket.getaddrinfo(one, port))


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes | bytearray) else str(value)
