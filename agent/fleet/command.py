"""What an administrator asks of one station, and what it answers: JSON inside signed statements. Pure. docs/fleet.md.

    health        how it is, now
    diagnostics   the bundle that `livescan diagnostics` makes, sealed to who asked
    reload        take up the settings, as `livescan reload`
    renew         ask the authority for the certificates whose time has come
    drain         open no bookings for some minutes; what is open is finished and sent. 0 minutes: open them again

There is no other: nothing is run that is named from afar, no file is read or written, no booking, hold or record is touched.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from agent.handover.instants import read_instant, write_instant

SCHEMA, ANSWER_SCHEMA = "livescan-command/1", "livescan-answer/1"
LIMIT = 8 * 1024  # bytes of what is signed
ANSWER_LIMIT = 128 * 1024  # bytes, signed and sealed: one message
BUNDLE_LIMIT = 90 * 1024  # bytes, so that base64 of it fits
LONGEST = timedelta(days=1)  # between issue and expiry
CLOCKS = timedelta(minutes=5)  # that the two clocks may differ
DRAIN_MOST = 240  # minutes
_NUMBER = re.compile(r"[0-9a-f]{32}", re.ASCII)
_STATION = re.compile(r"[A-Za-z0-9-]{1,13}", re.ASCII)
_NAME = re.compile(r"[a-z]{1,20}", re.ASCII)


class Name(StrEnum):
    HEALTH = "health"
    DIAGNOSTICS = "diagnostics"
    RELOAD = "reload"
    RENEW = "renew"
    DRAIN = "drain"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"  # nothing was done, and asking again is of no use
    FAILED = "failed"


@dataclass(frozen=True)
class Command:
    number: str  # 128 random bits, 32 hex digits: a station does a number once
    station: str
    name: str  # of `Name`; another one is refused in words
    issued_at: datetime  # UTC
    expires_at: datetime  # UTC
    minutes: int = 0  # of drain
    opening: bytes = field(default=b"", repr=False)  # DER certificate to which the answer is sealed; empty: signed only


@dataclass(frozen=True)
class Answer:
    station: str
    number: str
    name: str
    at: datetime  # UTC
    outcome: Outcome
    words: str
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    bundle: bytes = field(default=b"", repr=False)


def encode(command: Command) -> bytes:
    told = {
        "schema": SCHEMA,
        "number": command.number,
        "station": command.station,
        "name": command.name,
        "issued_at": write_instant(command.issued_at),
        "expires_at": write_instant(command.expires_at),
        "minutes": command.minutes,
        "opening": base64.b64encode(command.opening).decode(),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def parse(data: bytes) -> Command | None:
    """None for anything that is no command; a key that is not known here is a thing that is asked and would not be done: no command."""
    try:
        told = json.loads(data) if len(data) <= LIMIT else {}
        if told.keys() != _KEYS or told["schema"] != SCHEMA or type(told["minutes"]) is not int:
            return None
        return Command(
            _text(told["number"], _NUMBER),
            _text(told["station"], _STATION),
            _text(told["name"], _NAME),
            read_instant(told["issued_at"]),
            read_instant(told["expires_at"]),
            told["minutes"],
            base64.b64decode(told["opening"], validate=True),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


_KEYS = frozenset({"schema", "number", "station", "name", "issued_at", "expires_at", "minutes", "opening"})


def refusal(command: Command, station: str, now: datetime) -> str | None:
    """Why this station does not do it at this moment, in one sentence; None when it may."""
    clock = f"this station's clock says {now:%Y-%m-%d %H:%M} UTC"
    most = DRAIN_MOST if command.name == Name.DRAIN else 0
    holds = (
        (command.station == station, "It is for another station."),
        (command.name in tuple(Name), f"This station knows no command '{command.name}'."),
        (timedelta() < command.expires_at - command.issued_at <= LONGEST, "It holds for longer than a day, or never."),
        (command.issued_at - now <= CLOCKS, f"It was issued in the future: {clock}."),
        (command.expires_at > now, f"It has expired: {clock}."),
        (0 <= command.minutes <= most, f"A station is drained for at most {DRAIN_MOST} minutes, and only a drain has minutes."),
        (command.name != Name.DIAGNOSTICS or bool(command.opening), "A bundle is only sealed: no opening certificate is in the command."),
    )
    return next((sentence for good, sentence in holds if not good), None)


def encode_answer(answer: Answer) -> bytes:
    told = {
        "schema": ANSWER_SCHEMA,
        "station": answer.station,
        "number": answer.number,
        "name": answer.name,
        "at": write_instant(answer.at),
        "outcome": answer.outcome.value,
        "words": answer.words,
        "facts": dict(answer.facts),
        "bundle": base64.b64encode(answer.bundle).decode(),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def parse_answer(data: bytes) -> Answer | None:
    """None for anything that is no answer."""
    try:
        told = json.loads(data) if len(data) <= ANSWER_LIMIT else {}
        if told["schema"] != ANSWER_SCHEMA or not isinstance(told["facts"], dict) or not isinstance(told["words"], str):
            return None
        return Answer(
            _text(told["station"], _STATION),
            _text(told["number"], _NUMBER),
            _text(told["name"], _NAME),
            read_instant(told["at"]),
            Outcome(told["outcome"]),
            told["words"],
            told["facts"],
            base64.b64decode(told["bundle"], validate=True),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _text(value: Any, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError("text of another form")
    return value
