"""The states of a FAP60 scanner as tables (docs/fap60-protocol.md, sections 2 and 3).

READY --ARM--> AWAIT_CLEAR --platen clear--> ARMED --finger--> TRACKING --still, or TRIGGER--> TAKING --> RESULT --RELEASE--> READY.
A roll goes TRACKING --motion--> ROLL_ACTIVE --finger lifted--> TAKING. A hand that is taken away while tracked leads back to ARMED. What
ends a capture leads to READY; a fault leads to ERROR from anywhere. No row, no move.
"""

from __future__ import annotations

from enum import Enum, auto

from firmware_sim.models.fap60_wire import Request, State


class Cause(Enum):
    ARM = auto()
    CLEAR = auto()  # nothing lies on the platen
    FINGER = auto()
    GONE = auto()  # the hand was taken away
    MOTION = auto()
    TAKE = auto()  # still, lifted after a roll, or triggered
    TAKEN = auto()
    END = auto()  # released, cancelled or out of time
    FAULT = auto()
    REPAIRED = auto()


CAPTURE = (State.AWAIT_CLEAR, State.ARMED, State.TRACKING, State.ROLL_ACTIVE, State.TAKING, State.RESULT)

MOVES: dict[tuple[State, Cause], State] = {
    (State.READY, Cause.ARM): State.AWAIT_CLEAR,
    (State.AWAIT_CLEAR, Cause.CLEAR): State.ARMED,
    (State.ARMED, Cause.FINGER): State.TRACKING,
    (State.ARMED, Cause.TAKE): State.TAKING,
    (State.TRACKING, Cause.GONE): State.ARMED,
    (State.ROLL_ACTIVE, Cause.GONE): State.ARMED,
    (State.TRACKING, Cause.MOTION): State.ROLL_ACTIVE,
    (State.TRACKING, Cause.TAKE): State.TAKING,
    (State.ROLL_ACTIVE, Cause.TAKE): State.TAKING,
    (State.TAKING, Cause.TAKEN): State.RESULT,
    **{(state, Cause.END): State.READY for state in CAPTURE},
    **{(state, Cause.FAULT): State.ERROR for state in State},
    (State.ERROR, Cause.REPAIRED): State.READY,
}

LEGAL: dict[Request, frozenset[State]] = {
    Request.GET_INFO: frozenset(State),
    Request.GET_STATE: frozenset(State),
    Request.ARM: frozenset({State.READY}),
    Request.TRIGGER: frozenset({State.ARMED, State.TRACKING, State.ROLL_ACTIVE}),
    Request.CANCEL: frozenset({*CAPTURE, State.READY}),
    Request.RELEASE: frozenset({State.RESULT}),
    Request.RESEND: frozenset({State.RESULT}),
    Request.SELF_TEST: frozenset({State.READY}),
    Request.CLEAR_ERROR: frozenset({State.ERROR}),
}
