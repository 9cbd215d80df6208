"""Every route of the core is somebody's, and what is asked is on record before it is done."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.access.roles import TABLE, Right, Role
from agent.audit.book import AuditError
from agent.audit.entries import Entry, Event, Outcome
from agent.casework.viewing import ROLES
from agent.training.demo import training_booking
from agent.web.api import build_api
from agent.web.guard import COOKIE, Guard, Rules, right_of
from agent.web.live import Live
from tests.access.counter import ORIGIN, PASSWORD, Counter
from tests.web.test_api import OneBooking

BOOKING = "20261124-7K3M9Q2X"


class OnSocket:
    """As a UNIX socket looks to an application."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application({**scope, "server": ("/run/core.sock", None)}, receive, send)


class Place:
    def __init__(self, folder: Path) -> None:
        self.counter = Counter(folder)
        self.counter.officer("officer-07", Role.BOOKING_OFFICER)
        self.station = OneBooking()

    def guarded(self, *, required: bool) -> Guard:
        rules = Rules(self.counter.desk, self._note, required, ORIGIN, "ZZ0010000")
        api = build_api(self.station, Live(), access=self.counter.desk)
        api.router.routes.append(Route("/api/bookings/{id}/replies", _replies))
        return Guard(api, rules)

    def socket(self, token: str = "", *, required: bool = True) -> TestClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(OnSocket(self.guarded(required=required)), headers=headers)

    def page(self, token: str = "") -> TestClient:
        return TestClient(self.guarded(required=True), cookies={COOKIE: token} if token else {})

    async def _note(self, entry: Entry) -> None:
        self.counter.noted.append(entry)


async def _replies(_: Request) -> JSONResponse:
    return JSONResponse({"replies": []})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.counter.store.close()


def every_route() -> list[tuple[str, str]]:
    anything: Any = MagicMock()
    desks = [name for name, one in inspect.signature(build_api).parameters.items() if one.kind is one.KEYWORD_ONLY and name != "pages"]
    made: Starlette = build_api(anything, Live(), **dict.fromkeys(desks, anything))
    example = {"booking_id": BOOKING, "fgp": "2", "number": "1", "officer": "officer-07", "what": "reset"}
    example |= {"rid": "a" * 64, "kind": "rejected", "detainer": "b" * 64, "draft": "c" * 16, "tcn": "LS-0001-01K", "program": "jail"}
    found = []
    for route in made.routes:
        assert isinstance(route, Route)
        path = route.path
        for name, value in example.items():
            path = re.sub(rf"{{{name}(:[a-z]+)?}}", value, path)
        found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


@pytest.mark.parametrize(("method", "path"), every_route(), ids=lambda one: one)
def test_every_route_of_the_core_is_in_the_table(method: str, path: str) -> None:
    if (method, path) not in {("GET", "/api/notice"), ("POST", "/api/sign-in"), ("POST", "/api/sign-in/challenge")}:
        assert right_of(method, path) is not None, "add it to web.guard.ROUTES: a route that is not there is nobody's"


def test_whoever_books_is_named_by_the_session_not_by_the_request(place: Place) -> None:
    client = place.socket(place.counter.sign_in("officer-07"))
    body = training_booking({})
    assert client.post("/api/bookings", json={**body, "officer": ""}).status_code == 201
    assert client.post("/api/bookings", json={**body, "officer": "officer-99"}).status_code == 400
    asked = [entry for entry in place.counter.noted if entry.event is Event.ASKED]
    assert [(entry.who, entry.door, entry.facts["right"]) for entry in asked] == [("officer-07", "socket", "book")] * 2


def test_what_a_role_may_not_is_refused_and_on_record(place: Place) -> None:
    client = place.socket(place.counter.sign_in("officer-07"))
    assert client.get("/api/officers").status_code == 403
    assert client.get(f"/api/bookings/{BOOKING}/replies", headers={"livescan-purpose": "court"}).status_code == 403
    denied = [entry for entry in place.counter.noted if entry.outcome is Outcome.DENIED]
    assert [(entry.facts["right"], entry.booking) for entry in denied] == [("officers", None), ("history", BOOKING)]


def test_nobody_signed_in_sees_the_status_and_nothing_else(place: Place) -> None:
    place.counter.officer("admin-1", Role.ADMIN)
    client = place.socket()
    assert client.get("/api/status").status_code == 200
    for method, path in every_route():
        if path.startswith("/api/") and path not in ("/api/status", "/api/notice", "/api/sign-in", "/api/sign-in/challenge"):
            assert client.request(method, path).status_code == 401, path
    assert place.page().get("/api/status").status_code == 401


def test_the_first_administrator_is_made_by_the_sockets_owner_and_then_nobody_is(place: Place) -> None:
    client = place.socket()
    said = {"officer": "admin-1", "roles": ["admin"]}
    assert client.post("/api/officers", json=said).status_code == 201
    assert [entry.who for entry in place.counter.noted if entry.event is Event.OFFICER_CHANGED][-1] == "service"
    assert client.post("/api/officers", json={**said, "officer": "admin-2"}).status_code == 401


def test_without_required_sign_in_the_sockets_owner_is_service_and_on_record(place: Place) -> None:
    client = place.socket(required=False)
    assert client.post("/api/bookings", json=training_booking({})).status_code == 201
    assert place.counter.noted[-1].who == "service"


def test_history_is_asked_with_a_reason_and_recorded_before_it_is_shown(place: Place) -> None:
    place.counter.officer("liaison-1", Role.RECORDS_LIAISON)
    client = place.socket(place.counter.sign_in("liaison-1"))
    path = f"/api/bookings/{BOOKING}/replies"
    assert client.get(path).status_code == 400
    assert client.get(path, headers={"livescan-purpose": "court", "livescan-requester": "judge-1"}).status_code == 200
    entry = place.counter.noted[-1]
    assert (entry.event, entry.who, entry.booking, entry.facts["requester"]) == (Event.HISTORY_SHOWN, "liaison-1", BOOKING, "judge-1")


def test_a_locked_session_says_so_and_is_unlocked(place: Place) -> None:
    client = place.socket(place.counter.sign_in("officer-07"))
    place.counter.later(minutes=31)
    assert client.get("/api/bookings").status_code == 423
    body = {"officer": "officer-07", "password": PASSWORD, "code": place.counter.code("officer-07")}
    assert client.post("/api/session/unlock", json=body).status_code == 200
    assert client.get("/api/bookings").status_code == 200


def test_a_page_that_asks_by_itself_keeps_no_session_awake(place: Place) -> None:
    client = place.socket(place.counter.sign_in("officer-07"))
    for _ in range(4):
        place.counter.later(minutes=8)
        answer = client.get("/api/status")
    assert answer.status_code == 423


def test_a_first_password_opens_nothing_but_its_own_change(place: Place) -> None:
    made = place.counter.desk.add("officer-08", [Role.SUPERVISOR], by="admin-1", door="socket")
    place.counter.learn(made)
    token = place.counter.desk.sign_in(place.counter.proof("officer-08", password=made.password), notice=True, door="socket")
    client = place.socket(token)
    assert client.get("/api/bookings").status_code == 403
    assert client.post("/api/session/password", json={"password": made.password, "new": PASSWORD}).status_code == 200
    assert client.get("/api/bookings").status_code == 200


def test_signing_in_on_the_page_gives_a_cookie_that_scripts_and_other_pages_do_not_get(place: Place) -> None:
    place.counter.later(seconds=31)
    client = place.page()
    body = {"officer": "officer-07", "password": PASSWORD, "code": place.counter.code("officer-07"), "notice": True}
    answer = client.post("/api/sign-in", json=body)
    assert "token" not in answer.json()
    for word in ("HttpOnly", "SameSite=strict"):
        assert word in answer.headers["set-cookie"]
    assert len(client.get("/api/notice").json()["notice"]) == 4


def test_another_page_changes_nothing_with_the_cookie(place: Place) -> None:
    client = place.page(place.counter.sign_in("officer-07"))
    assert client.get("/api/bookings").status_code == 200
    assert client.post("/api/bookings", json=training_booking({}), headers={"origin": "http://evil.invalid"}).status_code == 403
    said = {**training_booking({}), "officer": ""}
    assert client.post("/api/bookings", json=said, headers={"origin": ORIGIN}).status_code == 201


def test_a_made_up_token_is_nobodys(place: Place) -> None:
    assert place.socket("x" * 43).get("/api/bookings").status_code == 401


def test_nothing_is_done_that_cannot_be_recorded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_place: Place, _entry: Entry) -> None:
        raise AuditError("The disk is full.")

    monkeypatch.setattr(Place, "_note", full)
    client = place.socket(place.counter.sign_in("officer-07"))
    assert client.post("/api/bookings", json={**training_booking({}), "officer": ""}).status_code == 503
    assert place.station.opened == []


def test_every_right_is_used() -> None:
    by_casework = {casework_right for casework_right in Right if casework_right.startswith(("read_", "search_", "draft_"))}
    assert by_casework == {right for right in Right if TABLE[right] in ROLES.values() and right in by_casework}
    assert {right_of(method, path) for method, path in every_route()} | {Right.HISTORY} | by_casework >= set(Right)
