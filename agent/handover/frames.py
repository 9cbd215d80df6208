"""The frames between core and uplink. Pure. docs/handover.md.

4 bytes  length of the head, big-endian, 2 .. HEAD_LIMIT
4 bytes  length of the body, big-endian, 0 .. BODY_LIMIT
head     JSON object, UTF-8: "t" names the message, the other keys are exactly its fields
body     opaque bytes; only ENVELOPE, INBOUND, CERTIFICATE_REQUEST, CERTIFICATE, REVOCATIONS, QUEUE, REPORT, COMMAND and ANSWER have one
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from agent.handover.errors import FrameError
from agent.handover.instants import read_instant, write_instant

# 2: certificate requests, certificates, revocation lists; 3: the queue, retries, priorities that change; 4: reports, commands
PROTOCOL = 5
HEAD_LIMIT = 4_096  # bytes
BODY_LIMIT = 64 * 1024 * 1024  # bytes; the largest envelope
PREFIX = struct.Struct(">II")


class Stage(StrEnum):
    """How far the uplink has come with an envelope."""

    QUEUED = "queued"  # on the uplink's disk
    SENT = "sent"  # the broker has taken all of it; this is not delivery
    HELD = "held"  # it cannot go on by itself; the uplink's log says why


@dataclass(frozen=True)
class Hello:
    version: int
    end: str  # "core" or "uplink"


@dataclass(frozen=True)
class Offer:
    """core: this envelope has no verified receipt."""

    txid: str
    station: str
    priority: int  # 0 .. 9, 0 first


@dataclass(frozen=True)
class Want:
    """uplink: send me its bytes."""

    txid: str


@dataclass(frozen=True)
class EnvelopeFrame:
    """core: the sealed bytes."""

    txid: str
    station: str
    priority: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Have:
    """uplink: file and row are on my disk."""

    txid: str
    queued_at: datetime


@dataclass(frozen=True)
class Refuse:
    """uplink: not now; offer it again later."""

    txid: str
    why: str  # one sentence for a technician


@dataclass(frozen=True)
class Progress:
    """uplink: it has come this far."""

    txid: str
    stage: Stage
    at: datetime


@dataclass(frozen=True)
class ProgressTaken:
    """core: I have recorded that."""

    txid: str
    stage: Stage


@dataclass(frozen=True)
class Release:
    """core: I have verified the bureau's receipt; the payload may go."""

    txid: str


@dataclass(frozen=True)
class Released:
    """uplink: recorded, the payload is gone."""

    txid: str


@dataclass(frozen=True)
class Inbound:
    """uplink: sealed bytes from the bureau."""

    rid: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class InboundTaken:
    """core: they are on my disk."""

    rid: str


@dataclass(frozen=True)
class CertificateRequest:
    """core: this key waits for its certificate."""

    use: str  # "signing" or "opening"
    sha256: str  # of the request
    body: bytes = field(repr=False)  # PKCS #10, DER


@dataclass(frozen=True)
class Certificate:
    """uplink: what the authority answered to that request."""

    use: str
    sha256: str  # of the request
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class CertificateTaken:
    """core: it is in use, or refused; either way the uplink may forget it."""

    sha256: str  # of the request
    why: str  # "" when it is in use


@dataclass(frozen=True)
class Revocations:
    """uplink: the authority's newest revocation list."""

    sha256: str  # of the list
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class RevocationsTaken:
    """core: it is in force, or refused."""

    sha256: str
    why: str  # "" when it is in force


@dataclass(frozen=True)
class QueueAsked:
    """core: how does your queue stand?"""

    number: int  # that the answer repeats


@dataclass(frozen=True)
class Queue:
    """uplink: this is how (`queue_facts`)."""

    number: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class TryAgain:
    """core: a person says: send this now, whatever holds it."""

    txid: str


@dataclass(frozen=True)
class Report:
    """core: how this station is, signed; the newest is the one that counts."""

    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Command:
    """uplink: what an administrator asks, as it came."""

    command: str  # its number, from the topic
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """core: what is answered to that, signed."""

    command: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class ReloadAsked:
    """core: an administrator says: take up the settings, as at SIGHUP."""


Message: TypeAlias = (
    Hello
    | Offer
    | Want
    | EnvelopeFrame
    | Have
    | Refuse
    | Progress
    | ProgressTaken
    | Release
    | Released
    | Inbound
    | InboundTaken
    | CertificateRequest
    | Certificate
    | CertificateTaken
    | Revocations
    | RevocationsTaken
    | QueueAsked
    | Queue
    | TryAgain
    | Report
    | Command
    | Answer
    | ReloadAsked
)

_NAMES: dict[str, Callable[..., Message]] = {
    "hello": Hello,
    "offer": Offer,
    "want": Want,
    "envelope": EnvelopeFrame,
    "have": Have,
    "refuse": Refuse,
    "progress": Progress,
    "progress_taken": ProgressTaken,
    "release": Release,
    "released": Released,
    "inbound": Inbound,
    "inbound_taken": InboundTaken,
    "certificate_request": CertificateRequest,
    "certificate": Certificate,
    "certificate_taken": CertificateTaken,
    "revocations": Revocations,
    "revocations_taken": RevocationsTaken,
    "queue_asked": QueueAsked,
    "queue": Queue,
    "try_again": TryAgain,
    "report": Report,
    "command": Command,
    "answer": Answer,
    "reload": ReloadAsked,
}
_NAME_OF = {kind: name for name, kind in _NAMES.items()}
_KEYS = {name: frozenset(f.name for f in fields(kind)) for name, kind in _NAMES.items()}  # type: ignore[arg-type]


def _text(pattern: str) -> Callable[[Any], str]:
    form = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError("text of another form")
        return value

    return read


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError("number out of range")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "number": lambda value: _whole(value, 0, 2**31),
    "version": lambda value: _whole(value, 0, 2**31),
    "end": _text("core|uplink"),
    "txid": _text("[0-9a-f]{64}"),
    "rid": _text("[0-9a-f]{64}"),
    "sha256": _text("[0-9a-f]{64}"),
    "use": _text("signing|opening"),
    "station": _text("[A-Za-z0-9-]{1,13}"),
    "command": _text("[0-9a-f]{32}"),
    "priority": lambda value: _whole(value, 0, 9),
    "queued_at": read_instant,
    "at": read_instant,
    "stage": Stage,
    "why": _text("[ -~]{0,300}"),
}


def encode(message: Message) -> bytes:
    """One whole frame. Raises ValueError for a message that no reader would take."""
    head: dict[str, Any] = {"t": _NAME_OF[type(message)]}
    body = b""
    for name in (f.name for f in fields(message)):
        value = getattr(message, name)
        if name == "body":
            body = value
        else:
            head[name] = write_instant(value) if isinstance(value, datetime) else value
    text = json.dumps(head, separators=(",", ":")).encode()
    decode(text, body)
    return PREFIX.pack(len(text), len(body)) + text + body


def lengths(prefix: bytes) -> tuple[int, int]:
    """Bytes of head and body. Raises FrameError beyond the limits, before anything of that size is read."""
    head, body = PREFIX.unpack(prefix)
    if not 2 <= head <= HEAD_LIMIT or body > BODY_LIMIT:
        raise _hostile("a frame beyond the limits")
    return head, body


def decode(head: bytes, body: bytes) -> Message:
    """The message of one frame. Raises FrameError for anything that is not exactly one message of this protocol."""
    try:
        values = json.loads(head)
        name = values.pop("t")
        keys = _KEYS[name]
        if "body" in keys:
            values["body"] = body
        if values.keys() != keys or bool(body) != ("body" in keys):
            raise ValueError("fields of another message")
        return _NAMES[name](**{key: value if key == "body" else _READERS[key](value) for key, value in values.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _hostile("a frame that is no message") from error


def _hostile(what: str) -> FrameError:
    return FrameError(
        f"The other end of the handover socket sent {what}.",
        means="The connection was closed; nothing is lost, everything is said again on the next one.",
        do="If it happens again, check that core and uplink are of the same version.",
    )
