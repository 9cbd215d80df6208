"""What the bureau has answered to one submission: region B (identification) and region C (immigration response).

Rules:
- Answers may come in any order and more than once; the state after the same set of answers is always the same.
- B and C share no state: a missing, late or broken immigration response never delays or blocks the identification (SOP 2.1.3).
- Only a message moves a state. Silence never does, so there is no way from AWAITED to a no-match but the bureau's own no-match message.
- Two answers that cannot both be true end in CONTRADICTORY: a person reads both.
- What could not be classified moves nothing; it waits in the manual queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from agent.casework.errors import NoSuchMove


class IdentState(StrEnum):
    NOT_STARTED = "not_started"
    AWAITED = "awaited"
    IDENTIFIED = "identified"  # SRE, SRF = I
    NOT_IDENTIFIED = "not_identified"  # SRE, SRF = N
    ANSWERED = "answered"  # SRE without a readable SRF: a person reads it
    ERROR = "error"  # ERRT
    CONTRADICTORY = "contradictory"


class ImmigrationState(StrEnum):
    NOT_STARTED = "not_started"
    AWAITED = "awaited"
    ERROR = "error"  # IDR error: inconclusive, a later answer replaces it
    NO_MATCH = "no_match"
    MATCH = "match"  # IDR; the LESC's answer is still owed
    IAR_ONLY = "iar_only"  # the IAR came before its IDR
    MATCH_WITH_IAR = "match_with_iar"
    CONTRADICTORY = "contradictory"


class Answer(StrEnum):
    SENT = "sent"  # the submission left: answers are owed
    SRE_IDENT = "sre_ident"
    SRE_NON_IDENT = "sre_non_ident"
    SRE_UNCLEAR = "sre_unclear"
    ERRT = "errt"
    IDR_NO_MATCH = "idr_no_match"
    IDR_MATCH = "idr_match"
    IDR_ERROR = "idr_error"
    IAR = "iar"


_B = IdentState
_IDENT_OF = {
    Answer.SRE_IDENT: _B.IDENTIFIED,
    Answer.SRE_NON_IDENT: _B.NOT_IDENTIFIED,
    Answer.SRE_UNCLEAR: _B.ANSWERED,
    Answer.ERRT: _B.ERROR,
}
IDENT_MOVES: Mapping[tuple[IdentState, Answer], IdentState] = MappingProxyType(
    {
        (_B.NOT_STARTED, Answer.SENT): _B.AWAITED,
        **{(state, Answer.SENT): state for state in _B if state is not _B.NOT_STARTED},
        **{(start, answer): state for start in (_B.NOT_STARTED, _B.AWAITED) for answer, state in _IDENT_OF.items()},
        **{(have, answer): have if have is new else _B.CONTRADICTORY for have in _IDENT_OF.values() for answer, new in _IDENT_OF.items()},
        **{(_B.CONTRADICTORY, answer): _B.CONTRADICTORY for answer in _IDENT_OF},
    }
)

_C = ImmigrationState
_N, _M, _R, _E = Answer.IDR_NO_MATCH, Answer.IDR_MATCH, Answer.IAR, Answer.IDR_ERROR
IMMIGRATION_MOVES: Mapping[tuple[ImmigrationState, Answer], ImmigrationState] = MappingProxyType(
    {
        (_C.NOT_STARTED, Answer.SENT): _C.AWAITED,
        **{(state, Answer.SENT): state for state in _C if state is not _C.NOT_STARTED},
        **{(state, _E): _C.ERROR for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR)},
        **{(state, _N): _C.NO_MATCH for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR, _C.NO_MATCH)},
        **{(state, _M): _C.MATCH for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR, _C.MATCH)},
        **{(state, _R): _C.IAR_ONLY for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR, _C.IAR_ONLY)},
        **{(state, _E): state for state in (_C.NO_MATCH, _C.MATCH, _C.IAR_ONLY, _C.MATCH_WITH_IAR)},
        (_C.MATCH, _R): _C.MATCH_WITH_IAR,
        (_C.IAR_ONLY, _M): _C.MATCH_WITH_IAR,
        (_C.MATCH_WITH_IAR, _M): _C.MATCH_WITH_IAR,
        (_C.MATCH_WITH_IAR, _R): _C.MATCH_WITH_IAR,
        (_C.NO_MATCH, _M): _C.CONTRADICTORY,
        (_C.NO_MATCH, _R): _C.CONTRADICTORY,
        (_C.MATCH, _N): _C.CONTRADICTORY,
        (_C.IAR_ONLY, _N): _C.CONTRADICTORY,
        (_C.MATCH_WITH_IAR, _N): _C.CONTRADICTORY,
        **{(_C.CONTRADICTORY, answer): _C.CONTRADICTORY for answer in (_N, _M, _R, _E)},
    }
)
_OF_IDENT = frozenset(_IDENT_OF)
_OF_IMMIGRATION = frozenset((_N, _M, _R, _E))


def move_ident(state: IdentState, answer: Answer) -> IdentState:
    """An answer of the other region changes nothing. Raises NoSuchMove when the table has no row."""
    if answer in _OF_IMMIGRATION:
        return state
    try:
        return IDENT_MOVES[state, answer]
    except KeyError:
        raise NoSuchMove("identification", state, answer) from None


def move_immigration(state: ImmigrationState, answer: Answer) -> ImmigrationState:
    """An answer of the other region changes nothing. Raises NoSuchMove when the table has no row."""
    if answer in _OF_IDENT:
        return state
    try:
        return IMMIGRATION_MOVES[state, answer]
    except KeyError:
        raise NoSuchMove("immigration response", state, answer) from None
