"""A name-based query (IAQ) at the page: drafted by the records liaison after a no-match IDR, with a reason, where the policy allows it.

Nothing here makes one by itself, and none is sent: what would be asked is shown word for word, a person keeps it as a draft, and a person
releases it at the agency's own terminal (SOP 2.2.7). Who looks and why is on record before anything is shown. No other role sees the page.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.access.desk import NotAllowed
from agent.access.history import Purpose, entry_of
from agent.access.roles import Right
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.kiosk.asking import Form, form_of
from agent.kiosk.frame import Frame, go, who
from agent.kiosk.granted import Granted
from agent.web.liaison import asking_of
from agent.web.pages import Page
from agent.web.viewers import roles_now

TYPED = ("phone", "custody", "offense")  # of the form, beside the reason


class QueryPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._desk = frame.parts.liaison
        self._granted = Granted()

    async def why(self, request: Request, error: LivescanError | None = None) -> Response:
        """Why not, where none may be drafted; else the reason first."""
        booking = _booking(request)
        card = await self._desk.query_card(booking, roles_now())
        if card is None:  # the guard has asked for the right already
            raise NotAllowed("Your roles do not allow that.", means="Nothing was shown.", do="Ask the records liaison.")
        values = {"booking": booking, "name": await self._name(booking), "card": card, "error": error}
        return await self._frame.page(request, "query_why.html", 400 if error else 200, **values)

    async def opened(self, request: Request) -> Response:
        """On record, then what would be asked, and what was drafted before."""
        form, booking = await form_of(request), _booking(request)
        viewer = Viewer(who(), roles_now(), form.text("reason"))
        try:
            await self._on_record(booking)
            text = await self._desk.query_text(booking, asking_of(viewer, _said(form))) if form.text("ask") else ""
            drafts = await self._desk.queries(booking, viewer)
        except LivescanError as error:
            return await self.why(request, error)
        typed = {name: form.text(name) for name in TYPED}
        return await self._shown(request, self._granted.give((booking,), viewer), text=text, drafts=drafts, typed=typed)

    async def show(self, request: Request, error: LivescanError | None = None) -> Response:
        drafts = await self._desk.queries(_booking(request), self._reader(request))
        return await self._shown(request, str(request.path_params["grant"]), drafts=drafts, error=error)

    async def keep(self, request: Request) -> Response:
        """What was shown, and nothing else, as a draft."""
        form, viewer = await form_of(request), self._reader(request)
        try:
            await self._desk.draft_query(_booking(request), asking_of(viewer, _said(form)), form.text("shown") or "none")
        except LivescanError as error:
            return await self.show(request, error)
        return go(_base(request), "query_drafted")

    async def let_go(self, request: Request) -> Response:
        """A person released it at the agency's terminal: that is written down, nothing more."""
        form, _ = await form_of(request), self._reader(request)
        try:
            await self._desk.let_go(_booking(request), form.text("draft"), who(), roles_now())
        except LivescanError as error:
            return await self.show(request, error)
        return go(_base(request), "saved")

    async def _shown(self, request: Request, grant: str, *, text: str = "", error: LivescanError | None = None, **values: Any) -> Response:
        booking = _booking(request)
        shown = hashlib.sha256(text.encode()).hexdigest()
        around = {"booking": booking, "name": await self._name(booking), "base": f"/booking/{booking}/query/{grant}", "error": error}
        filled = {"typed": {}, **around, **values}
        return await self._frame.page(request, "query.html", 400 if error else 200, text=text, shown=shown, **filled)

    async def _on_record(self, booking: str) -> None:
        place = self._frame.parts.place
        said = {"purpose": Purpose.IMMIGRATION.value}
        await self._frame.parts.note(entry_of(said, who=who(), booking=booking, ori=place.ori, door="page"))

    async def _name(self, booking: str) -> str:
        return str(await self._frame.parts.intake.name_of(booking) or booking)

    def _reader(self, request: Request) -> Viewer:
        return self._granted.of(str(request.path_params["grant"]), (_booking(request),))


def pages(frame: Frame) -> tuple[Page, ...]:
    of = QueryPages(frame)
    one, read = "/booking/{booking_id}/query", "/booking/{booking_id}/query/{grant}"
    return (
        Page("GET", one, of.why, Right.DRAFT_QUERY),
        Page("POST", one, of.opened, Right.DRAFT_QUERY),
        Page("GET", read, of.show, Right.DRAFT_QUERY),
        Page("POST", read + "/keep", of.keep, Right.DRAFT_QUERY),
        Page("POST", read + "/let-go", of.let_go, Right.DRAFT_QUERY),
    )


def _said(form: Form) -> dict[str, Any]:
    if form.text("custody") not in ("yes", "no"):
        raise LivescanError("It is not said whether the person is in custody.", means="No query was drafted.", do="Say it.")
    return {"phone": form.text("phone"), "in_custody": form.text("custody") == "yes", "offense": form.text("offense")}


def _booking(request: Request) -> str:
    return str(request.path_params["booking_id"])


def _base(request: Request) -> str:
    return f"/booking/{_booking(request)}/query/{request.path_params['grant']}"
