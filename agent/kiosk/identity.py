"""Who it is and what for: what the jail says beside what is to be sent, and what is to be mended, before, between and after the prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.access.roles import Right
from agent.booking.facts import Facts
from agent.kiosk import forms
from agent.kiosk.asking import Form, form_of
from agent.kiosk.frame import Frame, go, who, words_of
from agent.kiosk.pickers import LISTS, code_list
from agent.kiosk.spoken import spoken
from agent.model.booking import Charge
from agent.web.pages import Page


@dataclass(frozen=True)
class Subject:
    """Of whom the form is: somebody on the list, or a booking."""

    arrival: str  # id on the list, "" none
    booking: str  # "" none yet
    at: str = ""  # path of the form where it is another page's

    @property
    def path(self) -> str:
        if self.at:
            return self.at
        return f"/booking/{self.booking}/identity" if self.booking else f"/person/{self.arrival}"


class Identity:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._intake = frame.parts.intake

    async def of(self, request: Request) -> Subject:
        """Raises IntakeError."""
        if "booking_id" in request.path_params:
            booking = str(request.path_params["booking_id"])
            found = await self._intake.of_booking(booking)
            return Subject(found.id if found else "", booking)
        arrival = await self._intake.arrival(str(request.path_params["arrival"]))
        return Subject(arrival.id, arrival.booking or "")

    async def facts(self, subject: Subject) -> Facts:
        return await self._intake.facts(subject.booking) if subject.booking else await self._intake.form(subject.arrival)

    async def keep(self, subject: Subject, facts: Facts) -> None:
        if subject.booking:
            await self._intake.change(subject.booking, facts)
        else:
            await self._intake.save(subject.arrival, facts)

    async def typed(self, subject: Subject, form: Form) -> tuple[Facts, tuple[forms.Wrong, ...]]:
        """Kept, whatever is wrong with it; and all that is to be mended."""
        facts, unread = forms.typed(form, await self.facts(subject))
        await self.keep(subject, facts)
        return facts, (*unread, *forms.wrong_of(self._intake.check(facts)))

    async def show(
        self, request: Request, subject: Subject, wrong: Sequence[forms.Wrong], status: int = 200, facts: Facts | None = None
    ) -> Response:
        """`facts`: as typed, where they are not kept."""
        facts = await self.facts(subject) if facts is None else facts
        jail = await self._intake.jail_says(subject.arrival) if subject.arrival else None
        charges = (*facts.arrest.charges, *[Charge("")] * max(1, 2 - len(facts.arrest.charges)))
        return await self._frame.page(
            request,
            "identity.html",
            status,
            subject=subject,
            person=forms.PERSON,
            arrest=forms.ARREST,
            values=forms.shown(facts),
            jail=jail is not None,
            differs=forms.differing(jail, facts),
            lists=LISTS,
            charges=charges,
            jail_charges=[] if jail is None or jail.arrest.charges == facts.arrest.charges else jail.arrest.charges,
            wrong=wrong,
            at={one.place: one for one in reversed(wrong)},
            name=facts.subject.name,
            day=_day,
        )


def pages(frame: Frame) -> Sequence[Page]:
    identity = Identity(frame)

    async def show(request: Request) -> Response:
        subject = await identity.of(request)
        if subject.booking and "arrival" in request.path_params:
            return go(subject.path)
        wrong = forms.wrong_of(frame.parts.intake.check(await identity.facts(subject)))
        return await identity.show(request, subject, wrong if "check" in request.query_params else ())

    async def save(request: Request) -> Response:
        subject, form = await identity.of(request), await form_of(request)
        facts, wrong = await identity.typed(subject, form)
        if form.text("take"):
            jail = await frame.parts.intake.jail_says(subject.arrival) if subject.arrival else None
            await identity.keep(subject, forms.taken_over(facts, jail, form.text("take")))
            return go(subject.path)
        if "application/json" in request.headers.get("accept", ""):
            return _told(request, wrong)
        if form.text("then") == "add_charge":
            return go(f"{subject.path}#charge-{len(facts.arrest.charges) + 1}")
        if form.text("then") in ("prints", "anyway"):
            return await _to_prints(subject, wrong, request, anyway=form.text("then") == "anyway")
        if wrong:
            return await identity.show(request, subject, wrong, 422)
        return go(f"/booking/{subject.booking}/send" if subject.booking else subject.path, "saved")

    async def _to_prints(subject: Subject, wrong: Sequence[forms.Wrong], request: Request, *, anyway: bool) -> Response:
        """Prints may come first (SOP 3.1.1); what is wrong is said, and asked for again before it is sent."""
        if wrong and not (anyway or subject.booking):
            return await identity.show(request, subject, wrong, 422)
        booking = subject.booking or await frame.parts.intake.begin(subject.arrival, who())
        return go(f"/booking/{booking}/hands")

    return (
        Page("GET", "/person/{arrival}", show, Right.BOOK),
        Page("POST", "/person/{arrival}", save, Right.BOOK),
        Page("GET", "/booking/{booking_id}/identity", show, Right.BOOK),
        Page("POST", "/booking/{booking_id}/identity", save, Right.BOOK),
        Page("GET", "/codes/{name}", code_list, Right.STATUS, by_itself=True),
    )


def _told(request: Request, wrong: Sequence[forms.Wrong]) -> Response:
    """For the script that keeps the draft: how many things, and what is wrong where."""
    t = words_of(request)
    counted = t("identity.to_fix", n=len(wrong)) if len(wrong) != 1 else t("identity.one_to_fix")
    said = counted if wrong else t("identity.all_good")
    return JSONResponse({"said": said, "wrong": {one.place: spoken(t, one.sentence) for one in reversed(wrong)}})


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()
