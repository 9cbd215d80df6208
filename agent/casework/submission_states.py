"""How far one submission (one TCN) has come: the table of region A.

    DRAFT → CAPTURED → QUALITY_PASSED | QUALITY_OVERRIDDEN → VALIDATED → SEALED → QUEUED → DELIVERED → ACKNOWLEDGED
                                                                        └─▶ CANCELLED

Rules:
- Everything up to SEALED happens in this order, in the core.
- From SEALED on, news comes over a link that may repeat, delay or reorder it: news of an earlier stage changes nothing.
- Only the bureau's own verified receipt acknowledges (never a broker's PUBACK), and it may arrive before any news of queueing.
- An outcome that is not known is answered by sending the same bytes again, so nothing leads back from SEALED.
- UNDONE comes only before the first byte leaves; CANCELLED ends there. Should the bureau have it all the same, its word counts.
- REJECTED is the word of an ERRT; it may come before the receipt, and the receipt after it changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from agent.casework.errors import NoSuchMove


class SubmissionState(StrEnum):
    DRAFT = "draft"
    CAPTURED = "captured"
    QUALITY_PASSED = "quality_passed"
    QUALITY_OVERRIDDEN = "quality_overridden"
    VALIDATED = "validated"
    SEALED = "sealed"
    QUEUED = "queued"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class SubmissionEvent(StrEnum):
    CAPTURED = "captured"  # all impressions are stored
    QUALITY_PASSED = "quality_passed"
    QUALITY_OVERRIDDEN = "quality_overridden"  # a person decided
    VALIDATED = "validated"  # the file was re-opened and checked
    SEALED = "sealed"  # bytes are frozen
    QUEUED = "queued"  # the uplink has committed them
    DELIVERED = "delivered"  # the transport accepted every chunk: says nothing of the bureau
    ACKNOWLEDGED = "acknowledged"  # the bureau's verified receipt
    UNDONE = "undone"  # an officer took it back before its first byte left
    REJECTED = "rejected"  # the bureau's verified ERRT


_S, _E = SubmissionState, SubmissionEvent
_ON_THE_WAY = (_S.SEALED, _S.QUEUED, _S.DELIVERED, _S.ACKNOWLEDGED)  # in this order
_NEWS = {_E.SEALED: _S.SEALED, _E.QUEUED: _S.QUEUED, _E.DELIVERED: _S.DELIVERED, _E.ACKNOWLEDGED: _S.ACKNOWLEDGED}

_IN_ORDER: dict[tuple[SubmissionState, SubmissionEvent], SubmissionState] = {
    (_S.DRAFT, _E.CAPTURED): _S.CAPTURED,
    (_S.CAPTURED, _E.QUALITY_PASSED): _S.QUALITY_PASSED,
    (_S.CAPTURED, _E.QUALITY_OVERRIDDEN): _S.QUALITY_OVERRIDDEN,
    (_S.QUALITY_PASSED, _E.VALIDATED): _S.VALIDATED,
    (_S.QUALITY_OVERRIDDEN, _E.VALIDATED): _S.VALIDATED,
    (_S.VALIDATED, _E.SEALED): _S.SEALED,
}
_NEWS_NEVER_GOES_BACK = {(here, event): max(here, stage, key=_ON_THE_WAY.index) for here in _ON_THE_WAY for event, stage in _NEWS.items()}
_REJECTED = {(here, _E.REJECTED): _S.REJECTED for here in (*_ON_THE_WAY, _S.REJECTED)} | {
    (_S.REJECTED, event): _S.REJECTED for event in _NEWS
}
_CANCELLED = {
    (_S.SEALED, _E.UNDONE): _S.CANCELLED,
    **{(_S.CANCELLED, event): _S.CANCELLED for event in (_E.UNDONE, _E.SEALED, _E.QUEUED, _E.DELIVERED)},
    (_S.CANCELLED, _E.ACKNOWLEDGED): _S.ACKNOWLEDGED,
    (_S.CANCELLED, _E.REJECTED): _S.REJECTED,
}

SUBMISSION_MOVES = MappingProxyType({**_IN_ORDER, **_NEWS_NEVER_GOES_BACK, **_REJECTED, **_CANCELLED})


def move(state: SubmissionState, event: SubmissionEvent) -> SubmissionState:
    """Raises NoSuchMove when the table has no row."""
    try:
        return SUBMISSION_MOVES[state, event]
    except KeyError:
        raise NoSuchMove("submission", state, event) from None
