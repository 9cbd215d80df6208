"""What those without the role are not shown: everything from which the immigration response of a person could be known (SOP 2.2.6).

It is taken out of the answer here, at the one door, and nothing is put in its place that differs from person to person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from agent.access.roles import Role
from agent.casework.clocks import ClockName
from agent.casework.events import IMMIGRATION_KINDS
from agent.casework.thread import IMMIGRATION_WORDS
from agent.casework.viewing import ROLES, What, what_is

ROLES_OF: ContextVar[Collection[Role] | None] = ContextVar("roles_of", default=None)  # of who is signed in; None where nobody need be
ELSEWHERE = "Shown to the records liaison."
ANSWERED = "The bureau has it."
_EVENTS = frozenset(("idr", "iar"))
_RECEIPT, _MANUAL = "receipt", "manual"  # what waits for a person may be a response


def sees_immigration() -> bool:
    roles = ROLES_OF.get()
    return roles is None or bool(ROLES[What.IMMIGRATION] & set(roles))


def of_booking(found: Mapping[str, Any]) -> Mapping[str, Any]:
    if sees_immigration():
        return found
    kept = dict(of_summary(found))
    steps = [one for one in found["thread"] if one["name"] != _MANUAL]
    kept["thread"] = [{**one, "at": None, "words": ELSEWHERE} if one["name"] == "IDR" else one for one in steps]
    kept["events"] = [one for one in found["events"] if one["kind"] not in IMMIGRATION_KINDS]
    kept["inbound"] = [one for one in found["inbound"] if one["kind"] == _RECEIPT or what_is(str(one["kind"])) is What.IDENTIFICATION]
    return kept


def of_summary(found: Mapping[str, Any]) -> Mapping[str, Any]:
    if sees_immigration():
        return found
    kept = {**found, "kinds": [one for one in found["kinds"] if one not in IMMIGRATION_KINDS]} if "kinds" in found else found
    if not str(found.get("stands_at", "")).startswith(tuple(IMMIGRATION_WORDS.values())):
        return kept
    return {**kept, "stands_at": ANSWERED}


def of_owed(found: Mapping[str, Any]) -> Mapping[str, Any]:
    if sees_immigration():
        return found
    return {**found, "clocks": [one for one in found["clocks"] if one["name"] not in (ClockName.MATCH, ClockName.NO_MATCH)]}


def of_marked(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Tasks and moments of a thread, each with `eyes`: whose it is. What is another's is left out, and the mark with it."""
    roles = ROLES_OF.get()
    kept = [one for one in found if one["eyes"] is None or roles is None or ROLES[What(one["eyes"])] & set(roles)]
    return [{name: value for name, value in one.items() if name != "eyes"} for one in kept]


def of_event(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """None for one that is not told."""
    if event.get("event") == "task":
        return next(iter(of_marked([event])), None)
    return None if event.get("event") in _EVENTS and not sees_immigration() else event
