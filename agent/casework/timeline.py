"""The officer's thread of one booking: what was sent and received, what is due, who has looked, in the order of time. Pure.

What it tells is marked with whose eyes it is for; who may not see it, is told nothing in its place (`web.withheld`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from agent.casework.clocks import CaseClock, ClockName, Mark
from agent.casework.detainer_record import Detainer
from agent.casework.detainer_states import DetainerEvent
from agent.casework.drafts import Draft, DraftKind
from agent.casework.events import IMMIGRATION_KINDS, CaseEvent, EventKind
from agent.casework.taken import Inbound
from agent.casework.tasks import TASK_WORDS, Task
from agent.casework.viewing import View, What, what_is

_K = EventKind
WORDS: Mapping[EventKind, str] = MappingProxyType(
    {
        _K.CAPTURED: "All impressions were stored.",
        _K.QUALITY_PASSED: "Quality passed.",
        _K.QUALITY_OVERRIDDEN: "Prints below the threshold were taken, each with a reason on record.",
        _K.CHECKED: "The file was opened again and checked.",
        _K.SEALED: "Signed and sealed to the bureau.",
        _K.HANDED_OVER: "Handed over to be sent.",
        _K.QUEUED: "Queued for sending.",
        _K.SENT: "The network took every part; that is not the bureau's word.",
        _K.RECEIVED: "The bureau has it: its signed receipt was verified.",
        _K.REFUSED: "The bureau answered that it does not take it.",
        _K.IMMIGRATION_OFF: "No immigration response is expected for this submission.",
        _K.SRE_IDENT: "The FBI's search answered: identified (SRE).",
        _K.SRE_NON_IDENT: "The FBI's search answered: not identified (SRE).",
        _K.SRE_UNCLEAR: "The FBI's search answered without a finding (SRE): read it.",
        _K.STATE_IDENT: "The state identified the person.",
        _K.ERRT: "The submission was rejected (ERRT): read the messages.",
        _K.IDR_NO_MATCH: "The DHS search returned no match (IDR).",
        _K.IDR_MATCH: "The DHS search returned a match (IDR).",
        _K.IDR_ERROR: "The DHS search could not be made (IDR): inconclusive.",
        _K.IAR: "The LESC's answer came (IAR): read it as sent.",
        _K.LESC_NOT_SEARCHED: "LESC was not searched: this is not a result.",
    }
)
_OF_DETAINER = {DetainerEvent.RELEASED}  # said once, of the booking itself
_IMMIGRATION_CLOCKS = (ClockName.MATCH, ClockName.NO_MATCH)


@dataclass(frozen=True)
class Moment:
    at: datetime  # UTC
    what: str  # event, message, due, seen, task, release, detainer, draft
    words: str  # one sentence
    who: str = ""  # officer id, where a person did it
    tcn: str | None = None
    rid: str | None = None
    eyes: What | None = None  # whose alone; None for all who see bookings
    owed: bool = False  # lies ahead, or has run out unanswered


@dataclass(frozen=True)
class Course:
    """Everything on record of one booking."""

    events: Sequence[CaseEvent] = ()
    inbound: Sequence[Inbound] = ()
    clocks: Sequence[CaseClock] = ()
    views: Sequence[View] = ()
    tasks: Sequence[Task] = ()
    detainers: Sequence[Detainer] = ()
    drafts: Sequence[Draft] = ()
    released: tuple[datetime, str] | None = field(default=None)  # when, and who recorded it


def timeline(course: Course) -> tuple[Moment, ...]:
    """In the order of time; what is owed stands where it is due."""
    found = [
        *_events(course.events),
        *_waiting(course.inbound),
        *_clocks(course.clocks),
        *_views(course.views),
        *_tasks(course.tasks),
        *_deeds(course.detainers),
        *_drafts(course.drafts),
    ]
    if course.released:
        found.append(Moment(course.released[0], "release", "Released or transferred.", course.released[1]))
    return tuple(sorted(found, key=lambda one: one.at))


def _events(events: Iterable[CaseEvent]) -> Iterator[Moment]:
    for event in events:
        eyes = What.IMMIGRATION if event.kind in IMMIGRATION_KINDS else None
        yield Moment(event.at, "event", WORDS[event.kind], tcn=event.tcn, rid=event.rid, eyes=eyes)


def _waiting(inbound: Iterable[Inbound]) -> Iterator[Moment]:
    """Messages that wait for a person."""
    for one in inbound:
        if one.taken is not None and one.taken.manual:
            eyes = what_is(one.taken.kind) if one.taken.verified else What.IMMIGRATION
            yield Moment(one.arrived_at, "message", one.taken.manual, tcn=one.taken.tcn, rid=one.rid, eyes=eyes, owed=True)


def _clocks(clocks: Iterable[CaseClock]) -> Iterator[Moment]:
    """Of a clock that was stopped, what stopped it stands in the thread already."""
    for clock in clocks:
        if clock.mark in (Mark.RUNNING, Mark.EXPIRED):
            eyes = What.IMMIGRATION if clock.name in _IMMIGRATION_CLOCKS else None
            yield Moment(clock.due, "due", f"{clock.words} Counted from: {clock.basis}.", eyes=eyes, owed=True)


def _views(views: Iterable[View]) -> Iterator[Moment]:
    for view in views:
        given = f", for {view.recipient}" if view.recipient else ""
        yield Moment(view.at, "seen", f"Seen: {view.what}{given}.", view.officer, rid=view.of, eyes=view.what)


def _tasks(tasks: Iterable[Task]) -> Iterator[Moment]:
    for task in tasks:
        yield Moment(task.raised_at, "task", TASK_WORDS[task.kind], tcn=task.tcn, rid=task.rid, eyes=task.eyes, owed=task.done_at is None)
        if task.begun_at is not None:
            yield Moment(task.begun_at, "task", "Opened again.", task.begun_by, tcn=task.tcn, eyes=task.eyes)
        if task.done_at is not None:
            yield Moment(task.done_at, "task", "Done.", task.done_by, tcn=task.tcn, eyes=task.eyes)


def _deeds(detainers: Iterable[Detainer]) -> Iterator[Moment]:
    for detainer in detainers:
        for deed in detainer.deeds:
            if deed.event not in _OF_DETAINER:
                words = f"Detainer {detainer.form.name}: {deed.event.replace('_', ' ')}."
                yield Moment(deed.at, "detainer", words, deed.by, eyes=What.DETAINER)


def _drafts(drafts: Iterable[Draft]) -> Iterator[Moment]:
    for draft in drafts:
        query = draft.kind is DraftKind.QUERY
        eyes, name = (What.QUERY, "A name-based query") if query else (What.DETAINER, "An answer to ICE")
        yield Moment(draft.drafted_at, "draft", f"{name} was drafted; nothing is sent from here.", draft.drafted_by, eyes=eyes)
        if draft.let_go_at is not None:
            done = "was released by a person at the agency's terminal" if query else "was approved"
            yield Moment(draft.let_go_at, "draft", f"{name} {done}.", draft.let_go_by, eyes=eyes)
