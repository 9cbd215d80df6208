"""The uplink's TLS: read from its files for each connection, so that what was renewed is used on the next one, without a restart.

TLS 1.2 or 1.3, ECDHE on P-256, AES-GCM; the broker's certificate is checked against our CA, its host name, and the revocation list. Python
3.11 cannot choose TLS 1.3's cipher suites, so what was agreed is looked at after the handshake and another than AES-GCM is hung up on.
"""

from __future__ import annotations

import logging
import ssl
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.delivery.certificate_facts import Revoked, revoked, validity
from agent.delivery.link_causes import LinkCause
from agent.delivery.mqtt_events import MqttSettings
from agent.errors import ConfigError, LivescanError

log = logging.getLogger(__name__)

CIPHERS = "ECDHE+AESGCM"  # TLS 1.2; OpenSSL's words
CURVE = "prime256v1"  # P-256, which TLS 1.3 (RFC 8446 9.1) makes every server know
LOOK_EVERY = 5.0  # s between two looks at the files


class TlsRefused(OSError):
    """The handshake went well and the other side is still not one to talk to. An OSError: the connection ends, the next is tried."""

    def __init__(self, why: str, cause: LinkCause) -> None:
        super().__init__(why)
        self.link_cause = cause


class Tls:
    """Raises ConfigError when made with files that cannot be used."""

    def __init__(self, settings: MqttSettings, clock: Clock) -> None:
        if settings.ca is None:
            raise ValueError("no authority, no TLS")
        self._settings = settings
        self._clock = clock
        self._ca_file = settings.ca
        self._said: str | None = None
        self._looked_at = 0.0  # monotonic s
        self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """For the next connection: from the files if they are whole, else as before."""
        if self._stamp != _stamp(self._files):
            try:
                self._load()
                log.info("tls: the files have changed; the next connection uses them")
            except LivescanError as error:
                self._say(str(error))
        self._say(self._own_trouble())
        return self._context

    @property
    def until(self) -> datetime | None:
        """When the certificate ends with which we connect."""
        return _ends(self._settings.cert) if self._settings.cert is not None else None

    def outdated(self) -> bool:
        """Whether the files have changed since they were read. At most one look in `LOOK_EVERY` seconds."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        return self._stamp != _stamp(self._files)

    def judge(self, connected: Any) -> None:
        """After the handshake, before a byte of MQTT. Raises TlsRefused."""
        cipher = connected.cipher()
        if cipher is None or "GCM" not in cipher[0]:
            raise TlsRefused(f"the broker chose the cipher {cipher and cipher[0]}, which is not allowed: AES-GCM only", LinkCause.WEAK)
        serial = int(connected.getpeercert()["serialNumber"], 16)
        if self._revoked is not None and serial in self._revoked.serials:
            raise TlsRefused("the broker's certificate is revoked", LinkCause.REVOKED)

    @property
    def _files(self) -> tuple[Path, ...]:
        settings = self._settings
        return tuple(path for path in (self._ca_file, settings.cert, settings.key, settings.crl) if path is not None)

    def _load(self) -> None:
        stamp = _stamp(self._files)
        self._context = _context(self._settings)
        self._revoked = _read_list(self._settings.crl)
        self._stamp = stamp

    def _own_trouble(self) -> str | None:
        """Why the broker will refuse us, before it says so in one word."""
        if self._settings.cert is None:
            return None
        now, ends = self._clock.now(), _ends(self._settings.cert)
        if ends is not None and now > ends:
            return (
                f"This station's TLS certificate ended on {ends:%Y-%m-%d %H:%M} UTC: the broker refuses it. "
                "Nothing is lost; what is sealed waits. Renew it: livescan keys request tls."
            )
        due = self._revoked.next_at if self._revoked else None
        return f"The revocation list is old: the next one was due on {due:%Y-%m-%d}." if due is not None and now > due else None

    def _say(self, sentence: str | None) -> None:
        """Once, not at each of a thousand tries."""
        if sentence is not None and sentence != self._said:
            log.error("tls: %s", sentence)
        self._said = sentence


def _context(settings: MqttSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        context.set_ecdh_curve(CURVE)
        if settings.cert is not None:
            context.load_cert_chain(settings.cert, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The TLS certificates for the broker cannot be used: {error}.",
            means="Nothing can be sent; bookings are kept.",
            do="Check the files in the key folder: ca/ca.crt, station/tls.crt and station/tls.key.",
        ) from error
    return context


def _ends(certificate: Path) -> datetime | None:
    try:
        return validity(certificate.read_bytes()).ends
    except (OSError, ValueError):
        return None


def _read_list(crl: Path | None) -> Revoked | None:
    try:
        return revoked(crl.read_bytes()) if crl is not None else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(
            "The revocation list in the key folder cannot be read.",
            means="Nothing can be sent; bookings are kept.",
            do="Install it again: livescan keys crl FILE.",
        ) from error


def _stamp(files: tuple[Path, ...]) -> tuple[tuple[int, int, int], ...]:
    found = []
    for path in files:
        try:
            status = path.stat()
        except FileNotFoundError:
            found.append((0, 0, 0))
            continue
        found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)
