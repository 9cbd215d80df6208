"""What waits for an officer because of what the bureau said, and the thread of a booking, as pages and the command line ask for them.

A rejected booking is opened again for what the bureau named and nothing else: the impressions it named are taken again, what was typed in
stays as it was unless the reason lies there, and the new submission names the old one (1.010 TCR, `booking.corrections`). That it is to be
done stands here by itself; that it is done now is the officer's word, since the person must be at the scanner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from agent.access.roles import Role
from agent.casework import cases, inbox, tasks, viewing
from agent.casework.clocks import clocks
from agent.casework.detainers import Detainers, release_of
from agent.casework.drafts import Drafts
from agent.casework.duties import Duty, duties
from agent.casework.error_actions import WORDS, ErrorAction
from agent.casework.errors import CaseworkError
from agent.casework.events import latest_tcn
from agent.casework.tasks import TASK_WORDS, Task, TaskKind
from agent.casework.timeline import Course, Moment, timeline
from agent.casework.viewing import ROLES, What
from agent.clock import Clock
from agent.handover.instants import write_instant
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.policy import Jurisdiction
from agent.store.database import Database

MOST = 500  # tasks of one answer
LOCKED = "The bureau rejected the prints, not the facts: what was typed in is locked."


class Reopens(Protocol):
    """The booking room, which alone can send: casework asks it for nothing but what an officer said (`booking.records.Records`)."""

    async def correct(
        self, booking_id: str, officer: str, facts: Any, retake: Collection[Position], *, as_it_is: bool = False
    ) -> str | None: ...


class TaskRefused(CaseworkError):
    """There is no such task, or it does not ask for that."""


class TaskDesk:
    def __init__(
        self,
        *,
        database: Database,
        detainers: Detainers,
        drafts: Drafts,
        records: Reopens,
        clock: Clock,
        policy: Callable[[], Jurisdiction],
        say: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._database = database
        self._detainers = detainers
        self._drafts = drafts
        self._records = records
        self._clock = clock
        self._policy = policy
        self._say = say

    async def open_tasks(self) -> Sequence[Mapping[str, Any]]:
        """What the clock of a detainer says first, then what messages raised, oldest first."""
        raised = [_task(one) for one in await self._database.read(lambda db: tasks.open_tasks(db, MOST))]
        return [*(_duty(one) for one in duties(await asyncio.to_thread(self._detainers.owing))), *raised]

    async def tell(self, rid: str) -> None:
        """Says what a message has raised, to whoever listens."""
        for kind in TaskKind:
            task = await self._database.read(partial(tasks.find, id_=f"{kind}/{rid}"))
            if task is not None and task.done_at is None:
                self._say({"event": "task", "booking": task.booking, "task": task.id, "kind": task.kind, "eyes": task.eyes})

    async def begin(self, id_: str, by: str, roles: Collection[Role], *, facts: Any, retake: Collection[Position]) -> Mapping[str, Any]:
        """The rejected booking is open again. retake: for the officer to name where the bureau named no finger. Raises TaskRefused."""
        task = await self._one(id_, roles)
        positions = _positions(task, retake)
        if facts is not None and not task.facts_open:
            raise TaskRefused(LOCKED, means="Nothing was changed.", do="Take the named fingers again.")
        if facts is None and not positions and ErrorAction.ENCODE_AGAIN not in task.actions:
            raise TaskRefused("Nothing is to be sent anew.", do="Read the messages; name the fingers to take again, or mend the facts.")
        corrects = await self._records.correct(task.booking, by, facts, positions, as_it_is=True)
        now = self._clock.now()
        await self._database.write(partial(tasks.begun, id_=id_, by=by, at=now))
        return {"task": id_, "booking": task.booking, "corrects": corrects, "retake": [int(one) for one in positions]}

    async def done(self, id_: str, by: str, roles: Collection[Role]) -> Mapping[str, Any]:
        """Read, and settled elsewhere: nothing follows from it here. Raises TaskRefused."""
        task = await self._one(id_, roles)
        now = self._clock.now()
        await self._database.write(partial(tasks.done, id_=id_, by=by, at=now))
        return {"task": id_, "booking": task.booking, "done_at": write_instant(now)}

    async def timeline(self, booking_id: str) -> Sequence[Mapping[str, Any]]:
        booking = BookingId(booking_id)
        return [_moment(one) for one in await asyncio.to_thread(lambda: timeline(self._course(booking)))]

    async def _one(self, id_: str, roles: Collection[Role]) -> Task:
        task = await self._database.read(partial(tasks.find, id_=id_))
        if task is None or task.done_at is not None or not ROLES[task.eyes] & set(roles):
            raise TaskRefused("There is no such task.", means="Nothing was changed.", do="`livescan case tasks` lists them.")
        return task

    def _course(self, booking: BookingId) -> Course:
        now, policy = self._clock.now(), self._policy()
        found, drafts = self._detainers.of_booking(booking), self._drafts.of_booking(booking)
        events = self._database.read_now(lambda db: cases.events_of(db, booking))
        tcn = latest_tcn(events)
        return Course(
            events=events,
            clocks=clocks(events, tcn, now, policy.clocks, policy.state) if tcn else (),
            inbound=self._database.read_now(lambda db: inbox.of_booking(db, booking)),
            views=self._database.read_now(lambda db: viewing.views_of(db, booking)),
            tasks=self._database.read_now(lambda db: tasks.of_booking(db, booking)),
            released=self._database.read_now(lambda db: release_of(db, booking)),
            detainers=found,
            drafts=drafts,
        )


def why_locked(database: Database, booking: BookingId) -> str:
    """Why the facts of a booking may not be changed; "" where they may. Blocks for a read."""
    of = database.read_now(lambda db: tasks.of_booking(db, booking))
    rejections = [one for one in of if one.kind is TaskKind.REJECTED and one.done_at is None]
    return LOCKED if rejections and not any(one.facts_open for one in rejections) else ""


def _positions(task: Task, named: Collection[Position]) -> tuple[Position, ...]:
    """The bureau's own; the officer's only where it named none and asks for prints."""
    if task.kind is not TaskKind.REJECTED:
        raise TaskRefused("That task opens no booking again.", means="Nothing was changed.")
    if not named or set(named) <= set(task.retake):
        return task.retake
    if task.retake or not {ErrorAction.RECAPTURE, ErrorAction.MEND_POSITIONS} & set(task.actions):
        raise TaskRefused("The bureau asks for other fingers than these, or for none.", means="Nothing was changed.")
    return tuple(sorted(set(named)))


def _task(task: Task) -> dict[str, Any]:
    return {
        "task": task.id,
        "booking": task.booking,
        "kind": task.kind,
        "words": TASK_WORDS[task.kind],
        "do": [WORDS[action] for action in task.actions],
        "retake": [{"fgp": int(one), "words": one.words} for one in task.retake],
        "facts_open": task.facts_open,
        "tcn": task.tcn,
        "rid": task.rid,
        "raised_at": write_instant(task.raised_at),
        "begun_at": write_instant(task.begun_at) if task.begun_at else None,
        "begun_by": task.begun_by,
        "eyes": task.eyes,
    }


def _duty(one: Duty) -> dict[str, Any]:
    """Closed by what is written down of the detainer, not by a tick."""
    due = write_instant(one.due) if isinstance(one.due, datetime) else one.due.isoformat()
    return {
        "task": f"{one.kind}/{one.detainer}",
        "booking": one.booking,
        "kind": one.kind,
        "words": one.words,
        "do": [],
        "retake": [],
        "facts_open": False,
        "tcn": None,
        "rid": None,
        "raised_at": due,
        "begun_at": None,
        "begun_by": "",
        "eyes": What.DETAINER,
    }


def _moment(one: Moment) -> dict[str, Any]:
    return {
        "at": write_instant(one.at),
        "what": one.what,
        "words": one.words,
        "who": one.who,
        "tcn": one.tcn,
        "rid": one.rid,
        "owed": one.owed,
        "eyes": one.eyes,
    }
