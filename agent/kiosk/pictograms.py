"""What the person is asked to do, as a drawing beside the sentence: which drawing, which hand, which fingers. Words stand in the catalogue.

A drawing is told from the others by its shape; its colours are those of the page. The names are those of `templates/pictograms.html`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.capture.plan import Step
from agent.capture.session import State
from agent.capture.signs import Sign
from agent.capture.view import Standing
from agent.kiosk.words import Words
from agent.model.fingers import FINGERS
from drivers.device import Mode


class Drawing(StrEnum):
    """Beside the signs of `capture.signs`, which have a drawing each."""

    LAY = "lay"
    ROLL = "roll"
    HOLD = "hold"
    LIFT = "lift"
    WAIT = "wait"
    SCANNER_GONE = "scanner_gone"
    DONE = "done"


NAMES: tuple[str, ...] = (*(one.value for one in Drawing), *(one.value for one in Sign if one is not Sign.NONE))
_OF_STATE = {
    State.AWAIT_CLEAR: Drawing.LIFT,
    State.AWAIT_LIFT: Drawing.LIFT,
    State.AWAIT_FINGER: Drawing.LAY,
    State.TRACKING: Drawing.HOLD,
    State.TAKING: Drawing.HOLD,
    State.CHECKING: Drawing.WAIT,
    State.ASK_OFFICER: Drawing.WAIT,
    State.PAUSED: Drawing.SCANNER_GONE,
    State.DONE: Drawing.DONE,
    State.CANCELLED: Drawing.WAIT,
}
_ROLLS_ON = frozenset({State.AWAIT_FINGER, State.TRACKING, State.TAKING})


@dataclass(frozen=True)
class Pictogram:
    name: str  # one of NAMES
    left: bool  # the hand is a left one
    fingers: tuple[int, ...]  # 1 thumb .. 5 little: those that are meant
    says: str  # the text alternative


def pictogram(t: Words, now: Standing) -> Pictogram:
    """The same that `preview.sentence` says in words."""
    name, step = _name(now), now.step
    fingers = () if step is None else tuple((int(one) - 1) % 5 + 1 for one in step.fingers)
    return Pictogram(name, step is not None and step.fingers[0] > FINGERS[4], fingers, _says(t, name, step))


def _name(now: Standing) -> str:
    if now.trouble or now.state is State.PAUSED:
        return Drawing.SCANNER_GONE
    if now.sign:
        return now.sign.value
    if now.step is not None and now.step.mode is Mode.ROLL and now.state in _ROLLS_ON:
        return Drawing.ROLL
    return _OF_STATE[now.state] if now.step is not None else Drawing.DONE


def _says(t: Words, name: str, step: Step | None) -> str:
    return t(f"pictogram.{name}", finger="" if step is None else t(f"finger.{int(step.position)}"))
