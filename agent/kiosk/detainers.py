"""A detainer at the page: a form of ICE that came, opened with a reason, its conditions and both limits, and what was done about it.

Every look is on record before anything is shown, a deed when it is written down. Nothing is sent from here, and nothing here holds anybody:
a release is recorded whatever is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.history import Purpose, entry_of
from agent.access.roles import Right
from agent.casework.detainer_forms import forms
from agent.casework.detainer_record import Lodged
from agent.casework.detainer_states import DetainerState
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.kiosk.asking import Form, form_of, upload_of
from agent.kiosk.deeds import CHOICES, forms_of, instant_of, said_of
from agent.kiosk.frame import Frame, go, who
from agent.kiosk.granted import Granted
from agent.web.pages import Page
from agent.web.viewers import roles_now

PAPERS = ("I-200", "I-205", "judicial_warrant")  # that may come with a form
_LONGEST = 500  # characters of what is read from a form


class DetainerPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._desk = frame.parts.liaison
        self._granted = Granted()

    async def why(self, request: Request, error: LivescanError | None = None) -> Response:
        values: dict[str, Any] = {"purposes": list(Purpose), "error": error, "action": request.url.path}
        return await self._frame.page(request, "detainer_why.html", 400 if error else 200, **values)

    async def opened(self, request: Request) -> Response:
        """The reason first; then the record."""
        form, id_ = await form_of(request), _id(request)
        try:
            viewer = await self._viewer(form)
            await self._desk.shown(id_, viewer)
        except LivescanError as error:
            return await self.why(request, error)
        return go(f"/detainer/{id_}/{self._granted.give((id_,), viewer)}")

    async def search(self, request: Request) -> Response:
        """Persons with a lodged detainer, and nobody else (SOP 2.2.5)."""
        form = await form_of(request)
        try:
            found = await self._desk.found(await self._viewer(form))
        except LivescanError as error:
            return await self.why(request, error)
        lines = [{**one, "name": await self._frame.parts.intake.name_of(str(one["booking"]))} for one in found]
        return await self._frame.page(request, "detainers_found.html", found=lines)

    async def show(self, request: Request, error: LivescanError | None = None) -> Response:
        id_, viewer = _id(request), self._reader(request)
        found = await self._desk.shown(id_, viewer)
        drafts = [one for one in await self._desk.drafts(str(found["booking"]), viewer) if one["detainer"] == id_]
        values = {"one": found, "drafts": drafts, "deeds": forms_of(DetainerState(found["state"])), "choices": CHOICES, "error": error}
        name = await self._frame.parts.intake.name_of(str(found["booking"]))
        return await self._frame.page(request, "detainer.html", 400 if error else 200, name=name, base=_base(request), **values)

    async def document(self, request: Request) -> Response:
        """The form as it came, to be kept and not to be run."""
        viewer = self._reader(request)
        data = await self._desk.document(_id(request), viewer)
        return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": 'attachment; filename="form.bin"'})

    async def deed(self, request: Request) -> Response:
        form, _ = await form_of(request), self._reader(request)
        event = form.text("event")
        try:
            at = instant_of(form.text("at"), self._frame.parts.place.time_zone)
            await self._desk.deed(_id(request), event, who(), said_of(event, form.firsts()), at)
        except LivescanError as error:
            return await self.show(request, error)
        return go(_base(request), "saved")

    async def released(self, request: Request) -> Response:
        """Always legal, whatever is open."""
        form, viewer = await form_of(request), self._reader(request)
        found = await self._desk.shown(_id(request), viewer)
        at = instant_of(form.text("at"), self._frame.parts.place.time_zone)
        await self._desk.released(str(found["booking"]), who(), at)
        return go(_base(request), "saved")

    async def answer(self, request: Request) -> Response:
        await form_of(request)
        self._reader(request)
        try:
            await self._desk.draft_answer(_id(request), who())
        except LivescanError as error:
            return await self.show(request, error)
        return go(_base(request), "saved")

    async def approve(self, request: Request) -> Response:
        form, viewer = await form_of(request), self._reader(request)
        found = await self._desk.shown(_id(request), viewer)
        try:
            await self._desk.let_go(str(found["booking"]), form.text("draft"), who(), roles_now())
        except LivescanError as error:
            return await self.show(request, error)
        return go(_base(request), "saved")

    async def blank(self, request: Request, error: LivescanError | None = None) -> Response:
        booking = str(request.path_params["booking_id"])
        facts = await self._frame.parts.intake.facts(booking)
        values = {"booking": booking, "name": facts.subject.name, "forms": forms().values(), "papers": PAPERS, "error": error}
        return await self._frame.page(request, "detainer_new.html", 400 if error else 200, **values)

    async def lodge(self, request: Request) -> Response:
        """A form that came: the paper itself, and what a person reads from it."""
        form, files = await upload_of(request)
        try:
            received = instant_of(form.text("received_at"), self._frame.parts.place.time_zone)
            read = _lodged(form, received or self._frame.parts.clock.now())
            await self._desk.lodge(str(request.path_params["booking_id"]), files.get("document", b""), read, who())
        except LivescanError as error:
            return await self.blank(request, error)
        return go("/liaison", "lodged")

    async def _viewer(self, form: Form) -> Viewer:
        """On the audit record with its purpose before anything is shown. Raises NoReason."""
        place = self._frame.parts.place
        said = {"purpose": form.text("purpose")}
        await self._frame.parts.note(entry_of(said, who=who(), booking=None, ori=place.ori, door="page"))
        return Viewer(who(), roles_now(), form.text("reason"))

    def _reader(self, request: Request) -> Viewer:
        return self._granted.of(str(request.path_params["grant"]), (_id(request),))


def pages(frame: Frame) -> Sequence[Page]:
    of = DetainerPages(frame)
    one, read = "/detainer/{detainer}", "/detainer/{detainer}/{grant}"
    return (
        Page("GET", "/detainers", of.why, Right.SEARCH_DETAINERS),
        Page("POST", "/detainers", of.search, Right.SEARCH_DETAINERS),
        Page("GET", one, of.why, Right.READ_DETAINER),
        Page("POST", one, of.opened, Right.READ_DETAINER),
        Page("GET", read, of.show, Right.READ_DETAINER),
        Page("GET", read + "/document", of.document, Right.READ_DETAINER),
        Page("POST", read + "/deed", of.deed, Right.LIAISE),
        Page("POST", read + "/released", of.released, Right.LIAISE),
        Page("POST", read + "/answer", of.answer, Right.LIAISE),
        Page("POST", read + "/approve", of.approve, Right.LIAISE),
        Page("GET", "/booking/{booking_id}/detainer", of.blank, Right.LIAISE),
        Page("POST", "/booking/{booking_id}/detainer", of.lodge, Right.LIAISE),
    )


def _id(request: Request) -> str:
    return str(request.path_params["detainer"])


def _base(request: Request) -> str:
    return f"/detainer/{_id(request)}/{request.path_params['grant']}"


def _lodged(form: Form, received_at: datetime) -> Lodged:
    """Raises LivescanError."""
    read: Mapping[str, str] = {name: form.text(name) for name in ("form", "ice_office", "ice_officer", "subject_number", "probable_cause")}
    if any(len(one) > _LONGEST for one in read.values()):
        raise LivescanError(f"That is longer than {_LONGEST} characters.", means="Nothing was recorded.", do="Shorten it.")
    attached = frozenset(one for one in form.texts("attached") if one in PAPERS)
    return Lodged(**read, received_at=received_at, attached=attached)
