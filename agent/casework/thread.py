"""The thread of a booking, as a person reads it: what has happened, when, and what has not. Pure.

The words are chosen with care (SOP 2.1.4): silence is never "no match", a no-match is only what the message says, and nothing here
concludes anything about the person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from agent.casework.answer_states import IdentState, ImmigrationState
from agent.casework.events import IMMIGRATION_KINDS, CaseEvent, CaseState, EventKind, fold, latest_tcn
from agent.casework.taken import Inbound
from agent.casework.tie import TiedBy
from agent.model.messages import ReplyKind

_K, _I, _C = EventKind, IdentState, ImmigrationState

IDENT_WORDS = MappingProxyType(
    {
        _I.NOT_STARTED: "Nothing was sent yet.",
        _I.AWAITED: "No answer of the FBI's search yet.",
        _I.IDENTIFIED: "The FBI's search answered: identified (SRE).",
        _I.NOT_IDENTIFIED: "The FBI's search answered: not identified (SRE).",
        _I.ANSWERED: "The FBI's search answered without a finding (SRE): read it.",
        _I.STATE_IDENT_ONLY: "The state identified the person; an answer of the FBI's search may still come.",
        _I.ERROR: "The submission was rejected (ERRT): read the messages.",
        _I.CONTRADICTORY: "Answers of the FBI's search contradict each other: a person reads both.",
    }
)
IMMIGRATION_WORDS = MappingProxyType(
    {
        _C.NOT_STARTED: "Nothing was sent yet.",
        _C.OFF: "No immigration response is expected.",
        _C.AWAITED: "No IDR received: inconclusive. Silence is not a result.",
        _C.ERROR: "The DHS search could not be made: inconclusive.",
        _C.NO_MATCH: "The DHS search returned no match.",
        _C.LESC_NOT_SEARCHED: "LESC was not searched: inconclusive. This is not a result.",
        _C.MATCH_LESC_NOT_SEARCHED: "The DHS search returned a match; LESC was not searched, so no determination came with it.",
        _C.MATCH: "The DHS search returned a match; determination pending at LESC.",
        _C.IAR_ONLY: "The LESC's answer (IAR) came before its IDR: read it as sent.",
        _C.MATCH_WITH_IAR: "The DHS search returned a match, with the LESC's answer (IAR): read it as sent.",
        _C.CONTRADICTORY: "DHS responses contradict each other: a person reads both.",
    }
)
NOT_YET = "Not yet."
MASTER_RECORD = "The search may rest on the FBI's master record; no comparison with the prints taken here is claimed."
_IMMIGRATION_REPLIES = (ReplyKind.IDR_MATCH, ReplyKind.IDR_NO_MATCH, ReplyKind.IDR_ERROR, ReplyKind.IAR)
_IDENT_KINDS = (_K.SRE_IDENT, _K.SRE_NON_IDENT, _K.SRE_UNCLEAR, _K.STATE_IDENT, _K.ERRT)


@dataclass(frozen=True)
class ThreadStep:
    name: str  # captured, quality, signed, queued, received, SRE, IDR, or manual
    at: datetime | None  # UTC; None when it has not happened
    words: str  # one sentence


def thread_of(events: Sequence[CaseEvent], inbound: Sequence[Inbound] = ()) -> tuple[ThreadStep, ...]:
    """Seven steps in this order, then one for each message that waits for a person. events, inbound: of one booking."""
    tcn = latest_tcn(events)
    own = [event for event in events if event.tcn is None or event.tcn == tcn]
    state = fold(own, tcn)
    return (
        _step(own, "captured", {_K.CAPTURED: "All impressions are stored."}),
        _step(
            own,
            "quality",
            {
                _K.QUALITY_PASSED: "Quality passed.",
                _K.QUALITY_OVERRIDDEN: "Prints below the threshold were taken, each with a reason on record.",
            },
        ),
        _signed(own, tcn),
        _step(own, "queued", {_K.QUEUED: _queued(own)}),
        _step(
            own,
            "received",
            {_K.RECEIVED: "The bureau has it: its signed receipt was verified."},
            _no_receipt(own),
        ),
        ThreadStep("SRE", _first(own, _IDENT_KINDS), IDENT_WORDS[state.ident]),
        ThreadStep("IDR", _first(own, IMMIGRATION_KINDS), f"{IMMIGRATION_WORDS[state.immigration]}{_basis(inbound)}"),
        *(ThreadStep("manual", one.arrived_at, one.taken.manual) for one in inbound if one.taken and one.taken.manual),
    )


def state_of(events: Sequence[CaseEvent]) -> CaseState:
    """The state of the submission that counts, or of the draft."""
    return fold(events, latest_tcn(events))


def _basis(inbound: Sequence[Inbound]) -> str:
    """An immigration response that is not tied by our own control number may rest on other prints (SOP 2.1.2.2)."""
    taken = [one.taken for one in inbound if one.taken is not None]
    by_others = any(one.kind in _IMMIGRATION_REPLIES and one.tied_by not in (TiedBy.TCR, None) for one in taken)
    return f" {MASTER_RECORD}" if by_others else ""


def _step(events: Sequence[CaseEvent], name: str, words: dict[EventKind, str], absent: str = NOT_YET) -> ThreadStep:
    found = next((event for event in events if event.kind in words), None)
    return ThreadStep(name, found.at, words[found.kind]) if found else ThreadStep(name, None, absent)


def _signed(events: Sequence[CaseEvent], tcn: str | None) -> ThreadStep:
    undone = _first(events, (_K.UNDONE,))
    if undone is not None:
        return ThreadStep("signed", undone, f"Undone by an officer before anything was sent; the control number {tcn} is void.")
    return _step(events, "signed", {_K.SEALED: f"Signed and sealed to the bureau as {tcn}."})


def _first(events: Sequence[CaseEvent], kinds: Collection[EventKind]) -> datetime | None:
    return next((event.at for event in events if event.kind in kinds), None)


def _no_receipt(events: Sequence[CaseEvent]) -> str:
    if any(event.kind is _K.UNDONE for event in events):
        return "Nothing was sent."
    sealed = [event.envelope_sha256 for event in events if event.kind is _K.SEALED]
    if any(event.kind is _K.REFUSED and event.envelope_sha256 in sealed[-1:] for event in events):
        return "The bureau answered that it does not take it: a person must look. It is not sent again by itself."
    return "No receipt yet; it is sent again until one comes."


def _queued(events: Sequence[CaseEvent]) -> str:
    if any(event.kind is _K.SENT for event in events):
        return "Queued and sent; the network's acknowledgement is not the bureau's."
    return "Queued for sending."
