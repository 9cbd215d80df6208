"""What can happen to a booking, and the state that a list of it adds up to. Pure.

The state is never stored: it is folded from the events, which are only ever added. An event without a TCN belongs to the draft from which
every submission of the booking was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from agent.casework.answer_states import Answer, IdentState, ImmigrationState, move_ident, move_immigration
from agent.casework.submission_states import SubmissionEvent, SubmissionState
from agent.casework.submission_states import move as move_submission
from agent.model.booking import BookingId


class EventKind(StrEnum):
    CAPTURED = "captured"
    QUALITY_PASSED = "quality_passed"
    QUALITY_OVERRIDDEN = "quality_overridden"
    CHECKED = "checked"  # the file was re-opened and checked against the dictionary
    SEALED = "sealed"
    UNDONE = "undone"  # taken back by an officer before anything was sent
    HANDED_OVER = "handed_over"  # the uplink has it; moves nothing, for the record
    QUEUED = "queued"
    SENT = "sent"  # the broker has accepted every chunk
    RECEIVED = "received"  # the bureau's verified receipt
    REFUSED = "refused"  # the bureau's verified word that it does not take it; moves nothing, a person decides
    IMMIGRATION_OFF = "immigration_off"  # at sealing: no immigration response is expected for this submission
    SRE_IDENT = "sre_ident"
    SRE_NON_IDENT = "sre_non_ident"
    SRE_UNCLEAR = "sre_unclear"
    STATE_IDENT = "state_ident"
    ERRT = "errt"
    IDR_NO_MATCH = "idr_no_match"
    IDR_MATCH = "idr_match"
    IDR_ERROR = "idr_error"
    IAR = "iar"
    LESC_NOT_SEARCHED = "lesc_not_searched"


IMMIGRATION_KINDS = frozenset(
    (EventKind.IDR_NO_MATCH, EventKind.IDR_MATCH, EventKind.IDR_ERROR, EventKind.IAR, EventKind.LESC_NOT_SEARCHED)
)
_K = EventKind
SUBMISSION_EVENTS = MappingProxyType(
    {
        _K.CAPTURED: SubmissionEvent.CAPTURED,
        _K.QUALITY_PASSED: SubmissionEvent.QUALITY_PASSED,
        _K.QUALITY_OVERRIDDEN: SubmissionEvent.QUALITY_OVERRIDDEN,
        _K.CHECKED: SubmissionEvent.VALIDATED,
        _K.SEALED: SubmissionEvent.SEALED,
        _K.UNDONE: SubmissionEvent.UNDONE,
        _K.QUEUED: SubmissionEvent.QUEUED,
        _K.SENT: SubmissionEvent.DELIVERED,
        _K.RECEIVED: SubmissionEvent.ACKNOWLEDGED,
        _K.ERRT: SubmissionEvent.REJECTED,
    }
)
ANSWERS = MappingProxyType({_K.SEALED: Answer.SENT} | {kind: Answer(kind.value) for kind in _K if kind.value in tuple(Answer)})


@dataclass(frozen=True)
class CaseEvent:
    kind: EventKind
    at: datetime  # UTC, by this station's clock
    tcn: str | None = None  # of our submission
    content_sha256: str | None = None  # hex: of the inner file that was sent or received
    envelope_sha256: str | None = None  # hex: txid of what was sent
    rid: str | None = None  # hex: envelope in which a receipt or reply came


@dataclass(frozen=True)
class Submission:
    """What we sent under one TCN."""

    booking: BookingId
    tcn: str
    content_sha256: str
    envelopes: frozenset[str]  # txids: more than one after re-sealing
    last: str = ""  # the txid that counts: of the last sealing


@dataclass(frozen=True)
class CaseState:
    submission: SubmissionState = SubmissionState.DRAFT
    ident: IdentState = IdentState.NOT_STARTED
    immigration: ImmigrationState = ImmigrationState.NOT_STARTED


def step(state: CaseState, kind: EventKind) -> CaseState:
    """The state after one more event. Raises NoSuchMove when a table has no row."""
    submission, ident, immigration = state.submission, state.ident, state.immigration
    if kind is EventKind.UNDONE:  # nothing was sent: nothing is awaited
        return CaseState(move_submission(submission, SubmissionEvent.UNDONE))
    if kind in SUBMISSION_EVENTS:
        submission = move_submission(submission, SUBMISSION_EVENTS[kind])
    if kind in ANSWERS:
        ident = move_ident(ident, ANSWERS[kind])
        immigration = move_immigration(immigration, ANSWERS[kind])
    return CaseState(submission, ident, immigration)


def fold(events: Iterable[CaseEvent], tcn: str | None) -> CaseState:
    """The state of one submission (of the draft, for None), from the events in the order in which they were recorded."""
    state = CaseState()
    for event in events:
        if event.tcn is None or event.tcn == tcn:
            state = step(state, event.kind)
    return state


def latest_tcn(events: Sequence[CaseEvent]) -> str | None:
    """The submission that counts: the one sealed last; one that was undone only where there is no other."""
    undone = {event.tcn for event in events if event.kind is EventKind.UNDONE}
    sealed = [event.tcn for event in reversed(events) if event.kind is EventKind.SEALED]
    return next((tcn for tcn in sealed if tcn not in undone), sealed[0] if sealed else None)
