"""What the liaison owes because of a detainer, as it stands now: a notice that is due, a hold near its limit, a limit reached. Pure.

Told from the record and the clock each time, never stored; none of it holds anybody (SOP 2.2.3, 3.2.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from agent.casework.detainer_states import DetainerState
from agent.casework.detainers import DetainerView
from agent.model.booking import BookingId


class DutyKind(StrEnum):
    NOTICE = "notice"  # ICE is to be told of a release or transfer
    HOLD = "hold"  # an alarm before the earlier limit is on
    LIMIT = "limit"  # reached: release unless another lawful basis


@dataclass(frozen=True)
class Duty:
    kind: DutyKind
    detainer: str
    booking: BookingId
    words: str  # one sentence
    due: datetime | date  # a local day for a notice, UTC for a limit


def duties(views: Iterable[DetainerView]) -> tuple[Duty, ...]:
    """Of every detainer that has not been dealt with, the most urgent kind first."""
    found = [duty for view in views for duty in _of(view)]
    return tuple(sorted(found, key=lambda one: (list(DutyKind)[::-1].index(one.kind), one.due.isoformat())))


def _of(view: DetainerView) -> Iterator[Duty]:
    id_, booking = view.detainer.id, view.detainer.booking
    if view.hold is not None and view.hold_words is not None and view.state in (DetainerState.HOLD_RUNNING, DetainerState.LIMIT_REACHED):
        if view.hold_words.reached or view.state is DetainerState.LIMIT_REACHED:
            yield Duty(DutyKind.LIMIT, id_, booking, view.hold_words.sentence, view.hold.earlier)
        elif view.hold_words.alarm_hours is not None:
            yield Duty(DutyKind.HOLD, id_, booking, view.hold_words.sentence, view.hold.earlier)
    if view.notice is not None and not view.notice.done:
        yield Duty(DutyKind.NOTICE, id_, booking, view.notice.words, view.notice.due)
