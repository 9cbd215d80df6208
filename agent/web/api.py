"""The core's HTTP interface: bookings in, their threads out, and what happens now as one JSON value a line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.access.desk import AccessDesk
from agent.booking.facts import Facts, facts_from_python
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.web import withheld
from agent.web.auditing import AuditDesk, audit_routes
from agent.web.bodies import LARGEST_FORM, Decision, body_of, decision_of, officer_of
from agent.web.capturing import CaptureDesk, capture_routes
from agent.web.casework import CaseDesk, case_routes
from agent.web.devices import DeviceDesk, device_routes
from agent.web.files import FileDesk, file_routes
from agent.web.gallery import GalleryDesk, gallery_routes
from agent.web.guard import door_of
from agent.web.inbox import InboxDesk, inbox_routes
from agent.web.keeping import RetentionDesk, retention_routes
from agent.web.liaison import LiaisonDesk, liaison_routes
from agent.web.live import Live
from agent.web.pages import Page
from agent.web.programs import program_routes
from agent.web.replies import ReplyDesk, RetakenDesk, TaskDesk, reply_routes, retaken_routes, task_routes
from agent.web.reports import ReportDesk, report_routes
from agent.web.sending import SendingDesk, sending_routes
from agent.web.settings import SettingsDesk, settings_routes
from agent.web.signing_in import access_routes
from agent.web.suspension import SuspensionDesk, suspension_routes
from agent.web.v1 import V1, v1_routes
from agent.web.vouching import challenge, vouched


class Station(Protocol):
    """What the pages and the command line may ask of the core. Every value is JSON-able."""

    async def open_booking(self, facts: Facts, officer: str) -> BookingId: ...
    async def resume(self, booking_id: BookingId) -> None: ...
    async def decide(self, booking_id: str, said: Decision) -> None: ...
    def asked_now(self, booking_id: str) -> Mapping[str, Any] | None: ...
    async def booking(self, booking_id: str) -> Mapping[str, Any] | None: ...
    async def bookings(self) -> Sequence[Mapping[str, Any]]: ...
    async def status(self) -> Mapping[str, Any]: ...


class Pages(Protocol):
    """What `kiosk.site.Kiosk` is."""

    @property
    def pages(self) -> Sequence[Page]: ...
    async def failed(self, request: Request, error: LivescanError) -> Response: ...


def build_api(
    station: Station,
    live: Live,
    *,
    files: FileDesk | None = None,
    capture: CaptureDesk | None = None,
    audit: AuditDesk | None = None,
    cases: CaseDesk | None = None,
    access: AccessDesk | None = None,
    gallery: GalleryDesk | None = None,
    replies: ReplyDesk | None = None,
    tasks: TaskDesk | None = None,
    liaison: LiaisonDesk | None = None,
    reports: ReportDesk | None = None,
    retaken: RetakenDesk | None = None,
    suspension: SuspensionDesk | None = None,
    retention: RetentionDesk | None = None,
    sending: SendingDesk | None = None,
    inbox: InboxDesk | None = None,
    devices: DeviceDesk | None = None,
    settings: SettingsDesk | None = None,
    v1: V1 | None = None,
    pages: Pages | None = None,
) -> Starlette:
    """`files`: corrections, exports and imports. `capture`: trigger, attempts, the hand. `audit`: the record. `cases`: what is
    owed, and the jail's list. `access`: sign-in and officers. `replies`, `tasks`, `retaken`, `liaison`, `reports`: what the bureau
    and ICE sent, what follows from it, and the counts of it. `sending`: undo, the queue. `inbox`: what waits for a person.
    `retention`: how long it is kept. `gallery`: prints booked before. `devices`: the scanner. `settings`: to be read.
    `v1`: what programs ask. `pages`: the kiosk, on localhost. Without them these routes are not there.
    """

    async def status(_: Request) -> Response:
        return JSONResponse(await station.status())

    async def list_bookings(_: Request) -> Response:
        return JSONResponse({"bookings": [withheld.of_summary(one) for one in await station.bookings()]})

    async def show_booking(request: Request) -> Response:
        found = await station.booking(request.path_params["booking_id"])
        if found is None:
            return _refused(LivescanError("There is no such booking on this station.", do="`livescan booking list` shows them."), 404)
        return JSONResponse(withheld.of_booking(found))

    async def open_booking(request: Request) -> Response:
        body = await body_of(request, LARGEST_FORM)
        booking_id = await station.open_booking(facts_from_python(body.get("facts")), officer_of(body))
        if sending is not None and body.get("urgent") is True:
            await sending.mark_urgent(booking_id, True)
        return JSONResponse({"booking": booking_id}, 201)

    async def resume(request: Request) -> Response:
        await station.resume(request.path_params["booking_id"])
        return JSONResponse({"booking": request.path_params["booking_id"]})

    async def decide(request: Request) -> Response:
        booking, body = request.path_params["booking_id"], await body_of(request, LARGEST_FORM)
        said = decision_of(body)
        if access is not None:
            said = await vouched(access, said, body, station.asked_now(booking), booking=booking, door=door_of(request.scope))
        await station.decide(booking, said)
        return JSONResponse({"booking": request.path_params["booking_id"]})

    async def second_challenge(request: Request) -> Response:
        booking, body = request.path_params["booking_id"], await body_of(request, LARGEST_FORM)
        if access is None:
            raise LivescanError("Nobody signs in here.", means="Nothing was decided.")
        asked, door = station.asked_now(booking), door_of(request.scope)
        return JSONResponse(await challenge(access, decision_of(body), body, asked, booking=booking, door=door))

    async def on_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, LivescanError):
            raise error
        on_page = pages is not None and not request.url.path.startswith("/api/")
        return await pages.failed(request, error) if pages is not None and on_page else _refused(error, 400)

    async def events(_: Request) -> Response:
        return StreamingResponse(_lines(live), media_type="application/x-ndjson")

    return Starlette(
        routes=[
            Route("/api/status", status),
            Route("/api/bookings", list_bookings, methods=["GET"]),
            Route("/api/bookings", open_booking, methods=["POST"]),
            Route("/api/bookings/{booking_id}", show_booking),
            Route("/api/bookings/{booking_id}/resume", resume, methods=["POST"]),
            Route("/api/bookings/{booking_id}/decision", decide, methods=["POST"]),
            Route("/api/bookings/{booking_id}/decision/challenge", second_challenge, methods=["POST"]),
            Route("/api/events", events),
            *(file_routes(files) if files else ()),
            *(capture_routes(capture) if capture else ()),
            *(audit_routes(audit) if audit else ()),
            *(access_routes(access) if access else ()),
            *(case_routes(cases) if cases else ()),
            *(gallery_routes(gallery) if gallery else ()),
            *(reply_routes(replies) if replies else ()),
            *(task_routes(tasks) if tasks else ()),
            *(liaison_routes(liaison) if liaison else ()),
            *(report_routes(reports) if reports else ()),
            *(retaken_routes(retaken) if retaken else ()),
            *(suspension_routes(suspension) if suspension else ()),
            *(retention_routes(retention) if retention else ()),
            *(sending_routes(sending) if sending else ()),
            *(inbox_routes(inbox) if inbox else ()),
            *(settings_routes(settings) if settings else ()),
            *(device_routes(devices) if devices else ()),
            *(v1_routes(v1) if v1 else ()),
            *(program_routes(access.programs) if access else ()),
            *((page.route for page in pages.pages) if pages else ()),
        ],
        exception_handlers={LivescanError: on_error},
    )


async def _lines(live: Live) -> AsyncIterator[str]:
    async for event in live.listen():
        if (told := withheld.of_event(event)) is not None:
            yield json.dumps(told) + "\n"


def _refused(error: LivescanError, status: int) -> Response:
    return JSONResponse({"what": error.what, "means": error.means, "do": error.do}, status)
