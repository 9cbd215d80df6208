"""Where a USB/IP server may be: a UNIX socket or loopback, never a network. USB/IP has neither authentication nor encryption."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from drivers.errors import Refused

CONNECT_TIMEOUT = 2.0  # s


@dataclass(frozen=True)
class UsbipAddress:
    path: str  # of a UNIX socket, "" when it is TCP
    host: str = ""  # numeric loopback address
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"

    def dial(self) -> socket.socket:
        """A connected socket with a time limit of CONNECT_TIMEOUT. Raises OSError."""
        if self.path:
            return _dial_unix(self.path)
        sock = socket.create_connection((self.host, self.port), timeout=CONNECT_TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


def parse_address(text: str) -> UsbipAddress:
    """`unix:/path` or `tcp:127.0.0.1:port`. Raises Refused for anything else, above all for an address that is not loopback."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest.startswith("/"):
        return UsbipAddress(path=rest)
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    if kind != "tcp" or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise _refused(f"'{text}' is not an address of a USB/IP server.")
    if not _is_loopback(host):
        raise _refused(f"'{host}' is not this machine: USB/IP carries prints without encryption and is taken from loopback only.")
    return UsbipAddress(path="", host="127.0.0.1" if host == "localhost" else host, port=int(port))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refused(what: str) -> Refused:
    return Refused(what, means="No scanner was opened.", do="Give unix:/path/of/socket or tcp:127.0.0.1:port.")


def _dial_unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(CONNECT_TIMEOUT)
        sock.connect(path)
    except BaseException:
        sock.close()
        raise
    return sock
