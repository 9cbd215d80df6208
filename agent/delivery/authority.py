"""The authority's two doors: EST (RFC 7030 4.2: simpleenroll once, simplereenroll for renewals), and its revocation list. Blocking.

Only what the settings name is called; a redirect is an answer like any other wrong one. What comes back is bytes: the core judges them.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.errors import ConfigError, LivescanError

DEADLINE = 30.0  # s
CERTIFICATE_LIMIT = 64 * 1024  # bytes, of an answer to a request
LIST_LIMIT = 16 * 1024 * 1024  # bytes, of a revocation list
_PORTS = {"https": 443, "http": 80}


class AuthorityError(LivescanError):
    """The authority did not give what was asked for; it is asked again."""


class NotYet(AuthorityError):
    """A person at the authority must agree first: asked again when the authority says (RFC 7030 4.2.3)."""

    def __init__(self, host: str, after: float) -> None:
        super().__init__(f"The authority at {host} has not decided yet.", do="It is asked again.")
        self.after = after  # s


@dataclass(frozen=True)
class Door:
    """An address in the settings."""

    scheme: str  # "https" or "http"
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Door:
        """Raises ConfigError."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise ConfigError(
                f"'{url}' is no address of an authority.", do="Write https://HOST/PATH in the settings under trust."
            ) from error
        if not parts.hostname or parts.username or parts.fragment:
            raise ConfigError(f"'{url}' is no address of an authority.", do="Write https://HOST/PATH in the settings under trust.")
        return cls(parts.scheme, parts.hostname, port, parts.path + (f"?{parts.query}" if parts.query else ""))


def reenroll(est: Door, request: bytes, context: ssl.SSLContext) -> bytes:
    """PKCS #10 in, PKCS #7 out, both DER. context: shows the certificate that the station has now. Raises AuthorityError."""
    return _issued(est, "simplereenroll", request, {}, context)


def enroll(est: Door, request: bytes, context: ssl.SSLContext, *, user: str, password: str) -> bytes:
    """The first certificate of a key (RFC 7030 4.2.1): a station that has none yet is known by a word for once (3.2.3, HTTP Basic over
    the authority's TLS). As `reenroll`.
    """
    said = base64.b64encode(f"{user}:{password}".encode()).decode()
    return _issued(est, "simpleenroll", request, {"Authorization": f"Basic {said}"}, context)


def _issued(est: Door, path: str, request: bytes, more: dict[str, str], context: ssl.SSLContext) -> bytes:
    body = base64.b64encode(request)
    headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64", **more}
    said = _call(est, "POST", f"{est.path.rstrip('/')}/{path}", body, headers, context=context, limit=CERTIFICATE_LIMIT)
    try:
        return base64.b64decode(b"".join(said.split()), validate=True)
    except binascii.Error as error:
        raise AuthorityError("The authority's answer is not base64.") from error


def fetch_list(door: Door, context: ssl.SSLContext) -> bytes:
    """The revocation list, DER or PEM. Raises AuthorityError."""
    return _call(door, "GET", door.path or "/", b"", {}, context=context, limit=LIST_LIMIT)


def _call(door: Door, method: str, path: str, body: bytes, headers: dict[str, str], *, context: ssl.SSLContext, limit: int) -> bytes:
    connection = _connection(door, context)
    try:
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        said = answer.read(limit + 1)
    except (OSError, http.client.HTTPException) as error:
        raise AuthorityError(f"The authority at {door.host} cannot be reached: {error}.", do="It is asked again.") from error
    finally:
        connection.close()
    if answer.status == http.HTTPStatus.ACCEPTED:
        raise NotYet(door.host, _seconds(answer.getheader("Retry-After", "")))
    if answer.status != http.HTTPStatus.OK or len(said) > limit:
        raise AuthorityError(f"The authority at {door.host} answers {answer.status}.", do="Ask its administrator; it is asked again.")
    return said


def _seconds(text: str) -> float:
    """Retry-After as seconds (RFC 9110 10.2.3); a date, which would have to trust two clocks, counts as not said."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0.0


def _connection(door: Door, context: ssl.SSLContext) -> http.client.HTTPConnection:
    if door.scheme == "http":
        return http.client.HTTPConnection(door.host, door.port, timeout=DEADLINE)
    return http.client.HTTPSConnection(door.host, door.port, timeout=DEADLINE, context=context)
