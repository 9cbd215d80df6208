"""Why somebody sees, prints or takes out criminal-history data, and for whom: asked every time, and logged.

CJIS Security Policy v6.0 AU-3(1)e (operator, authorised receiving agency, requester, secondary recipient) and 4.2 (28 CFR 20: used for the
purpose for which it was obtained). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from agent.audit.entries import Entry, Event, Value
from agent.errors import LivescanError


class Purpose(StrEnum):
    BOOKING = "booking"  # who is in custody, by which record
    CHARGING = "charging"  # a prosecutor's decision
    COURT = "court"  # an order of a court, or a hearing
    CUSTODY = "custody"  # classification, safety, release
    INVESTIGATION = "investigation"
    IMMIGRATION = "immigration"  # an answer to ICE, as the agreement allows
    CORRECTION = "correction"  # of the record itself
    SUBJECT_REVIEW = "subject_review"  # the person's own right to see it (28 CFR 20.34)
    TRAINING = "training"  # made-up people only


class Action(StrEnum):
    SHOW = "show"
    PRINT = "print"
    EXPORT = "export"


_EVENT = {Action.SHOW: Event.HISTORY_SHOWN, Action.PRINT: Event.HISTORY_PRINTED, Action.EXPORT: Event.HISTORY_EXPORTED}
_ORI = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")


class NoReason(LivescanError):
    """Criminal-history data was asked for without saying why, or for whom."""


def entry_of(said: Mapping[str, str], *, who: str, booking: str | None, ori: str, door: str) -> Entry:
    """said: purpose, action, case, requester, agency, recipient, each as text or missing. ori: of this agency, where no other is named.

    The requester is the operator unless somebody else is named; what is printed or taken out has a case or order, and a recipient.
    Raises NoReason, or AuditRefused where something is no id.
    """
    purpose, action = said.get("purpose", ""), said.get("action") or Action.SHOW
    if purpose not in list(Purpose) or action not in list(Action):
        raise NoReason(
            "Criminal-history data is shown for a stated reason only.", means="Nothing was shown.", do=f"Say one of: {', '.join(Purpose)}."
        )
    if action != Action.SHOW and not (said.get("case") and said.get("recipient")):
        raise NoReason(
            "What is printed or taken out needs a case or order, and the id of its recipient.",
            means="Nothing was given out.",
            do="Name both.",
        )
    agency = said.get("agency") or ori
    if not _ORI.fullmatch(agency):
        raise NoReason("The receiving agency is not named by its ORI.", means="Nothing was given out.", do="Give nine characters.")
    facts: dict[str, Value] = {"purpose": purpose, "requester": said.get("requester") or who, "agency": agency}
    facts |= {name: said[name] for name in ("case", "recipient") if said.get(name)}
    return Entry(_EVENT[Action(action)], who, booking, door=door, facts=facts)
