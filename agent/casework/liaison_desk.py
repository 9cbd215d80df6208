"""Detainers, queries and answers to ICE as pages and the command line ask for them. Each view is on record; nothing is sent from here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from agent.casework import iaq, location_answer, viewing
from agent.casework.cards import Owed, owed_of
from agent.casework.clocks import ClockName, Mark, clocks
from agent.casework.desk import Casework
from agent.casework.detainer_record import Detainer, DetainerRefused, Lodged
from agent.casework.detainer_said import check_said, event_of
from agent.casework.detainer_states import DetainerState
from agent.casework.detainers import Detainers, DetainerView
from agent.casework.drafts import Draft, DraftKind, Drafts
from agent.casework.events import latest_tcn
from agent.casework.iaq import Asking, IaqRefused
from agent.casework.viewing import Viewer, What
from agent.clock import Clock
from agent.handover.instants import write_instant
from agent.model.booking import BookingId, Subject
from agent.policy import Jurisdiction


class LiaisonDesk:
    """subject: what was typed in of a person; there: whether this station has that booking."""

    def __init__(
        self,
        *,
        casework: Casework,
        detainers: Detainers,
        drafts: Drafts,
        clock: Clock,
        policy: Callable[[], Jurisdiction],
        ori: str,
        subject: Callable[[BookingId], Awaitable[Subject]],
        there: Callable[[str], bool],
    ) -> None:
        self._casework = casework
        self._detainers = detainers
        self._drafts = drafts
        self._clock = clock
        self._policy = policy
        self._ori = ori
        self._subject = subject
        self._there = there

    # detainers

    async def lodge(self, booking_id: str, document: bytes, read: Lodged, by: str) -> Mapping[str, Any]:
        """A form of ICE that came. Raises DetainerRefused, CaseworkError."""
        made = await self._detainers.lodge(self._known(booking_id), document, read, by)
        return {"detainer": made.id, "state": made.state}

    async def of_booking(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
        booking = self._known(booking_id)
        await self._seen(viewer, "all of the booking", booking)
        found = await asyncio.to_thread(self._detainers.of_booking, booking)
        return [_shown(await asyncio.to_thread(self._detainers.view, one.id)) for one in found]

    async def shown(self, id_: str, viewer: Viewer) -> Mapping[str, Any]:
        detainer = await asyncio.to_thread(self._detainers.get, id_)
        await self._seen(viewer, id_, detainer.booking)
        return _shown(await asyncio.to_thread(self._detainers.view, id_))

    async def document(self, id_: str, viewer: Viewer) -> bytes:
        """The form as it came."""
        detainer = await asyncio.to_thread(self._detainers.get, id_)
        await self._seen(viewer, id_, detainer.booking)
        return await asyncio.to_thread(self._detainers.document, id_)

    async def found(self, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
        """Persons with a lodged detainer, and nobody else (SOP 2.2.5)."""
        return [_line(one) for one in await self._detainers.search(viewer)]

    async def cards(self) -> Sequence[Mapping[str, Any]]:
        """Detainers of which something is owed: which form, what, by when, by whom; nothing that was read from the form."""
        views = await asyncio.to_thread(lambda: [one for one in self._detainers.owing() if not self._answered(one)])
        return [_line(one.detainer) | {"owed": [_owed(step) for step in owed_of(one)]} for one in views]

    def _answered(self, view: DetainerView) -> bool:
        """The person had left before the form came, and what ICE is told of it was approved."""
        drafts = self._drafts.of_booking(view.detainer.booking) if view.state is DetainerState.RELEASED_BEFORE else ()
        return any(one.detainer == view.detainer.id and one.let_go_at is not None for one in drafts)

    async def silence(self) -> Sequence[Mapping[str, Any]]:
        """Immigration responses that are expected and have not come: until when, and what is said where that is over. None is a result."""
        found = await asyncio.to_thread(lambda: [(one, self._casework.events(one)) for one in self._casework.awaited()])
        policy, now, made = self._policy(), self._clock.now(), []
        for booking, events in found:
            tcn = latest_tcn(events)
            running = clocks(events, tcn, now, policy.clocks, policy.state) if tcn else ()
            own = {one.name: one for one in running if one.name in (ClockName.MATCH, ClockName.NO_MATCH)}
            if own:
                last = own[ClockName.NO_MATCH]
                label = last if last.mark is Mark.EXPIRED else own[ClockName.MATCH]
                late = label.mark is Mark.EXPIRED
                made.append({"booking": booking, "due": write_instant(label.due), "late": label.name if late else None})
        return made

    async def why_off(self) -> str:
        """Why no immigration response is expected of new submissions; "" where one is."""
        return (await asyncio.to_thread(self._policy)).why_off

    async def deed(self, id_: str, word: str, by: str, said: Mapping[str, str], at: datetime | None) -> Mapping[str, Any]:
        """Something was done, now or at a time that has passed. Raises DetainerRefused, NoSuchMove."""
        event = event_of(word)
        detainer = await asyncio.to_thread(self._detainers.get, id_)
        check_said(event, said, detainer.form)
        after = await self._detainers.record(id_, event, by, said, at=at)
        return {"detainer": id_, "state": after.state, "open_items": list(after.open_items())}

    async def released(self, booking_id: str, by: str, at: datetime | None) -> Mapping[str, Any]:
        """Released or transferred: always legal, whatever is open."""
        booking = self._known(booking_id)
        return {"booking": booking, "released_at": write_instant(await self._detainers.released(booking, by, at=at))}

    # drafts

    async def draft_answer(self, id_: str, by: str) -> Mapping[str, Any]:
        """For a person who had left before the form came. Raises DetainerRefused."""
        detainer = await asyncio.to_thread(self._detainers.get, id_)
        released = await asyncio.to_thread(self._detainers.released_at, detainer.booking)
        if released is None:
            raise DetainerRefused("The person had not left before the form came.", do="Follow the form's conditions.")
        made = location_answer.draft(detainer, released, by, self._policy().detainer.policy)
        return _draft(await self._keep(detainer.booking, DraftKind.LOCATION_ANSWER, made.text, by, id_))

    async def may_query(self, booking_id: str, roles: Collection[str]) -> bool:
        """Whether a name-based query may be drafted at all: in one state only, and told to nobody who could not draft it."""
        if iaq.ROLE not in roles:
            return False
        state = await asyncio.to_thread(self._casework.state, self._known(booking_id))
        return iaq.may_be_drafted(state.immigration, self._policy())

    async def query_card(self, booking_id: str, roles: Collection[str]) -> Mapping[str, Any] | None:
        """Why none may be drafted now ("" where one may), and how many were; None for whoever could draft none: they are told nothing."""
        if iaq.ROLE not in roles:
            return None
        booking = self._known(booking_id)
        state = await asyncio.to_thread(self._casework.state, booking)
        drafts = len(await self._queries(booking))
        return {"why_not": iaq.why_closed(roles, state.immigration, self._policy()), "drafts": drafts}

    async def query_text(self, booking_id: str, asking: Asking) -> str:
        """What would be asked, word for word; nothing is kept but that it was looked at, and why. Raises IaqRefused."""
        booking = self._known(booking_id)
        text = await self._asked(booking, asking)
        await self._noted(Viewer(asking.officer, asking.roles, asking.reason), What.QUERY, "a text", booking)
        return text

    async def draft_query(self, booking_id: str, asking: Asking, shown: str = "") -> Mapping[str, Any]:
        """The text, with the reason on record; one that waits already with the same words is that one. Raises IaqRefused.

        shown: SHA-256 of the text that was looked at; where it would be another now, none is drafted.
        """
        booking = self._known(booking_id)
        text = await self._asked(booking, asking)
        if shown and hashlib.sha256(text.encode()).hexdigest() != shown:
            raise IaqRefused("What would be asked is no longer what was shown.", means="No query was drafted.", do="Look at it again.")
        await self._noted(Viewer(asking.officer, asking.roles, asking.reason), What.QUERY, "a draft", booking)
        waiting = [one for one in await self._queries(booking) if one.let_go_at is None and one.text == text]
        return _draft(waiting[0] if waiting else await self._keep(booking, DraftKind.QUERY, text, asking.officer, None))

    async def queries(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
        """Those that were drafted, whatever has become of the state since. Raises ViewRefused."""
        booking = self._known(booking_id)
        viewing.allow(viewer, What.QUERY)
        await self._noted(viewer, What.QUERY, "drafts", booking)
        return [_draft(one) for one in await self._queries(booking)]

    async def _queries(self, booking: BookingId) -> list[Draft]:
        return [one for one in await asyncio.to_thread(self._drafts.of_booking, booking) if one.kind is DraftKind.QUERY]

    async def _asked(self, booking: BookingId, asking: Asking) -> str:
        state = await asyncio.to_thread(self._casework.state, booking)
        return iaq.draft(await self._subject(booking), asking, self._ori, state.immigration, self._policy())

    async def drafts(self, booking_id: str, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
        """Those that somebody with these roles may see."""
        booking = self._known(booking_id)
        await self._seen(viewer, "drafts", booking)
        kinds = _kinds(viewer.roles)
        return [_draft(one) for one in await asyncio.to_thread(self._drafts.of_booking, booking) if one.kind in kinds]

    async def let_go(self, booking_id: str, id_: str, by: str, roles: Collection[str]) -> Mapping[str, Any]:
        """An answer was approved by a second person; a query was released at the agency's own terminal, by whoever could draft one.

        Raises DraftRefused.
        """
        booking = self._known(booking_id)
        kinds = _kinds(roles)
        return _draft(await self._drafts.let_go(booking, id_, by, self._clock.now(), kinds=kinds))

    async def _keep(self, booking: BookingId, kind: DraftKind, text: str, by: str, detainer: str | None) -> Draft:
        return await self._drafts.keep(booking, kind, text, by, self._clock.now(), detainer=detainer)

    def _known(self, booking_id: str) -> BookingId:
        if not self._there(booking_id):
            raise DetainerRefused("There is no such booking on this station.", do="`livescan booking list` shows them.")
        return BookingId(booking_id)

    async def _seen(self, viewer: Viewer, of: str, booking: BookingId) -> None:
        viewing.allow(viewer, What.DETAINER)
        await self._noted(viewer, What.DETAINER, of, booking)

    async def _noted(self, viewer: Viewer, what: What, of: str, booking: BookingId) -> None:
        await self._casework.note_view(viewer, what, of, booking)


def _shown(view: DetainerView) -> dict[str, Any]:
    detainer, lodged = view.detainer, view.detainer.lodged
    return _line(detainer) | {
        "title": detainer.form.title,
        "ice_officer": lodged.ice_officer,
        "subject_number": lodged.subject_number,
        "probable_cause": lodged.probable_cause,
        "attached": sorted(lodged.attached),
        "asks_for": list(view.asks_for),
        "checklist": [{"item": item, "done": item not in view.open_items} for item in detainer.form.checklist],
        "may_be_closed": detainer.may_be_closed(),
        "deeds": [{"event": one.event, "at": write_instant(one.at), "by": one.by, "said": dict(one.said)} for one in detainer.deeds],
        "notice": {"planned": _day(view.notice.planned), "due": _day(view.notice.due), "done": view.notice.done, "words": view.notice.words}
        if view.notice
        else None,
        "hold": _hold(view),
    }


def _hold(view: DetainerView) -> dict[str, Any] | None:
    """Both limits, what the calendar left out, and the one sentence; nothing that says that anybody may be held."""
    if view.hold is None or view.hold_words is None:
        return None
    return {
        "started": write_instant(view.hold.started),
        "straight": write_instant(view.hold.straight),
        "excluding": write_instant(view.hold.excluding),
        "earlier": write_instant(view.hold.earlier),
        "left_out": [_day(day) for day in view.hold.left_out],
        "calendar": view.hold.calendar,
        "reached": view.hold_words.reached,
        "words": view.hold_words.sentence,
        "alarm_hours": view.hold_words.alarm_hours,
    }


def _line(detainer: Detainer) -> dict[str, Any]:
    return {
        "detainer": detainer.id,
        "booking": detainer.booking,
        "form": detainer.lodged.form,
        "state": detainer.state,
        "ice_office": detainer.lodged.ice_office,
        "received_at": write_instant(detainer.lodged.received_at),
    }


def _owed(one: Owed) -> dict[str, Any]:
    due = write_instant(one.due) if isinstance(one.due, datetime) else one.due.isoformat() if one.due else None
    return {"step": one.step, "by": one.by, "due": due, "count": one.count}


def _kinds(roles: Collection[str]) -> Collection[DraftKind]:
    """Of drafts, those that somebody with these roles may see and let go: others are not there for them."""
    return {DraftKind.LOCATION_ANSWER} | ({DraftKind.QUERY} if viewing.ROLES[What.QUERY] & set(roles) else set())


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "draft": draft.id,
        "kind": draft.kind,
        "detainer": draft.detainer,
        "text": draft.text,
        "drafted_at": write_instant(draft.drafted_at),
        "drafted_by": draft.drafted_by,
        "let_go_at": write_instant(draft.let_go_at) if draft.let_go_at else None,
        "let_go_by": draft.let_go_by,
    }


def _day(day: date) -> str:
    return day.isoformat()
