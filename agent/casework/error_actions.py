"""What a rejection asks of the officer: every code of EBTS 11.0 appendix M to one action. Pure but for reading its table once.

The table is `config/ebts-messages.toml`. A code that is not in it calls for the state bureau; the bureau's words are always kept and shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from agent.model.fingers import Position
from agent.settings import config_dir, read_toml

CODE = re.compile(r"\b(?:[AEHLMSBW]\d{4}|IR\d{3}|RB\d{3})\b")
_FINGERS = re.compile(r"\bFINGERS?(?:\(S\))?\s*:?\s*((?:\d{1,2}(?:\s*(?:,|AND|&|/)\s*|\s+(?=\d)))*\d{1,2})\b", re.IGNORECASE)


_POSITIONS = frozenset(int(position) for position in Position if position is not Position.PLAIN_THUMBS)


class ErrorAction(StrEnum):
    RECAPTURE = "recapture"
    ENCODE_AGAIN = "encode_again"
    MEND_POSITIONS = "mend_positions"
    MEND_FIELD = "mend_field"
    SOFTWARE_FAULT = "software_fault"
    ADMINISTRATOR = "administrator"
    STATE_BUREAU = "state_bureau"
    LESC = "lesc"
    NOTICE = "notice"


WORDS: Mapping[ErrorAction, str] = MappingProxyType(
    {
        ErrorAction.RECAPTURE: "Take the named fingers again.",
        ErrorAction.ENCODE_AGAIN: "Send the images compressed anew; if that is rejected too, take them again.",
        ErrorAction.MEND_POSITIONS: "Put the finger positions right: one finger stands in two places.",
        ErrorAction.MEND_FIELD: "Mend the named field of the booking.",
        ErrorAction.SOFTWARE_FAULT: "The file itself is wrong. Report it; it is not sent again by itself.",
        ErrorAction.ADMINISTRATOR: "Tell the administrator: the state bureau does not let this agency do that.",
        ErrorAction.STATE_BUREAU: "Call the state bureau, with the control number and this message.",
        ErrorAction.LESC: "LESC was not searched. This is not a result.",
        ErrorAction.NOTICE: "Nothing is owed: read it.",
    }
)


_OF_FINGERS = (ErrorAction.RECAPTURE, ErrorAction.MEND_POSITIONS)


@dataclass(frozen=True)
class Asked:
    """One message of a rejection."""

    code: str  # "" when it carries none
    action: ErrorAction
    text: str  # the bureau's words as sent
    fingers: frozenset[Position] = frozenset()  # impressions named in the text; empty: which, a person reads

    @property
    def sentence(self) -> str:
        return WORDS[self.action]


@lru_cache(maxsize=1)
def table() -> Mapping[str, ErrorAction]:
    """Action by code."""
    rows = read_toml(config_dir() / "ebts-messages.toml")
    return MappingProxyType({code: ErrorAction(row["action"]) for code, row in rows.items()})


def asked_by(message: str) -> Asked:
    """What one message (2.060 MSG, at most 300 characters) asks for. Any text."""
    found = CODE.search(message)
    code = found[0] if found else ""
    action = table().get(code, ErrorAction.STATE_BUREAU)
    return Asked(code, action, message, fingers_in(message) if action in _OF_FINGERS else frozenset())


def fingers_in(message: str) -> frozenset[Position]:
    """Positions 1..14 that a text names by number behind the word FINGER(S), 11 to 14 the plain impressions; none is guessed."""
    numbers = {int(number) for found in _FINGERS.finditer(message) for number in re.findall(r"\d+", found[1])}
    return frozenset(Position(number) for number in numbers if number in _POSITIONS)
