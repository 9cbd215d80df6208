"""The course of a capture as a table: no device, no clock, no loop.

One row per legal move. Rules:
- The platen must be seen clear before each image, so that nothing left from the person before is taken for this one's.
- Cancelling is legal in every live state. So is unplugging: it pauses the capture at the same finger, and what was in progress is taken
  again. Only where the image is already here (checking, asking the officer) an unplugged scanner changes nothing: it is missed later.
- A position is left only when its image has been stored (ACCEPTED, OFFICER_ACCEPTED, OFFICER_MOVED are reported after that), never before.
- Nothing waits for ever unseen: a finger that does not come in its time is a question to the officer, like a print that stays poor and
  one that looks like another finger's.
- A picture in which nothing touches the glass is no attempt: it counts as a finger that did not come.
- The hand may turn out otherwise than planned at any time (a bandage is found): REPLANNED brings other steps and takes nothing back.
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
    CHECKING = "checking"  # image here, being cut, scored and compared
    AWAIT_LIFT = "await lift"  # image judged; the hand may go
    ASK_OFFICER = "ask officer"  # a person decides
    PAUSED = "paused"  # the scanner is not there
    DONE = "done"
    CANCELLED = "cancelled"


class Event(StrEnum):
    PLATEN_CLEAR = "platen clear"
    FINGER_SEEN = "finger seen"
    FINGER_GONE = "finger gone"
    IMAGE_TAKING = "image taking"
    IMAGE_TAKEN = "image taken"
    NOT_TOUCHED = "not touched"  # nothing touched the glass: what was taken lay there before
    EXPIRED = "expired"  # the scanner waited long enough for a finger
    TIME_UP = "time up"  # it did so as often as it may for one step
    ACCEPTED = "accepted"  # good, and stored
    REJECTED = "rejected"  # to be taken again
    TRIES_USED = "tries used"
    QUESTIONED = "questioned"  # good, but it looks like another finger's
    OFFICER_ACCEPTED = "officer accepted"  # taken in spite of what was found, and stored
    OFFICER_MOVED = "officer moved"  # taken as another finger's, and stored as that
    OFFICER_REPEATS = "officer repeats"
    REPLANNED = "replanned"  # other fingers can be printed than was thought
    UNPLUGGED = "unplugged"
    PLUGGED_IN = "plugged in"
    CANCEL = "cancel"


S, E = State, Event
UNDER_WAY = frozenset({S.TRACKING, S.TAKING, S.CHECKING})  # a finger is on the glass, or its image not stored yet
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
    (S.CHECKING, E.QUESTIONED): S.ASK_OFFICER,
    (S.CHECKING, E.NOT_TOUCHED): S.AWAIT_CLEAR,
    (S.CHECKING, E.TIME_UP): S.ASK_OFFICER,
    (S.ASK_OFFICER, E.OFFICER_ACCEPTED): S.AWAIT_LIFT,
    (S.ASK_OFFICER, E.OFFICER_MOVED): S.AWAIT_LIFT,
    (S.ASK_OFFICER, E.OFFICER_REPEATS): S.AWAIT_LIFT,
    (S.PAUSED, E.PLUGGED_IN): S.AWAIT_CLEAR,
    (S.PAUSED, E.UNPLUGGED): S.PAUSED,
    (S.PAUSED, E.REPLANNED): S.PAUSED,
    (S.CHECKING, E.UNPLUGGED): S.CHECKING,
    (S.CHECKING, E.REPLANNED): S.AWAIT_CLEAR,  # the image was judged by what was thought before
    (S.ASK_OFFICER, E.UNPLUGGED): S.ASK_OFFICER,
    (S.ASK_OFFICER, E.REPLANNED): S.AWAIT_LIFT,
    **{(state, E.UNPLUGGED): S.PAUSED for state in AT_DEVICE},
    **{(state, E.EXPIRED): S.AWAIT_CLEAR for state in AT_DEVICE},
    **{(state, E.TIME_UP): S.ASK_OFFICER for state in AT_DEVICE},
    **{(state, E.REPLANNED): S.AWAIT_CLEAR for state in AT_DEVICE},
    **{(state, E.CANCEL): S.CANCELLED for state in LIVE},
}

STORED = frozenset({E.ACCEPTED, E.OFFICER_ACCEPTED})  # as what was asked for


class NoSuchMove(LivescanError):
    """An event came that the table has no row for: a defect of the scanner, its driver or this program."""


@dataclass(frozen=True)
class Session:
    """Where one capture stands."""

    steps: tuple[Step, ...]  # of this run, in order
    done: frozenset[Position] = frozenset()  # stored
    attempt: int = 1  # of the present step, counted from 1
    tries: int = 1  # the same, counted again after the officer asked for more
    waits: int = 0  # how often the scanner waited in vain at the present step, counted again after the officer was asked
    state: State = State.AWAIT_CLEAR

    @property
    def index(self) -> int:
        """Of the present step; len(steps) when done."""
        return next((n for n, step in enumerate(self.steps) if step.position not in self.done), len(self.steps))

    @property
    def step(self) -> Step:
        """The present step; IndexError when done."""
        return self.steps[self.index]

    @property
    def ended(self) -> bool:
        return self.state not in LIVE

    def after(self, event: Event) -> Session:
        """The session one event later. Raises NoSuchMove."""
        state = self._row(event)
        if event in STORED:
            return self._passed(self.step.position, state)
        if event is Event.REJECTED:
            return replace(self, attempt=self.attempt + 1, tries=self.tries + 1, state=state)
        if event is Event.OFFICER_REPEATS:
            return replace(self, attempt=self.attempt + 1, tries=1, waits=0, state=state)
        return replace(self, waits=self.waits + (event in (Event.EXPIRED, Event.NOT_TOUCHED)), state=state)

    def moved(self, done: Collection[Position]) -> Session:
        """The image was stored, but not as what was asked for: `done` is all that is stored now. Raises NoSuchMove."""
        state = self._row(Event.OFFICER_MOVED)
        after = replace(self, done=frozenset(done))
        if after.index == len(after.steps):
            return _fresh(after, State.DONE)
        same = after.step == self.step
        return replace(after, attempt=self.attempt + 1, tries=1, waits=0, state=state) if same else _fresh(after, state)

    def replanned(self, steps: Sequence[Step], done: Collection[Position]) -> Session:
        """With other steps; where the present one is among them unchanged, its attempts are counted on. Raises NoSuchMove."""
        state = self._row(Event.REPLANNED)
        after = replace(self, steps=tuple(steps), done=frozenset(done))
        if after.index == len(after.steps):
            return _fresh(after, State.DONE)
        same = after.step == self.step
        return replace(after, attempt=self.attempt, tries=1, waits=0, state=state) if same else _fresh(after, state)

    def _passed(self, position: Position, state: State) -> Session:
        after = replace(self, done=self.done | {position})
        return _fresh(after, State.DONE if after.index == len(after.steps) else state)

    def _row(self, event: Event) -> State:
        state = TABLE.get((self.state, event))
        if state is None:
            raise NoSuchMove(
                f"The event '{event}' has no place in the state '{self.state}'.",
                means="Capture stops at this finger; the fingers already taken are safe.",
                do="Start the capture again; if it happens again, tell a technician.",
            )
        return state


def begin(steps: Sequence[Step], done: Collection[Position] = (), *, tried: int = 0) -> Session:
    """At the first step that is not done; already ended when all are. `tried`: attempts of that step that are on disk already."""
    left = tuple(step for step in steps if step.position not in done)
    if not left:
        return Session((), state=State.DONE)
    return Session(left, attempt=tried + 1, tries=tried + 1)


def table_in_words() -> str:
    """The table as lines of Markdown, for ARCHITECTURE.md: one row per state, the events that leave it, where to."""
    lines = ["| state | event → next state |", "| --- | --- |"]
    for state in State:
        rows = [f"{event} → {TABLE[state, event]}" for event in Event if (state, event) in TABLE]
        lines.append(f"| {state} | {'; '.join(rows) or 'the end'} |")
    return "\n".join(lines)


def _fresh(session: Session, state: State) -> Session:
    """At the beginning of a step."""
    return replace(session, attempt=1, tries=1, waits=0, state=state)
