"""The course of a capture as a table: no device, no clock, no loop.

One row per legal move. Rules:
- The platen must be seen clear before each image, so that nothing left from the person before is taken for this one's.
- Cancelling is legal in every live state. So is unplugging: it pauses the capture at the same finger, and what was in progress is taken
  again. Only where the image is already here (checking, asking the officer) an unplugged scanner changes nothing: it is missed later.
- A position is left only when its image has been stored (ACCEPTED, OFFICER_ACCEPTED are reported after that), never before.
An event with no row is an error that names both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from agent.capture.plan import Step
from agent.errors import LivescanError
from agent.model.fingers import Position


class State(StrEnum):
    AWAIT_CLEAR = "await clear"  # armed; something may still lie on the platen
    AWAIT_FINGER = "await finger"
    TRACKING = "tracking"  # fingers seen, not yet good and still
    TAKING = "taking"
    CHECKING = "checking"  # image here, being cut and scored
    AWAIT_LIFT = "await lift"  # image judged; the hand may go
    ASK_OFFICER = "ask officer"  # tries are used up: a person decides
    PAUSED = "paused"  # the scanner is not there
    DONE = "done"
    CANCELLED = "cancelled"


class Event(StrEnum):
    PLATEN_CLEAR = "platen clear"
    FINGER_SEEN = "finger seen"
    FINGER_GONE = "finger gone"
    IMAGE_TAKING = "image taking"
    IMAGE_TAKEN = "image taken"
    EXPIRED = "expired"  # the scanner waited long enough for a finger
    ACCEPTED = "accepted"  # good, and stored
    REJECTED = "rejected"  # to be taken again
    TRIES_USED = "tries used"
    OFFICER_ACCEPTED = "officer accepted"  # taken in spite of its quality, and stored
    OFFICER_REPEATS = "officer repeats"
    UNPLUGGED = "unplugged"
    PLUGGED_IN = "plugged in"
    CANCEL = "cancel"


S, E = State, Event
LIVE = frozenset(State) - {S.DONE, S.CANCELLED}
AT_DEVICE = frozenset({S.AWAIT_CLEAR, S.AWAIT_FINGER, S.TRACKING, S.TAKING, S.AWAIT_LIFT})  # the scanner works or will work next

TABLE: dict[tuple[State, Event], State] = {
    (S.AWAIT_CLEAR, E.PLATEN_CLEAR): S.AWAIT_FINGER,
    (S.AWAIT_LIFT, E.PLATEN_CLEAR): S.AWAIT_FINGER,
    (S.AWAIT_FINGER, E.FINGER_SEEN): S.TRACKING,
    (S.AWAIT_FINGER, E.IMAGE_TAKING): S.TAKING,  # pedal or button before a finger was seen
    (S.TRACKING, E.FINGER_SEEN): S.TRACKING,  # another finger, or a roll begins
    (S.TRACKING, E.FINGER_GONE): S.AWAIT_FINGER,
    (S.TRACKING, E.IMAGE_TAKING): S.TAKING,
    (S.TAKING, E.IMAGE_TAKEN): S.CHECKING,
    (S.CHECKING, E.ACCEPTED): S.AWAIT_LIFT,
    (S.CHECKING, E.REJECTED): S.AWAIT_LIFT,
    (S.CHECKING, E.TRIES_USED): S.ASK_OFFICER,
    (S.ASK_OFFICER, E.OFFICER_ACCEPTED): S.AWAIT_LIFT,
    (S.ASK_OFFICER, E.OFFICER_REPEATS): S.AWAIT_LIFT,
    (S.PAUSED, E.PLUGGED_IN): S.AWAIT_CLEAR,
    (S.PAUSED, E.UNPLUGGED): S.PAUSED,
    (S.CHECKING, E.UNPLUGGED): S.CHECKING,
    (S.ASK_OFFICER, E.UNPLUGGED): S.ASK_OFFICER,
    **{(state, E.UNPLUGGED): S.PAUSED for state in AT_DEVICE},
    **{(state, E.EXPIRED): S.AWAIT_CLEAR for state in AT_DEVICE},
    **{(state, E.CANCEL): S.CANCELLED for state in LIVE},
}


class NoSuchMove(LivescanError):
    """An event came that the table has no row for: a defect of the scanner, its driver or this program."""


@dataclass(frozen=True)
class Session:
    """Where one capture stands."""

    steps: tuple[Step, ...]  # still to do when it began, in order
    index: int = 0  # of the present step; len(steps) when done
    attempt: int = 1  # of the present step, counted from 1
    tries: int = 1  # the same, counted again after the officer asked for more
    state: State = State.AWAIT_CLEAR

    @property
    def step(self) -> Step:
        """The present step; IndexError when done."""
        return self.steps[self.index]

    @property
    def ended(self) -> bool:
        return self.state not in LIVE

    def after(self, event: Event) -> Session:
        """The session one event later. Raises NoSuchMove."""
        state = TABLE.get((self.state, event))
        if state is None:
            raise NoSuchMove(
                f"The event '{event}' has no place in the state '{self.state}'.",
                means="Capture stops at this finger; the fingers already taken are safe.",
                do="Start the capture again; if it happens again, tell a technician.",
            )
        return self._counted(event, state)

    def _counted(self, event: Event, state: State) -> Session:
        if event in (Event.ACCEPTED, Event.OFFICER_ACCEPTED):
            last = self.index + 1 == len(self.steps)
            return replace(self, index=self.index + 1, attempt=1, tries=1, state=State.DONE if last else state)
        if event is Event.REJECTED:
            return replace(self, attempt=self.attempt + 1, tries=self.tries + 1, state=state)
        if event is Event.OFFICER_REPEATS:
            return replace(self, attempt=self.attempt + 1, tries=1, state=state)
        return replace(self, state=state)


def begin(steps: Sequence[Step], done: Collection[Position] = ()) -> Session:
    """At the first step that is not done; already ended when all are."""
    left = tuple(step for step in steps if step.position not in done)
    return Session(left, state=State.AWAIT_CLEAR if left else State.DONE)
