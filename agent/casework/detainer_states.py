"""Region D: a detainer, from a document of ICE that was received, and from nothing else (SOP 2.1.5, 3.1.7). Pure.

    NONE → LODGED → FILED → SERVED → NOTICE_SENT → HOLD_RUNNING → ICE_CUSTODY | LIMIT_REACHED | WITHDRAWN | DECLINED | RELEASED

Rules:
- Nothing of regions A, B or C is an event here: no answer, match or determination leads to a detainer.
- LODGED needs the document (INV3). Filing, service and notice come in any order after it; they are on record, and none stops a release.
- RELEASED is legal in every state: no state, no open item and no clock of a detainer keeps anyone. A form that comes after is
  RELEASED_BEFORE.
- At the limit of a hold there is one way: LIMIT_REACHED, "release unless another lawful basis". Nothing leads back to HOLD_RUNNING.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from agent.casework.errors import NoSuchMove


class DetainerState(StrEnum):
    NONE = "none"
    LODGED = "lodged"
    FILED = "filed"  # in the person's record
    SERVED = "served"  # a copy was given to the person
    HOLD_RUNNING = "hold_running"  # the person would otherwise have been released; the clock runs
    ICE_CUSTODY = "ice_custody"
    LIMIT_REACHED = "limit_reached"  # release unless another lawful basis
    RELEASED = "released"
    RELEASED_BEFORE = "released_before"  # the person was gone when the form came
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class DetainerEvent(StrEnum):
    LODGED = "lodged"
    FILED = "filed"
    SERVED = "served"
    VISITED = "visited"  # ICE's interview or service of papers
    RELEASE_PLANNED = "release_planned"
    NOTICE_SENT = "notice_sent"  # ICE was told of a release or transfer
    HOLD_STARTED = "hold_started"
    CUSTODY_TAKEN = "custody_taken"
    LIMIT_REACHED = "limit_reached"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    ITEM_DONE = "item_done"  # a condition of the form ticked off
    REMOVAL_NOTED = "removal_noted"  # ICE's word of a removal before the charges are adjudicated (SOP 3.2.5)


_S, _E = DetainerState, DetainerEvent
_HELD_HERE = (_S.LODGED, _S.FILED, _S.SERVED)
_OPEN = (*_HELD_HERE, _S.HOLD_RUNNING)
ENDED = (_S.ICE_CUSTODY, _S.LIMIT_REACHED, _S.RELEASED, _S.RELEASED_BEFORE, _S.WITHDRAWN, _S.DECLINED)
_LEAVES_AS_IT_IS = (_E.VISITED, _E.RELEASE_PLANNED, _E.NOTICE_SENT, _E.ITEM_DONE, _E.REMOVAL_NOTED)

DETAINER_MOVES: Mapping[tuple[DetainerState, DetainerEvent], DetainerState] = MappingProxyType(
    {
        (_S.NONE, _E.LODGED): _S.LODGED,
        (_S.NONE, _E.RELEASED): _S.NONE,  # a release is never an error; what comes later is told by its time
        (_S.LODGED, _E.FILED): _S.FILED,
        (_S.LODGED, _E.SERVED): _S.SERVED,
        (_S.FILED, _E.SERVED): _S.SERVED,
        (_S.FILED, _E.FILED): _S.FILED,
        (_S.SERVED, _E.FILED): _S.SERVED,
        (_S.SERVED, _E.SERVED): _S.SERVED,
        **{(state, _E.HOLD_STARTED): _S.HOLD_RUNNING for state in _HELD_HERE},
        (_S.HOLD_RUNNING, _E.FILED): _S.HOLD_RUNNING,
        (_S.HOLD_RUNNING, _E.SERVED): _S.HOLD_RUNNING,
        (_S.HOLD_RUNNING, _E.LIMIT_REACHED): _S.LIMIT_REACHED,
        **{(state, _E.CUSTODY_TAKEN): _S.ICE_CUSTODY for state in _OPEN},
        **{(state, _E.WITHDRAWN): _S.WITHDRAWN for state in _OPEN},
        **{(state, _E.DECLINED): _S.DECLINED for state in _OPEN},
        **{(state, _E.RELEASED): _S.RELEASED for state in (*_OPEN, _S.LIMIT_REACHED, _S.WITHDRAWN, _S.DECLINED, _S.RELEASED)},
        **{(state, _E.RELEASED): state for state in (_S.ICE_CUSTODY, _S.RELEASED_BEFORE)},
        **{(state, event): state for state in _S if state is not _S.NONE for event in _LEAVES_AS_IT_IS},
        **{(state, _E.FILED): state for state in ENDED},
    }
)


def move(state: DetainerState, event: DetainerEvent) -> DetainerState:
    """Raises NoSuchMove when the table has no row."""
    try:
        return DETAINER_MOVES[state, event]
    except KeyError:
        raise NoSuchMove("detainer", state, event) from None


def fold(events: Iterable[DetainerEvent], *, released_before: bool = False) -> DetainerState:
    """released_before: the person had left when the form came."""
    state = DetainerState.NONE
    for event in events:
        state = move(state, event)
        if released_before and state is DetainerState.LODGED:
            state = DetainerState.RELEASED_BEFORE
    return state
