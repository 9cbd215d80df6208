"""What one entry of the audit record may say. Pure.

An entry has no field that could take a sentence: an event out of a list, ids of fixed form, digests, numbers, and words of our own
enumerations. So nobody's name, birth date or number can get into it, whatever is done with the station (CJIS Security Policy v6.0 AU-3(3)).
What AU-3 asks for is there: what, when (1/100 s, UTC: AU-8), where (station), source (by what door), outcome, who; and for criminal-history
data (AU-3(1)e) operator, requester, authorised receiving agency and secondary recipient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from agent.errors import LivescanError

Value = str | int | bool


class AuditRefused(LivescanError):
    """What was to be recorded is not of the form that an entry may have."""


class Event(StrEnum):
    STARTED = "started"
    STOPPED = "stopped"
    BOOKING_OPENED = "booking_opened"
    BOOKING_IMPORTED = "booking_imported"
    BOOKING_HELD = "booking_held"
    BOOKING_RESUMED = "booking_resumed"
    CAPTURE_ACCEPTED = "capture_accepted"
    CAPTURE_DROPPED = "capture_dropped"  # to be taken anew
    CAPTURED = "captured"
    QUALITY_OVERRIDDEN = "quality_overridden"
    SEALED = "sealed"
    HANDED_OVER = "handed_over"
    RECEIPT = "receipt"
    REFUSED = "refused"
    REPLY = "reply"
    CASE_STEP = "case_step"  # any other step of a booking's thread
    INBOUND_UNTIED = "inbound_untied"  # a message that belongs to no booking, or proves nothing
    INBOUND_TIED = "inbound_tied"  # by a person, to a booking
    INBOUND_SET_ASIDE = "inbound_set_aside"  # by a person: nothing follows from it
    DETAINER = "detainer"  # a step of a detainer's record
    CORRECTED = "corrected"
    RESENT = "resent"
    UNDONE = "undone"  # a submission, before its first byte left
    SET_ASIDE = "set_aside"  # a submission that a person does not want sent for now
    FILE_EXPORTED = "file_exported"  # the plain file, readable by anyone
    CARD_EXPORTED = "card_exported"
    ENVELOPE_EXPORTED = "envelope_exported"
    HISTORY_SHOWN = "history_shown"  # criminal-history data on a screen
    HISTORY_PRINTED = "history_printed"
    HISTORY_EXPORTED = "history_exported"
    ASKED = "asked"  # a request that changes something, with its route's right
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    VOUCHED = "vouched"  # a second officer has proved who they are, and agreed to what the first decides
    OFFICER_CHANGED = "officer_changed"
    PURGED = "purged"
    EXPUNGED = "expunged"
    HOLD_PLACED = "hold_placed"
    HOLD_RELEASED = "hold_released"
    SETTINGS_CHANGED = "settings_changed"
    KEYS_CHANGED = "keys_changed"
    COMMANDED = "commanded"  # an administrator from afar: taken, answered, refused, failed
    AUDIT_SHOWN = "audit_shown"
    AUDIT_EXPORTED = "audit_exported"
    AUDIT_BROKEN = "audit_broken"  # found at start-up; the record goes on from here


class Outcome(StrEnum):
    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


STATION = "station"  # who, where no person asked: the station itself
_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")  # officer ids, never names
_BOOKING = re.compile(r"[0-9]{8}-[0-9A-Z]{8}|[A-Za-z0-9]{1,20}")  # `booking.ids`; 2.009 OCA
_TCN = re.compile(r"[A-Za-z0-9-]{10,40}")  # 1.009
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")  # of our own enumerations
_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,23}")  # a case file, an order of a court, an agency's ORI

# what an entry may say beside its event, and in which form
FORMS: Mapping[str, re.Pattern[str] | type[int]] = MappingProxyType(
    {
        "agency": _REFERENCE,  # authorised receiving agency, an ORI
        "attempt": int,
        "case": _REFERENCE,  # the case file or the order for which it is asked
        "certificate": _SHA256,
        "command": _WORD,
        "content": _SHA256,
        "count": int,
        "envelope": _SHA256,
        "factor": _WORD,
        "fgp": int,
        "inbound": _SHA256,
        "officer": _ID,  # whom it is done to
        "print": _SHA256,
        "purpose": _WORD,
        "recipient": _ID,  # secondary recipient, by id
        "requester": _ID,
        "right": _WORD,
        "role": _WORD,
        "settings": _SHA256,
        "step": _WORD,
        "why": _WORD,
    }
)


@dataclass(frozen=True)
class Entry:
    """Raises AuditRefused when anything in it is not of its form."""

    event: Event
    who: str = STATION  # an officer's id, "service", or the station itself
    booking: str | None = None
    tcn: str | None = None
    outcome: Outcome = Outcome.DONE
    door: str = "core"  # by which it came in: core, socket, page, shell
    facts: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _must("who", self.who, _ID)
        _must("door", self.door, _WORD)
        if self.booking is not None:
            _must("booking", self.booking, _BOOKING)
        if self.tcn is not None:
            _must("tcn", self.tcn, _TCN)
        for name, value in self.facts.items():
            _must(name, value, FORMS.get(name))


def line_of(entry: Entry, *, n: int, at: datetime, station: str, previous: str) -> str:
    """The entry as it is kept, chained and exported: one line of JSON, ASCII, keys sorted. previous: digest of the line before it."""
    said: dict[str, Value] = {
        "at": instant(at),
        "door": entry.door,
        "event": entry.event.value,
        "n": n,
        "outcome": entry.outcome.value,
        "previous": previous,
        "station": station,
        "who": entry.who,
    }
    said |= {name: value for name, value in (("booking", entry.booking), ("tcn", entry.tcn)) if value is not None}
    return json.dumps({**said, **entry.facts}, sort_keys=True, separators=(",", ":"))


def instant(at: datetime) -> str:
    """UTC to 1/100 s, cut not rounded: 2026-11-24T12:00:00.25Z."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 10_000:02d}Z"


def _must(name: str, value: object, form: re.Pattern[str] | type[int] | None) -> None:
    right = type(value) is int if form is int else isinstance(form, re.Pattern) and isinstance(value, str) and form.fullmatch(value)
    if not right:
        raise AuditRefused(
            f"The audit record does not take that as its '{name}'.",
            means="Nothing was recorded, and what was asked was not done.",
            do="Give an id, a number or a reference, never a name or a sentence.",
        )
