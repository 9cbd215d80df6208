"""What is owed because of a detainer, step by step, for the liaison's cards: by when and by whom. Pure.

Told from the record and the clock each time, never stored. No step holds anybody, and none is a condition of a release (SOP 2.2.1 to 2.2.4,
3.2.4); nothing here is known of what DHS or ICE said of a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from agent.casework.detainer_states import DetainerEvent, DetainerState
from agent.casework.detainers import DetainerView


class Step(StrEnum):
    LIMIT = "limit"  # reached: release unless another lawful basis
    HOLD = "hold"  # the clock to the earlier limit runs
    NOTICE = "notice"  # ICE is to be told of a release or transfer
    ANSWER = "answer"  # the person had left when the form came
    PAPERS = "papers"  # what should have come with the form and did not
    SERVE = "serve"  # the form takes effect only when a copy was served
    FILE = "file"  # into the person's record
    CONDITIONS = "conditions"  # of the form, not ticked off


class Whose(StrEnum):
    LIAISON = "liaison"
    JAIL = "jail"  # whoever has the person in custody
    ICE = "ice"


@dataclass(frozen=True)
class Owed:
    step: Step
    by: Whose
    due: datetime | date | None = None  # UTC for a limit, a local day for a notice; None: as soon as it can be
    count: int = 0  # conditions that are open


def owed_of(view: DetainerView) -> tuple[Owed, ...]:
    """The most urgent first; nothing of one that has ended."""
    if view.state is DetainerState.RELEASED_BEFORE:
        return (Owed(Step.ANSWER, Whose.LIAISON),)
    return (*_hold(view), *_notice(view), *_form(view))


def _hold(view: DetainerView) -> Iterator[Owed]:
    if view.hold is None or view.hold_words is None:
        return
    if view.hold_words.reached or view.state is DetainerState.LIMIT_REACHED:
        yield Owed(Step.LIMIT, Whose.JAIL, view.hold.earlier)
    elif view.state is DetainerState.HOLD_RUNNING:
        yield Owed(Step.HOLD, Whose.ICE, view.hold.earlier)


def _notice(view: DetainerView) -> Iterator[Owed]:
    if view.notice is not None and not view.notice.done:
        yield Owed(Step.NOTICE, Whose.LIAISON, view.notice.due)


def _form(view: DetainerView) -> Iterator[Owed]:
    detainer = view.detainer
    if view.asks_for:
        yield Owed(Step.PAPERS, Whose.ICE)
    if detainer.form.service_before_hold and detainer.at(DetainerEvent.SERVED) is None:
        yield Owed(Step.SERVE, Whose.LIAISON)
    if detainer.at(DetainerEvent.FILED) is None:
        yield Owed(Step.FILE, Whose.LIAISON)
    if view.open_items:
        yield Owed(Step.CONDITIONS, Whose.LIAISON, count=len(view.open_items))
