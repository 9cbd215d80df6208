"""To which booking a reply belongs: by TCR, else OCA, else FBI number or SID; ambiguous or none means that a person decides.

Pure. The SOP leaves the agent no other way: a reply that is tied wrongly shows one person's record on another's booking.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.model.booking import BookingId


class TiedBy(StrEnum):
    TCR = "TCR"
    OCA = "OCA"
    FBI_NUMBER = "FBI"
    STATE_ID = "SID"
    PERSON = "PERSON"  # who decided, and why, is on record: `casework.settling`


@dataclass(frozen=True)
class Match:
    """One submission of ours that a clue points to."""

    booking: BookingId
    tcn: str


@dataclass(frozen=True)
class Clues:
    """For each clue in the reply, every submission it points to; None when the reply does not carry it."""

    tcr: frozenset[Match] | None = None
    oca: frozenset[Match] | None = None
    fbi_number: frozenset[Match] | None = None
    state_id: frozenset[Match] | None = None


@dataclass(frozen=True)
class Tie:
    booking: BookingId
    tcn: str
    by: TiedBy


@dataclass(frozen=True)
class Untied:
    reason: str  # one sentence for the person who decides


def tie(clues: Clues) -> Tie | Untied:
    """A clue that points to more than one booking, or against the clue before it, is ambiguous; one that points nowhere is passed over."""
    named = [(TiedBy.TCR, clues.tcr), (TiedBy.OCA, clues.oca), (TiedBy.FBI_NUMBER, clues.fbi_number), (TiedBy.STATE_ID, clues.state_id)]
    found = [(by, matches) for by, matches in named if matches]
    if not found:
        return Untied("It names no submission of this station.")
    by, matches = found[0]
    if len({match.booking for match in matches}) > 1:
        return Untied(f"Its {by} fits more than one booking.")
    booking = next(iter(matches)).booking
    contrary = next(
        (other for other, theirs in found[1:] if _may_contradict(by, other) and booking not in {m.booking for m in theirs}), None
    )
    if contrary is not None:
        return Untied(f"Its {by} and its {contrary} point to different bookings.")
    tcns = sorted(match.tcn for match in matches)
    if len(tcns) > 1:
        return Untied(f"Its {by} fits more than one submission of the booking.")
    return Tie(booking, tcns[0], by)


def _may_contradict(by: TiedBy, other: TiedBy) -> bool:
    """A person's numbers may be known from an earlier booking too, so they never speak against TCR or OCA, only against each other."""
    return other is TiedBy.OCA or by is TiedBy.FBI_NUMBER
