"""The page on this machine, the way to the broker step by step, and whether systemd lets the uplink go there."""

from __future__ import annotations

import contextlib
import errno
import http.client
import ipaddress
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from agent.clock import Clock
from agent.delivery.link_causes import cause_of, in_itself, said
from agent.doctor.findings import Finding, bad, good, note, unknown
from agent.errors import LivescanError
from agent.settings import Settings

WITHIN = 5.0  # s for each step
LISTENED = 0.5  # s in which a broker that refuses our certificate says so


def page(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    at = urlsplit(settings.access.origin)
    connection = http.client.HTTPConnection(at.hostname or "localhost", at.port or 80, timeout=WITHIN)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        yield note("page", f"No page answers at {settings.access.origin}.", "systemctl status livescan-core.socket")
        return
    finally:
        connection.close()
    if status < 500:
        yield good("page", f"The officer's page answers at {settings.access.origin}.")
    else:
        yield bad("page", f"The page at {settings.access.origin} answers with status {status}.", "journalctl -u livescan-core")


def broker(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """Name, connection, handshake, what the broker says of our certificate: the first that fails is the one to mend."""
    try:
        with socket.create_connection((settings.bureau.host, settings.bureau.port), timeout=WITHIN) as plain:
            yield _handshake(settings, plain)
    except OSError as error:
        yield _fails(settings, error)


def _handshake(settings: Settings, plain: socket.socket) -> Finding:
    """Raises OSError."""
    keys = settings.paths.tls_keys
    try:
        context = ssl.create_default_context(cafile=str(keys / "ca" / "ca.crt"))
        context.load_cert_chain(keys / "station" / "tls.crt", keys / "station" / "tls.key")
    except (OSError, ssl.SSLError):
        return unknown(
            "broker", "The broker answers; the TLS key cannot be read from here, so no handshake was tried.", "Run this as root."
        )
    with context.wrap_socket(plain, server_hostname=settings.bureau.host) as secure:
        _is_let_stay(secure)
        return good("broker", f"{settings.bureau.host} answers and proves who it is ({secure.version()}).")


def _is_let_stay(secure: ssl.SSLSocket) -> None:
    """With TLS 1.3 a broker judges our certificate after our side of the handshake; it has nothing else to say before MQTT begins.

    Raises OSError.
    """
    secure.settimeout(LISTENED)
    with contextlib.suppress(TimeoutError):
        if secure.recv(1) == b"":
            raise ConnectionResetError(errno.ECONNRESET, "the broker ended the connection after the handshake")


def _fails(settings: Settings, error: OSError) -> Finding:
    in_words = said(cause_of(error), settings.bureau.host, settings.bureau.port)
    return bad("broker", f"{in_words.what} ({in_itself(error)})", in_words.do)


def addresses(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """systemd's own wall (IPAddressAllow=) against where the broker's name leads now."""
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").exists():
        return
    command = ["systemctl", "show", "-P", "IPAddressAllow", "livescan-uplink.service"]
    allowed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.split()
    try:
        wanted = {str(row[4][0]) for row in socket.getaddrinfo(settings.bureau.host, None, proto=socket.IPPROTO_TCP)}
    except OSError:
        return
    shut = sorted(one for one in wanted if not _within(one, allowed))
    if shut:
        yield bad(
            "addresses",
            f"systemd does not let the uplink reach {', '.join(shut)}.",
            "livescan init --allow NETWORK writes the drop-in anew.",
        )
    else:
        yield good("addresses", "systemd lets the uplink reach the broker.")


def _within(address: str, networks: list[str]) -> bool:
    found = ipaddress.ip_address(address)
    if "localhost" in networks and found.is_loopback:
        return True
    try:
        return any(found in ipaddress.ip_network(one) for one in networks if "/" in one)
    except (TypeError, ValueError) as error:
        raise LivescanError("systemd's list of addresses is not understood.") from error
