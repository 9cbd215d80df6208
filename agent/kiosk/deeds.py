"""What may be written down of a detainer at the page: which deeds its state takes, and what is asked for each. Pure.

The words are casework's own table (`casework.detainer_said`): none for a person's status, and none that prolongs custody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from agent.casework.detainer_record import Copied, Mode
from agent.casework.detainer_said import TABLE
from agent.casework.detainer_states import DETAINER_MOVES, DetainerEvent, DetainerState
from agent.errors import LivescanError

# what is chosen from a list instead of typed
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"mode": tuple(Mode), "copied": tuple(Copied)})
DAYS = frozenset({"planned"})
_D = DetainerEvent
_ORDER = (
    *(_D.FILED, _D.SERVED, _D.VISITED, _D.RELEASE_PLANNED, _D.NOTICE_SENT, _D.HOLD_STARTED, _D.CUSTODY_TAKEN),
    *(_D.WITHDRAWN, _D.DECLINED, _D.REMOVAL_NOTED),
)


@dataclass(frozen=True)
class Asked:
    name: str
    must: bool
    kind: str  # text, date or select


@dataclass(frozen=True)
class DeedForm:
    event: DetainerEvent
    asked: tuple[Asked, ...]


def forms_of(state: DetainerState) -> tuple[DeedForm, ...]:
    """In the order in which they mostly happen. A condition of the form is ticked off where it stands."""
    return tuple(_form(event) for event in _ORDER if (state, event) in DETAINER_MOVES)


def said_of(event: str, answers: Mapping[str, str]) -> dict[str, str]:
    """What was typed in for that event; what was left empty is not said."""
    asked = {one for named in (rules for known, rules in TABLE.items() if known == event) for one in (*named[0], *named[1])}
    return {name: value for name, value in answers.items() if name in asked and value}


def instant_of(typed: str, zone: tzinfo) -> datetime | None:
    """Of a browser's date and time of here; None where none was typed. Raises LivescanError."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise LivescanError("That is no date and time.", means="Nothing was recorded.", do="Choose them from the calendar.") from None


def _form(event: DetainerEvent) -> DeedForm:
    must, may = TABLE[event]
    names: Sequence[tuple[str, bool]] = (*((name, True) for name in must), *((name, False) for name in may))
    return DeedForm(event, tuple(Asked(name, needed, _kind(name)) for name, needed in names))


def _kind(name: str) -> str:
    return "select" if name in CHOICES else "date" if name in DAYS else "text"
