"""The core's side of enrolment: what it asks the authority for, and what it takes from it. The uplink carries both and is not believed.

What comes back is installed only if it passes `renewal.install`: it belongs to a key that waits here, and everything else it must be. So an
uplink that was taken over can withhold a renewal, never choose one.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from agent.clock import Clock
from agent.errors import LivescanError
from agent.log_events import LogEvent, about
from agent.signing.installing import install_own, install_revocations, read_certificate
from agent.signing.inventory import KeyState, inventory
from agent.signing.renewal import RenewalError, Request, ask, pending
from agent.signing.requests import read_request
from agent.signing.slots import Use

log = logging.getLogger(__name__)

OF_THE_CORE = (Use.SIGNING, Use.OPENING)
_DUE = (KeyState.RENEW, KeyState.EXPIRED)
_DER_LIMIT = 64 * 1024  # bytes of an answer


class Enrolling:
    """directory: the key folder. renew_before: how long before its end a certificate is asked for anew; None: only a person asks."""

    def __init__(self, directory: Path, clock: Clock, renew_before: timedelta | None = None) -> None:
        self._directory = directory
        self._clock = clock
        self._renew_before = renew_before
        self._complained: dict[Use, str] = {}  # the last sentence in the log

    def ask_for_due(self) -> tuple[Use, ...]:
        """Make the requests whose time has come. A key that cannot be renewed by us is named in the log."""
        if self._renew_before is None:
            return ()
        rows = inventory(self._directory, self._clock.now(), renew_before=self._renew_before)
        due = [Use(row.use) for row in rows if row.use in OF_THE_CORE and row.state in _DUE and not row.asked]
        return tuple(use for use in due if self._asked(use))

    def requests(self) -> tuple[Request, ...]:
        """What waits for its certificate."""
        return pending(self._directory / "station", *OF_THE_CORE)

    def certificate(self, use: str, data: bytes) -> str:
        """Install what the uplink brought; "" or why it was not taken, in one sentence."""
        try:
            install_answer(self._directory, Use(use), data, self._clock.now())
        except LivescanError as error:
            return error.what
        except ValueError:
            return "It is for no key of the core."
        except OSError as error:
            return _not_written(error)
        return ""

    def revocations(self, data: bytes) -> str:
        """As `certificate`."""
        try:
            install_revocations(self._directory, data)
        except LivescanError as error:
            return error.what
        except OSError as error:
            return _not_written(error)
        return ""

    def _complain(self, use: Use, error: Exception) -> None:
        """Once, not at each of a thousand looks."""
        if self._complained.get(use) != str(error):
            log.error("keys: the %s key cannot be renewed: %s", use, error, extra=about(LogEvent.CERTIFICATE_DUE))
        self._complained[use] = str(error)

    def _asked(self, use: Use) -> bool:
        try:
            ask(self._directory / "station", use)
        except (LivescanError, OSError) as error:
            self._complain(use, error)
            return False
        log.info("keys: the next %s certificate is asked for", use)
        return True


def _not_written(error: OSError) -> str:
    return f"The key folder cannot be written: {error.strerror}."


def install_answer(directory: Path, use: Use, data: bytes, now: datetime) -> None:
    """An authority's answer: a certificate (PEM or DER), or a PKCS #7 with it (RFC 7030 4.2.3). Raises RenewalError, ConfigError."""
    waiting = pending(directory / "station", use)
    if not waiting:
        raise RenewalError("Nothing is asked for under that name.", means="Nothing was changed.", do="Ask first: livescan keys request.")
    key = read_request(waiting[0].der).public_key()
    for certificate in _certificates(data):
        if certificate.public_key() == key:
            install_own(directory, use, certificate.public_bytes(Encoding.DER), now)
            return
    raise RenewalError("The authority's answer holds no certificate for the key that waits.", means="Nothing was changed.", do="Ask again.")


def _certificates(data: bytes) -> list[x509.Certificate]:
    if len(data) > _DER_LIMIT:
        raise RenewalError("The authority's answer is too long.", means="Nothing was changed.", do="Ask again.")
    try:
        return [read_certificate(one.public_bytes(Encoding.DER)) for one in pkcs7.load_der_pkcs7_certificates(data)]
    except RenewalError:
        raise
    except Exception:  # no PKCS #7, or a hostile one: cryptography names no common base for what those raise
        return [read_certificate(data)]
