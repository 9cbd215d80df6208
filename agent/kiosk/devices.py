"""The scanner, the pedal and the camera for whoever looks after them: who each is, how it is, what was wrong lately, and a test of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from agent.access.roles import Right
from agent.capture.view import LiveView
from agent.kiosk.asking import form_of
from agent.kiosk.frame import Frame, csrf_of, go, words_of
from agent.kiosk.preview import Session, words_at
from agent.kiosk.words import Words
from agent.web.devices import DeviceDesk
from agent.web.pages import Page

_LOOK_AGAIN = 0.5  # s between two looks whether a booking has begun
CALIBRATION = {"over": "bad", "soon": "care", "not_told": "none", "not_followed": "none", "simulated": "none", "in_date": "good"}
PEDAL = {"unopened": "none", "absent": "bad", "waiting": "good", "stuck": "care", "lost": "bad"}
TRIED = {"waiting": "now", "pressed": "good", "nothing": "bad"}
CAMERA = {"there": "none", "absent": "bad", "busy": "now", "unknown": "none"}
UNUSED = ("pedal", "ledpanel")
ERRORS = ("gone", "busy", "timeout", "garbled", "refused", "self_test", "other")
LINKS = ("low", "full", "high", "super", "super+")
ROWS = ("model", "serial", "firmware", "driver", "link", "where", "certified", "simulated", "held_by", "asked_at")


def pages(frame: Frame) -> Sequence[Page]:
    desk = frame.parts.devices

    async def show(request: Request) -> Response:
        found, t = await desk.report(), words_of(request)
        rows, errors = _rows(t, found, frame), _errors(t, found)
        others = await _beside(desk)
        return await frame.page(request, "devices.html", found=found, rows=rows, marks=CALIBRATION, errors=errors, **others)

    async def beside(request: Request) -> Response:
        return await frame.fragment(request, "devices_beside.html", csrf=csrf_of(request), **await _beside(desk))

    async def try_pedal(request: Request) -> Response:
        await form_of(request)
        await desk.try_pedal()
        return go("/devices#pedal")

    async def try_camera(request: Request) -> Response:
        await form_of(request)
        await desk.try_camera()
        return go("/devices#camera")

    async def self_test(request: Request) -> Response:
        await form_of(request)
        await desk.self_test()
        return go("/devices")

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        async with desk.looked_at() as view:
            await Session(socket, frame, OfScanner(desk, view, words_at(socket)), again=_LOOK_AGAIN).run()

    return (
        Page("GET", "/devices", show, Right.DEVICES),
        Page("POST", "/devices/self-test", self_test, Right.DEVICES),
        Page("GET", "/devices/beside", beside, Right.DEVICES, by_itself=True),
        Page("POST", "/devices/pedal", try_pedal, Right.DEVICES),
        Page("POST", "/devices/camera", try_camera, Right.DEVICES),
        Page("WS", "/live-scanner", live, Right.DEVICES, by_itself=True),
    )


async def _beside(desk: DeviceDesk) -> dict[str, Any]:
    return {**await desk.beside(), "pedal_marks": PEDAL, "tried_marks": TRIED, "camera_marks": CAMERA}


class OfScanner:
    """What the scanner sees while no booking has it."""

    def __init__(self, desk: DeviceDesk, view: LiveView, t: Words) -> None:
        self._desk = desk
        self._t = t
        self.view = view

    @property
    def open(self) -> bool:
        return not self._desk.busy

    def standing(self) -> dict[str, Any]:
        if self._desk.busy:
            return {"state": "busy", "sentence": self._t("devices.live_busy")}
        if self.view.now.sentence:
            return {"state": "trouble", "sentence": self.view.now.sentence}
        shown = self.view.picture is not None
        return {"state": "shown" if shown else "waiting", "sentence": self._t("devices.live_shown" if shown else "devices.live_waiting")}


def _rows(t: Words, found: Mapping[str, Any], frame: Frame) -> Sequence[tuple[str, str]]:
    """Key of the catalogue and what is told. None: it has not been asked; "": it does not tell."""
    model = None if found["model"] is None else f"{found['make']} {found['model']}".strip()
    link = found["link"]
    said = {
        "model": model,
        "serial": found["serial"],
        "firmware": found["firmware"],
        "driver": found["driver"] and f"{found['driver']} ({found['usb_id']})",
        "link": t(f"devices.link_{LINKS.index(link)}") if link else link,
        "where": t(f"devices.where_{found['where']}"),
        "certified": found["certified"],
        "simulated": None if found["simulated"] is None else t("common.yes" if found["simulated"] else "common.no"),
        "held_by": found["held_by"] or t("devices.held_by_nobody"),
        "asked_at": None if found["asked_at"] is None else frame.when(found["asked_at"]),
    }
    return tuple((key, _told(t, said[key], key)) for key in ROWS)


def _told(t: Words, value: str | None, key: str) -> str:
    if value is None:
        return t("devices.not_asked")
    return value or t("devices.not_certified" if key == "certified" else "devices.not_told")


def _errors(t: Words, found: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """With what each means and what to do in the reader's language; the driver's own words beside them."""
    kinds = ((one, one["kind"] if one["kind"] in ERRORS else "other") for one in found["errors"])
    return [
        {**one, "name": t(f"device_error.{kind}"), "means": t(f"device_error_means.{kind}"), "do": t(f"device_error_do.{kind}")}
        for one, kind in kinds
    ]
