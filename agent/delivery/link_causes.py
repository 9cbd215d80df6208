"""Why there is no connection to the bureau's broker: a system's error or a broker's answer as one of these causes, and each in words. Pure.

A person reads the sentence and what to do; what the system itself said is a detail, for whoever looks after the station and for the log.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum


class LinkCause(StrEnum):
    NOT_DIALLED = "not_dialled"
    REFUSED = "refused"  # the machine is there, nothing listens
    TIMED_OUT = "timed_out"
    NO_NAME = "no_name"
    NO_ROUTE = "no_route"
    WALLED = "walled"  # this machine's own rules: egress.py, IPAddressAllow=, a firewall
    NOT_TRUSTED = "not_trusted"  # the broker's certificate, from here to WEAK
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    REVOKED = "revoked"
    WEAK = "weak"
    NOT_OURS = "not_ours"  # the broker's word on our certificate
    OWN_ENDED = "own_ended"
    NOT_AUTHORISED = "not_authorised"
    BUSY = "busy"
    NO_WORD = "no_word"  # it ended, or said nothing, before it let us in
    LOST = "lost"  # it was up
    RENEWED = "renewed"
    OTHER = "other"


@dataclass(frozen=True)
class Said:
    """{at} is host and port of the broker, {host} its name. The sentences are ASCII; strings/es.toml has each in Spanish."""

    what: str
    do: str


_CABLE = "Look at the network cable; if it lasts, tell whoever runs the network."
_BUREAU = "If it lasts, tell whoever runs the bureau's broker."
_CARE = "Tell whoever looks after this station."
_PROVE = "Tell whoever looks after this station; nothing is sent there meanwhile."
_CLOCK = f"Look at this machine's clock. {_PROVE}"
_WAIT = ""

SAID = {
    LinkCause.NOT_DIALLED: Said("The bureau's broker at {at} is being dialled for the first time.", _WAIT),
    LinkCause.REFUSED: Said("The bureau's broker does not run at {at}: the machine there takes no connection.", _BUREAU),
    LinkCause.TIMED_OUT: Said("The bureau's broker does not answer at {at}.", _CABLE),
    LinkCause.NO_NAME: Said("The name {host} of the bureau's broker is not found in the network.", _CABLE),
    LinkCause.NO_ROUTE: Said("The network does not reach the bureau's broker at {at}.", _CABLE),
    LinkCause.WALLED: Said("This machine's own rules do not let the uplink connect to {at}.", _CARE),
    LinkCause.NOT_TRUSTED: Said("What answers at {at} cannot prove that it is the bureau's broker.", _PROVE),
    LinkCause.EXPIRED: Said("The certificate of the bureau's broker at {at} has expired.", _CLOCK),
    LinkCause.NOT_YET_VALID: Said("The certificate of the bureau's broker at {at} is not valid yet.", _CLOCK),
    LinkCause.OTHER_NAME: Said("What answers at {at} proves itself under another name than {host}.", _PROVE),
    LinkCause.REVOKED: Said("The certificate of the bureau's broker at {at} has been revoked.", _PROVE),
    LinkCause.WEAK: Said("The bureau's broker at {at} offers only an encryption that this station does not allow.", _PROVE),
    LinkCause.NOT_OURS: Said("The bureau's broker at {at} does not accept this station's certificate.", _CARE),
    LinkCause.OWN_ENDED: Said(
        "This station's certificate for the bureau's broker has expired.",
        "Tell whoever keeps the station's keys: `livescan keys request tls` renews it.",
    ),
    LinkCause.NOT_AUTHORISED: Said("The bureau's broker at {at} does not authorise this station.", _CARE),
    LinkCause.BUSY: Said("The bureau's broker at {at} takes nobody at the moment.", _BUREAU),
    LinkCause.NO_WORD: Said("What answers at {at} does not let this station in, and does not say why.", _BUREAU),
    LinkCause.LOST: Said("The connection to the bureau's broker at {at} was lost.", _CABLE),
    LinkCause.RENEWED: Said("The connection to the bureau's broker at {at} is made again with the renewed certificate.", _WAIT),
    LinkCause.OTHER: Said("There is no connection to the bureau's broker at {at}.", _CARE),
}

_NUMBERS = {
    errno.ECONNREFUSED: LinkCause.REFUSED,
    errno.ETIMEDOUT: LinkCause.TIMED_OUT,
    errno.ENETUNREACH: LinkCause.NO_ROUTE,
    errno.EHOSTUNREACH: LinkCause.NO_ROUTE,
    errno.ENETDOWN: LinkCause.NO_ROUTE,
    errno.EHOSTDOWN: LinkCause.NO_ROUTE,
    errno.EADDRNOTAVAIL: LinkCause.NO_ROUTE,  # no address of that family
    errno.EPERM: LinkCause.WALLED,  # what IPAddressDeny= and a firewall answer
    errno.EACCES: LinkCause.WALLED,
    errno.ECONNRESET: LinkCause.NO_WORD,
    errno.EPIPE: LinkCause.NO_WORD,
}
# X509_V_ERR_... of openssl/x509_vfy.h
_VERIFIED = {
    9: LinkCause.NOT_YET_VALID,
    10: LinkCause.EXPIRED,
    23: LinkCause.REVOKED,
    62: LinkCause.OTHER_NAME,
    64: LinkCause.OTHER_NAME,  # an address instead of a name
}
# What the other side says of our certificate (RFC 8446 6.2), as OpenSSL names it: TLSV13_ALERT_CERTIFICATE_REQUIRED
_OF_OURS = re.compile(r"ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|ACCESS_DENIED)")
_TOO_WEAK = re.compile(r"NO_SHARED_CIPHER|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|NO_CIPHERS")
# CONNACK: MQTT 5 section 3.2.2.2; paho gives MQTT 3.1.1's five the same numbers
_CONNACK = {
    0x84: LinkCause.OTHER,
    0x86: LinkCause.NOT_AUTHORISED,
    0x87: LinkCause.NOT_AUTHORISED,
    0x8A: LinkCause.NOT_AUTHORISED,
    0x8C: LinkCause.NOT_AUTHORISED,
    0x88: LinkCause.BUSY,
    0x89: LinkCause.BUSY,
    0x97: LinkCause.BUSY,
    0x9F: LinkCause.BUSY,
}


def cause_of(error: BaseException) -> LinkCause:
    """Of what a dial raised."""
    own = getattr(error, "link_cause", None)
    if isinstance(own, LinkCause):
        return own
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFIED.get(error.verify_code, LinkCause.NOT_TRUSTED)
    if isinstance(error, ssl.SSLError):
        return cause_of_alert(f"{error.reason} {error}") or LinkCause.NO_WORD
    if isinstance(error, socket.gaierror):
        return LinkCause.NO_NAME
    if isinstance(error, TimeoutError):
        return LinkCause.TIMED_OUT
    return _NUMBERS.get(error.errno or 0, LinkCause.OTHER) if isinstance(error, OSError) else LinkCause.OTHER


def cause_of_alert(text: str) -> LinkCause | None:
    """Of an alert of TLS in OpenSSL's words, wherever they stand in `text`."""
    named = text.upper().replace(" ", "_")
    if _OF_OURS.search(named):
        return LinkCause.NOT_OURS
    return LinkCause.WEAK if _TOO_WEAK.search(named) else None


def cause_of_connack(code: int) -> LinkCause:
    return _CONNACK.get(code, LinkCause.OTHER)


def said(cause: LinkCause, host: str, port: int) -> Said:
    """In words, with the broker's address."""
    at = f"{host}:{port}"
    return Said(SAID[cause].what.format(at=at, host=host), SAID[cause].do)


def in_itself(error: BaseException) -> str:
    """What the system said, for whoever looks after the station: kind of error and its words, in one line."""
    words = (getattr(error, "strerror", None) or str(error) or "without a word").replace("\n", " ")
    return f"{type(error).__name__}: {words}"
