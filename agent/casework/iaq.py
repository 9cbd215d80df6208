"""A name-based immigration alien query (IAQ), drafted for a person to release over NLETS. Never automatic, never sent from here. Pure.

SOP 2.2.7: after a no-match IDR an agency MAY make a name-based query, and where it has the authority it stops automatic ones. So there is
no key, rule or timer that makes one, and a draft needs all of: region C in NO_MATCH by the bureau's own message (silence is not one), a
policy that allows it, a person with the role, a reason in words. The text follows the legacy NLETS form (key IAQ, destination AX).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from agent.access.roles import Role
from agent.casework.answer_states import ImmigrationState
from agent.casework.errors import CaseworkError
from agent.model.booking import Subject
from agent.policy import Jurisdiction

ROLE = Role.RECORDS_LIAISON
LEAST_REASON = 10  # characters
NO_OFFENSE = "0399"  # NLETS: none


class IaqRefused(CaseworkError):
    """A draft was asked for where none may be made."""


@dataclass(frozen=True)
class Asking:
    """Who asks, and why."""

    officer: str  # officer id
    roles: Collection[str]
    reason: str
    phone: str  # PHN, at most 20 characters
    in_custody: bool  # CUS
    offense: str = NO_OFFENSE  # NCIC offense code, four digits


def may_be_drafted(state: ImmigrationState, policy: Jurisdiction) -> bool:
    """Whether the button is there at all: in one state only (R17, R37)."""
    return not why_closed((ROLE,), state, policy)


def draft(subject: Subject, asking: Asking, ori: str, state: ImmigrationState, policy: Jurisdiction) -> str:
    """The text for a person to read and to release at the agency's own NLETS terminal. Raises IaqRefused."""
    wrong = _why_not(asking, state, policy)
    if wrong:
        raise IaqRefused(wrong, means="No query was drafted.", do="The bureau's replies are in the booking's thread.")
    fields = {
        "PUR": "C",
        "ATN": asking.officer[:30],
        "PHN": asking.phone[:20],
        "NAM": subject.name[:30],
        "DOB": subject.date_of_birth,
        "SEX": subject.sex,
        "POB": subject.place_of_birth,
        "CUS": "Y" if asking.in_custody else "N",
        "OFF": asking.offense or NO_OFFENSE,
    }
    return f"IAQ.{ori}.AX.TXT\n" + "\n".join(f"{key}/{value}" for key, value in fields.items())


def why_closed(roles: Collection[str], state: ImmigrationState, policy: Jurisdiction) -> str:
    """Why nobody with these roles may draft one of this booking now, in one sentence; "" where they may."""
    if policy.why_off:
        return policy.why_off
    if not policy.iaq.by_a_person:
        return "The policy of this jurisdiction allows no name-based query."
    if ROLE not in roles:  # before the state: nobody else learns of it by asking
        return "Only the records liaison may ask for a name-based query."
    if state is not ImmigrationState.NO_MATCH:
        return "A name-based query may follow only a no-match IDR that was received; silence is not one."
    return ""


def _why_not(asking: Asking, state: ImmigrationState, policy: Jurisdiction) -> str:
    if why := why_closed(asking.roles, state, policy):
        return why
    return "A name-based query needs a reason in words." if len(asking.reason.strip()) < LEAST_REASON else ""
