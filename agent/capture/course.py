"""One run of a capture: the session, moved by its table, and told to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from agent.capture.events import CaptureEvent, Moved
from agent.capture.plan import Step
from agent.capture.session import Event, Session, State
from agent.model.booking import BookingId
from agent.model.fingers import Position

Tell = Callable[[CaptureEvent], None]


class Course:
    """`tell`: called on the loop, must not block."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.booking = BookingId("")
        self.session = Session((), state=State.DONE)

    def begin(self, booking: BookingId, session: Session) -> None:
        self.booking, self.session = booking, session
        self._tell_state()

    def move(self, event: Event) -> None:
        """Raises NoSuchMove."""
        self._now(self.session.after(event))

    def moved(self, done: Collection[Position]) -> None:
        """The image was stored as another finger's. Raises NoSuchMove."""
        self._now(self.session.moved(done))

    def replan(self, steps: Sequence[Step], done: Collection[Position]) -> None:
        """Raises NoSuchMove."""
        self._now(self.session.replanned(steps, done))

    def _now(self, session: Session) -> None:
        before, self.session = self.session, session
        if session != before:
            self._tell_state()

    def _tell_state(self) -> None:
        now = self.session
        step = now.steps[now.index] if now.index < len(now.steps) else None
        number = min(now.index + 1, len(now.steps))
        self.tell(Moved(self.booking, now.state, step, now.attempt, number, len(now.steps)))
