"""The life of a scanner as a table: where it is, what happened, where it is then. Pure.

Rules, and where they come from:
- The platen is seen clear before anything is taken (AWAIT_CLEAR before ARMED), so that nothing left by the person before is taken for this
  one's. A device that cannot see its platen says so by passing through AWAIT_CLEAR at once.
- One capture at a time: ARM is legal in READY alone.
- Cancelling, and running out of time, are legal in every state of a capture. A fault is legal wherever the device can speak.
- Unplugged in any state but ABSENT is LOST; only letting go of it (CLOSED) leads out of LOST. Nothing is ever taken up again where it was:
  what was in progress is armed again after OPENED.

                     ┌──────────────── PLATEN_CLEAR ◀─ RELEASED, CANCELLED, EXPIRED ──────────────┐
    ABSENT ─▶ OPENING ─▶ READY ─▶ AWAIT_CLEAR ─▶ ARMED ⇄ TRACKING ─▶ [ROLL_ACTIVE] ─▶ TAKING ─▶ RESULT
    any but ABSENT ─▶ LOST ─▶ ABSENT          any that speaks ─▶ ERROR ─▶ READY
"""

from __future__ import annotations

from enum import StrEnum


class DeviceState(StrEnum):
    ABSENT = "absent"  # not opened: not there, or somebody else's
    OPENING = "opening"  # being claimed, asked who it is
    READY = "ready"
    AWAIT_CLEAR = "await_clear"  # armed, but something lies on the platen
    ARMED = "armed"  # platen clear, waiting for a finger
    TRACKING = "tracking"  # fingers seen, not yet good and still
    ROLL_ACTIVE = "roll_active"
    TAKING = "taking"
    RESULT = "result"  # the image is here, or on its way
    ERROR = "error"  # it says that it cannot, and why
    LOST = "lost"  # unplugged, or powered off


class Cause(StrEnum):
    OPEN = "open"
    OPENED = "opened"
    NOT_OPENED = "not opened"  # not there, busy, not allowed, not understood
    ARM = "arm"
    PLATEN_CLEAR = "platen clear"
    FINGER_SEEN = "finger seen"
    FINGER_GONE = "finger gone"
    ROLL_BEGUN = "roll begun"
    TAKE = "take"  # good and still, rolled to its end, or by hand
    TAKEN = "taken"
    RELEASED = "released"  # the image has been read
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAULT = "fault"
    CLEARED = "cleared"  # the fault
    UNPLUGGED = "unplugged"
    CLOSED = "closed"


S, C = DeviceState, Cause
CAPTURE = frozenset({S.AWAIT_CLEAR, S.ARMED, S.TRACKING, S.ROLL_ACTIVE, S.TAKING, S.RESULT})  # states of a capture under way
SPEAKING = CAPTURE | {S.OPENING, S.READY, S.ERROR}  # states in which the device is there and ours

TABLE: dict[tuple[DeviceState, Cause], DeviceState] = {
    (S.ABSENT, C.OPEN): S.OPENING,
    (S.OPENING, C.OPENED): S.READY,
    (S.OPENING, C.NOT_OPENED): S.ABSENT,
    (S.READY, C.ARM): S.AWAIT_CLEAR,
    (S.AWAIT_CLEAR, C.PLATEN_CLEAR): S.ARMED,
    (S.ARMED, C.FINGER_SEEN): S.TRACKING,
    (S.ARMED, C.TAKE): S.TAKING,  # by hand, before a finger was seen
    (S.TRACKING, C.FINGER_SEEN): S.TRACKING,  # another one
    (S.TRACKING, C.FINGER_GONE): S.ARMED,
    (S.TRACKING, C.ROLL_BEGUN): S.ROLL_ACTIVE,
    (S.TRACKING, C.TAKE): S.TAKING,
    (S.ROLL_ACTIVE, C.TAKE): S.TAKING,
    (S.ROLL_ACTIVE, C.FINGER_GONE): S.ARMED,  # too short to be a roll
    (S.TAKING, C.TAKEN): S.RESULT,
    (S.RESULT, C.RELEASED): S.READY,
    (S.ERROR, C.CLEARED): S.READY,
    (S.LOST, C.CLOSED): S.ABSENT,
    **{(state, C.CANCELLED): S.READY for state in CAPTURE | {S.READY}},
    **{(state, C.EXPIRED): S.READY for state in CAPTURE},
    **{(state, C.FAULT): S.ERROR for state in SPEAKING},
    **{(state, C.UNPLUGGED): S.LOST for state in SPEAKING | {S.LOST}},
    **{(state, C.CLOSED): S.ABSENT for state in SPEAKING | {S.ABSENT}},
}


class NoSuchMove(ValueError):
    """A cause came that the table has no row for: a defect of a driver."""


def after(state: DeviceState, cause: Cause) -> DeviceState:
    """Where `cause` leads from `state`. Raises NoSuchMove, naming both."""
    try:
        return TABLE[state, cause]
    except KeyError:
        raise NoSuchMove(f"'{cause}' has no place in the state '{state}'") from None


def legal(before: DeviceState, then: DeviceState) -> bool:
    """Whether one cause leads from the one to the other: the question to a device that tells its states but not its causes."""
    return any(state is before and to is then for (state, _), to in TABLE.items())
