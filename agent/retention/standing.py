"""Whether a booking may go: one table of reasons to keep it, and one of reasons against destroying it on order. Pure.

A purge by age wants all of it done: signed for by the bureau, let go by the uplink, answered, nobody waiting. An order destroys at once,
but never what is on its way (a copy would arrive at the bureau after the order) and never under a legal hold: two orders that contradict
each other are for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from agent.booking.states import BookingState
from agent.casework.answer_states import IdentState, ImmigrationState
from agent.model.booking import BookingId
from agent.retention.policy import OfBookings


class Keep(StrEnum):
    """Why a booking stays."""

    LEGAL_HOLD = "legal_hold"
    NOT_SEALED = "not_sealed"
    NOT_RECEIPTED = "not_receipted"
    AT_UPLINK = "at_uplink"
    NOT_ANSWERED = "not_answered"
    REJECTED = "rejected"
    CONTRADICTORY = "contradictory"
    NO_IDR = "no_idr"
    FOR_A_PERSON = "for_a_person"
    DETAINER = "detainer"
    TOO_YOUNG = "too_young"


WORDS: Mapping[Keep, str] = MappingProxyType(
    {
        Keep.LEGAL_HOLD: "It is under a legal hold.",
        Keep.NOT_SEALED: "It is not finished: nothing of it was sent, or a correction is under way.",
        Keep.NOT_RECEIPTED: "The bureau has not signed for it.",
        Keep.AT_UPLINK: "The uplink has not confirmed that it let the sealed copy go.",
        Keep.NOT_ANSWERED: "The bureau has not answered it.",
        Keep.REJECTED: "The bureau rejected it: a correction is owed.",
        Keep.CONTRADICTORY: "Its answers contradict each other: a person must decide.",
        Keep.NO_IDR: "An immigration response, or its second part, is expected and has not come.",
        Keep.FOR_A_PERSON: "A message or a task of it waits for a person.",
        Keep.DETAINER: "A detainer of it has not ended.",
        Keep.TOO_YOUNG: "It is younger than the policy says.",
    }
)


@dataclass(frozen=True)
class Standing:
    """What counts of one booking."""

    booking: BookingId
    state: BookingState
    last: datetime  # UTC, when something last happened to it
    receipted: bool  # the bureau has signed for every submission of it, and there is one
    on_its_way: bool  # at least one submission was neither signed for, refused, set aside nor undone
    released: bool  # the uplink has confirmed that it dropped each of them
    ident: IdentState
    immigration: ImmigrationState
    manual: bool
    detainer: bool  # one that has not ended
    legal_hold: bool


_ANSWERED = frozenset((IdentState.IDENTIFIED, IdentState.NOT_IDENTIFIED, IdentState.ANSWERED, IdentState.STATE_IDENT_ONLY))
# nothing came yet, or only one of its two parts
_NO_IDR = frozenset((ImmigrationState.AWAITED, ImmigrationState.NOT_STARTED, ImmigrationState.MATCH, ImmigrationState.IAR_ONLY))
_Rule = Callable[[Standing, OfBookings, timedelta], bool]  # standing, policy, age
_KEEPS: Mapping[Keep, _Rule] = MappingProxyType(
    {
        Keep.LEGAL_HOLD: lambda one, _policy, _age: one.legal_hold,
        Keep.NOT_SEALED: lambda one, _policy, _age: one.state is not BookingState.SEALED,
        Keep.NOT_RECEIPTED: lambda one, _policy, _age: not one.receipted,
        Keep.AT_UPLINK: lambda one, _policy, _age: not one.released,
        Keep.NOT_ANSWERED: lambda one, _policy, _age: one.ident in (IdentState.NOT_STARTED, IdentState.AWAITED),
        Keep.REJECTED: lambda one, _policy, _age: one.ident is IdentState.ERROR,
        Keep.CONTRADICTORY: lambda one, _policy, _age: (
            one.ident is IdentState.CONTRADICTORY or one.immigration is ImmigrationState.CONTRADICTORY
        ),
        Keep.NO_IDR: lambda one, policy, age: (
            one.ident in _ANSWERED
            and one.immigration in _NO_IDR
            and (policy.days_without_idr == 0 or age < timedelta(days=policy.days_without_idr))
        ),
        Keep.FOR_A_PERSON: lambda one, _policy, _age: one.manual,
        Keep.DETAINER: lambda one, _policy, _age: one.detainer,
        Keep.TOO_YOUNG: lambda _one, policy, age: age < timedelta(days=policy.days_after_answer),
    }
)
_WORKED_ON = frozenset((BookingState.CAPTURING, BookingState.CAPTURED))


def kept_by_age(one: Standing, policy: OfBookings, now: datetime) -> tuple[Keep, ...]:
    """Every reason to keep it; none: it goes. A clock that was set back makes nothing older."""
    age = max(now - one.last, timedelta())
    return tuple(keep for keep, rule in _KEEPS.items() if rule(one, policy, age))


def kept_from_order(one: Standing) -> tuple[Keep, ...]:
    """Every reason against destroying it on order now."""
    found = {
        Keep.LEGAL_HOLD: one.legal_hold,
        Keep.NOT_SEALED: one.state in _WORKED_ON,
        Keep.NOT_RECEIPTED: one.on_its_way,
        Keep.AT_UPLINK: not one.released,
    }
    return tuple(keep for keep, holds in found.items() if holds)
