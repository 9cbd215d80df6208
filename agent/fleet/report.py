"""What a station tells of itself: `livescan-report/1`, JSON inside a signed statement. Pure. docs/bureau-contract.md, "Report".

Nothing of a person is in it, no name of an officer, no serial number, and of bookings only how many there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent.handover.instants import read_instant, write_instant

SCHEMA = "livescan-report/1"
LIMIT = 16 * 1024  # bytes, signed; ours has about 2,500
LONGEST = 86_400  # s between two reports
MOST = 16  # sentences; certificates
_STATION = re.compile(r"[A-Za-z0-9-]{1,13}", re.ASCII)
_WORD = re.compile(r"[a-z0-9][a-z0-9 _-]{0,39}", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}", re.ASCII)
_SENTENCE = re.compile(r"[ -~]{1,200}", re.ASCII)
_LARGE = 2**53


@dataclass(frozen=True)
class Lack:
    """What an officer cannot do there now."""

    words: str  # one sentence, ASCII
    since: datetime  # UTC


@dataclass(frozen=True)
class Report:
    station: str
    environment: str  # "production" or "training"
    at: datetime  # UTC, by the station's clock
    every: int  # s; how often it tells of itself at least
    started_at: datetime  # UTC
    version: str
    scanner: str  # a word of the capture: "ready", "lost", "not opened yet"
    open: int  # bookings that are being taken
    waiting: int  # sealed transactions without the bureau's receipt
    waiting_since: datetime | None  # UTC, of the oldest
    last_receipt: datetime | None  # UTC; when the bureau last acknowledged a booking
    for_a_person: int  # messages of the bureau that wait for one
    room: int  # more bookings that the disk takes
    draining_until: datetime | None = None  # UTC; until then no booking is opened, since an administrator said so
    cannot: tuple[Lack, ...] = ()
    certificates: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))  # use to its end, UTC


def encode(report: Report) -> bytes:
    """Raises ValueError for what no reader would take."""
    told: dict[str, Any] = {"schema": SCHEMA}
    for name in _READERS:
        value = getattr(report, name)
        told[name] = write_instant(value) if isinstance(value, datetime) else value
    told["cannot"] = [{"words": one.words, "since": write_instant(one.since)} for one in report.cannot]
    told["certificates"] = {use: write_instant(end) for use, end in report.certificates.items()}
    data = json.dumps(told, separators=(",", ":")).encode()
    if parse(data) is None:
        raise ValueError("no report")
    return data


def parse(data: bytes) -> Report | None:
    """None for anything that is no report; further keys are let be."""
    try:
        if len(data) > LIMIT:
            return None
        told = json.loads(data)
        if not isinstance(told, dict) or told["schema"] != SCHEMA:
            return None
        values = {name: read(told[name]) for name, read in _READERS.items()}
        return Report(**values, cannot=_lacks(told["cannot"]), certificates=_ends(told["certificates"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None


def _text(form: re.Pattern[str]) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError("text of another form")
        return value

    return read


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _LARGE:
        raise ValueError("no count")
    return value


def _seconds(value: Any) -> int:
    if _count(value) > LONGEST:
        raise ValueError("longer than a day")
    return int(value)


def _maybe(value: Any) -> datetime | None:
    return None if value is None else read_instant(value)


_READERS: Mapping[str, Any] = MappingProxyType(
    {
        "station": _text(_STATION),
        "environment": _text(re.compile("production|training")),
        "at": read_instant,
        "every": _seconds,
        "started_at": read_instant,
        "version": _text(_VERSION),
        "scanner": _text(_WORD),
        "open": _count,
        "waiting": _count,
        "waiting_since": _maybe,
        "last_receipt": _maybe,
        "for_a_person": _count,
        "room": _count,
        "draining_until": _maybe,
    }
)


def _lacks(value: Any) -> tuple[Lack, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError("no list of sentences")
    return tuple(Lack(_text(_SENTENCE)(one["words"]), read_instant(one["since"])) for one in value)


def _ends(value: Any) -> Mapping[str, datetime]:
    if not isinstance(value, dict) or len(value) > MOST:
        raise ValueError("no certificates")
    return MappingProxyType({_text(_WORD)(use): read_instant(end) for use, end in value.items()})
