"""Where somebody on the jail's list stands, in one word a program can act on and a sentence a person can read. Pure.

Nothing here depends on an immigration response, and nothing is concluded from an answer: the word says that one came, never what it says.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from agent.booking.states import BookingState
from agent.casework.answer_states import IdentState
from agent.casework.events import CaseState
from agent.casework.submission_states import SubmissionState


class Standing(StrEnum):
    NOT_PRINTED = "not_printed"
    PRINTING = "printing"
    PRINTED = "printed"
    HELD = "held"
    WAITING = "waiting"
    SENT = "sent"
    RECEIVED = "received"
    REJECTED = "rejected"
    ANSWERED = "answered"


_S = Standing
WORDS = MappingProxyType(
    {
        _S.NOT_PRINTED: "No print was taken yet.",
        _S.PRINTING: "Prints are being taken.",
        _S.PRINTED: "Prints are taken; nothing was sent yet.",
        _S.HELD: "A person must look at it at the station.",
        _S.WAITING: "Safe on the station; it goes to the bureau by itself.",
        _S.SENT: "On its way to the bureau; no receipt yet.",
        _S.RECEIVED: "The bureau has it; the FBI's search has not answered yet.",
        _S.REJECTED: "The bureau rejected it: prints or data are to be taken again at the station.",
        _S.ANSWERED: "The FBI's search has answered: it is read at the station.",
    }
)
_OF_SUBMISSION = {
    SubmissionState.SEALED: _S.WAITING,
    SubmissionState.QUEUED: _S.WAITING,
    SubmissionState.DELIVERED: _S.SENT,
    SubmissionState.ACKNOWLEDGED: _S.RECEIVED,
    SubmissionState.REJECTED: _S.REJECTED,
}
_OF_BOOKING = {BookingState.CAPTURING: _S.PRINTING, BookingState.CAPTURED: _S.PRINTED, BookingState.HELD: _S.HELD}
_UNANSWERED = (IdentState.NOT_STARTED, IdentState.AWAITED, IdentState.STATE_IDENT_ONLY)


def standing(booking: BookingState | None, case: CaseState) -> Standing:
    """booking: None while there is none."""
    if booking is None:
        return _S.NOT_PRINTED
    if booking in _OF_BOOKING:  # before it is sealed, and while it is taken or made anew
        return _OF_BOOKING[booking]
    if case.submission is not SubmissionState.REJECTED and case.ident not in _UNANSWERED:
        return _S.ANSWERED if case.ident is not IdentState.ERROR else _S.REJECTED
    return _OF_SUBMISSION.get(case.submission, _S.WAITING)
