"""What the bureau has answered to one submission: region B (identification) and region C (immigration response).

Rules:
- Answers may come in any order and more than once; the state after the same set of answers is always the same.
- B and C share no state: a missing, late or broken immigration response never delays or blocks the identification (SOP 2.1.3).
- Only a message moves a state. Silence never does, so there is no way from AWAITED to a no-match but the bureau's own no-match message.
- Two answers that cannot both be true end in CONTRADICTORY: a person reads both.
- What could not be classified moves nothing; it waits in the manual queue.
- C is OFF where no agreement, no routing or a suspension says so, for what was sealed then; nothing leads out of it (SOP 1.0).
- "LESC was not searched" (M0017, M0018) is not a result: a later answer replaces it.
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
    STATE_IDENT_ONLY = "state_ident_only"  # NFF: the state identified the person and told the FBI by a CPI; an SRE may still come
    ERROR = "error"  # ERRT
    CONTRADICTORY = "contradictory"


class ImmigrationState(StrEnum):
    NOT_STARTED = "not_started"
    OFF = "off"  # none is expected
    AWAITED = "awaited"
    ERROR = "error"  # IDR error: inconclusive, a later answer replaces it
    NO_MATCH = "no_match"
    LESC_NOT_SEARCHED = "lesc_not_searched"  # a notice, no result
    MATCH = "match"  # IDR; the LESC's answer is still owed
    MATCH_LESC_NOT_SEARCHED = "match_lesc_not_searched"  # IDR; the LESC has said that it was not searched
    IAR_ONLY = "iar_only"  # the IAR came before its IDR
    MATCH_WITH_IAR = "match_with_iar"
    CONTRADICTORY = "contradictory"


class Answer(StrEnum):
    IMMIGRATION_OFF = "immigration_off"  # said at sealing: no immigration response is expected
    SENT = "sent"  # the submission left: answers are owed
    STATE_IDENT = "state_ident"
    SRE_IDENT = "sre_ident"
    SRE_NON_IDENT = "sre_non_ident"
    SRE_UNCLEAR = "sre_unclear"
    ERRT = "errt"
    IDR_NO_MATCH = "idr_no_match"
    IDR_MATCH = "idr_match"
    IDR_ERROR = "idr_error"
    IAR = "iar"
    LESC_NOT_SEARCHED = "lesc_not_searched"


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
        **{(_B.STATE_IDENT_ONLY, answer): state for answer, state in _IDENT_OF.items()},
        **{(start, Answer.STATE_IDENT): _B.STATE_IDENT_ONLY for start in (_B.NOT_STARTED, _B.AWAITED, _B.STATE_IDENT_ONLY)},
        **{(have, Answer.STATE_IDENT): have for have in (*_IDENT_OF.values(), _B.CONTRADICTORY)},
    }
)

_C = ImmigrationState
_N, _M, _R, _E, _L = Answer.IDR_NO_MATCH, Answer.IDR_MATCH, Answer.IAR, Answer.IDR_ERROR, Answer.LESC_NOT_SEARCHED
_NO_RESULT = (_C.NOT_STARTED, _C.AWAITED, _C.ERROR, _C.LESC_NOT_SEARCHED)  # from here any answer is the first
_MATCHED = (_C.MATCH, _C.MATCH_LESC_NOT_SEARCHED, _C.IAR_ONLY, _C.MATCH_WITH_IAR)
IMMIGRATION_MOVES: Mapping[tuple[ImmigrationState, Answer], ImmigrationState] = MappingProxyType(
    {
        (_C.NOT_STARTED, Answer.SENT): _C.AWAITED,
        **{(state, Answer.SENT): state for state in _C if state is not _C.NOT_STARTED},
        **{(state, Answer.IMMIGRATION_OFF): _C.OFF for state in (_C.NOT_STARTED, _C.OFF)},
        **{(_C.OFF, answer): _C.OFF for answer in (_N, _M, _R, _E, _L)},
        **{(state, _E): _C.ERROR for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR)},
        **{(state, _L): _C.LESC_NOT_SEARCHED for state in _NO_RESULT},
        **{(state, _N): _C.NO_MATCH for state in (*_NO_RESULT, _C.NO_MATCH)},
        **{(state, _M): _C.MATCH for state in (_C.NOT_STARTED, _C.AWAITED, _C.ERROR, _C.MATCH)},
        **{(state, _R): _C.IAR_ONLY for state in (*_NO_RESULT, _C.IAR_ONLY)},
        **{(state, _E): state for state in (_C.NO_MATCH, _C.LESC_NOT_SEARCHED, *_MATCHED)},
        **{(state, _L): state for state in (_C.NO_MATCH, _C.MATCH_LESC_NOT_SEARCHED, _C.IAR_ONLY, _C.MATCH_WITH_IAR)},
        (_C.MATCH, _L): _C.MATCH_LESC_NOT_SEARCHED,
        (_C.LESC_NOT_SEARCHED, _M): _C.MATCH_LESC_NOT_SEARCHED,
        (_C.MATCH_LESC_NOT_SEARCHED, _M): _C.MATCH_LESC_NOT_SEARCHED,
        (_C.MATCH, _R): _C.MATCH_WITH_IAR,
        (_C.MATCH_LESC_NOT_SEARCHED, _R): _C.MATCH_WITH_IAR,
        (_C.IAR_ONLY, _M): _C.MATCH_WITH_IAR,
        (_C.MATCH_WITH_IAR, _M): _C.MATCH_WITH_IAR,
        (_C.MATCH_WITH_IAR, _R): _C.MATCH_WITH_IAR,
        **{(_C.NO_MATCH, answer): _C.CONTRADICTORY for answer in (_M, _R)},
        **{(state, _N): _C.CONTRADICTORY for state in _MATCHED},
        **{(_C.CONTRADICTORY, answer): _C.CONTRADICTORY for answer in (_N, _M, _R, _E, _L)},
    }
)
_OF_IDENT = frozenset((*_IDENT_OF, Answer.STATE_IDENT))
_OF_IMMIGRATION = frozenset((_N, _M, _R, _E, _L, Answer.IMMIGRATION_OFF))


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
