"""The door on localhost: whose requests are looked at, whose page may be opened, and what no answer is without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent.access.roles import Right, Role
from agent.audit.entries import Entry, Outcome
from agent.errors import LivescanError
from agent.web.guard import COOKIE, Guard, Rules
from agent.web.page_door import PageDoor
from agent.web.pages import Page, page_of
from tests.access.counter import ORIGIN, Counter

HOST = "localhost:8440"


async def _page(request: Request) -> Response:
    return PlainTextResponse("a page")


async def _live(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("live")
    await socket.close()


PAGES = (
    Page("GET", "/sign-in", _page, None),
    Page("GET", "/people", _page, Right.SEE),
    Page("POST", "/people", _page, Right.BOOK),
    Page("GET", "/audit", _page, Right.AUDIT),
    Page("GET", "/locked", _page, Right.OWN, in_locked=True),
    Page("GET", "/chips", _page, Right.STATUS, by_itself=True),
    Page("WS", "/live/{booking_id}", _live, Right.BOOK, by_itself=True),
)


class Kiosk:
    def __init__(self, folder: Path) -> None:
        self.counter = Counter(folder)
        self.turned = 0  # pages that a browser was about to show
        self.counter.officer("officer-07", Role.BOOKING_OFFICER)
        self.token = self.counter.sign_in("officer-07")
        rules = Rules(self.counter.desk, self._note, True, ORIGIN, "ZZ0010000", pages=PAGES, refusal=self._refusal)
        self._application = PageDoor(Guard(Starlette(routes=[page.route for page in PAGES]), rules), ORIGIN, self._turn)

    def client(self, token: str = "", **headers: str) -> TestClient:
        cookies = {COOKIE: token} if token else {}
        client = TestClient(self._application, base_url=ORIGIN, cookies=cookies, follow_redirects=False)
        client.headers.update(headers)
        return client

    def _turn(self) -> None:
        self.turned += 1

    async def _note(self, entry: Entry) -> None:
        self.counter.noted.append(entry)

    def _refusal(self, _: Request, error: LivescanError, status: int) -> Response:
        return PlainTextResponse(error.what, status)


def live(client: TestClient, origin: str) -> WebSocketTestSession:
    return client.websocket_connect("/live/B", headers={"host": HOST, "origin": origin})


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path)
    yield made
    made.counter.store.close()


@pytest.mark.parametrize("host", ["127.0.0.1:8440", "evil.example", "localhost", "localhost:8441", "localhost:8440.evil.example"])
def test_another_name_than_the_stations_own_is_not_answered(kiosk: Kiosk, host: str) -> None:
    assert kiosk.client(kiosk.token, host=host).get("/people").status_code == 403


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://localhost:8441", "https://localhost:8440"])
def test_a_change_from_another_page_is_not_made(kiosk: Kiosk, origin: str) -> None:
    client = kiosk.client(kiosk.token, **({"origin": origin} if origin else {}))
    assert client.post("/people").status_code == 403
    assert kiosk.client(kiosk.token, origin=ORIGIN).post("/people").status_code == 200


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example"])
def test_the_live_picture_is_shown_to_the_stations_own_page_only(kiosk: Kiosk, origin: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        live(kiosk.client(kiosk.token), origin),
    ):
        pass
    with live(kiosk.client(kiosk.token), ORIGIN) as socket:
        assert socket.receive_text() == "live"


def test_the_live_picture_is_shown_to_nobody_who_is_not_signed_in_or_is_locked_out(kiosk: Kiosk) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        live(kiosk.client(), ORIGIN),
    ):
        pass
    assert refused.value.code == 4401
    kiosk.counter.desk.lock(kiosk.token, "page")
    with (
        pytest.raises(WebSocketDisconnect) as locked,
        live(kiosk.client(kiosk.token), ORIGIN),
    ):
        pass
    assert locked.value.code == 4423


def test_pages_are_asked_by_right_and_the_refusal_is_on_record(kiosk: Kiosk) -> None:
    assert kiosk.client().get("/people").status_code == 401
    assert kiosk.client().get("/sign-in").status_code == 200
    client = kiosk.client(kiosk.token)
    assert client.get("/people").status_code == 200
    assert client.get("/audit").status_code == 403
    assert client.get("/nowhere").status_code == 403
    denied = [entry.facts["right"] for entry in kiosk.counter.noted if entry.outcome is Outcome.DENIED]
    assert denied == ["audit", "unlisted"]


def test_a_locked_session_sees_the_lock_and_nothing_else(kiosk: Kiosk) -> None:
    kiosk.counter.desk.lock(kiosk.token, "page")
    client = kiosk.client(kiosk.token)
    assert [client.get(path).status_code for path in ("/people", "/chips", "/locked")] == [423, 423, 200]


def test_what_a_page_asks_for_by_itself_keeps_no_session_awake(kiosk: Kiosk) -> None:
    client = kiosk.client(kiosk.token)
    for _ in range(4):
        kiosk.counter.later(minutes=8)
        client.get("/chips")
    assert client.get("/people").status_code == 423


def test_no_answer_is_without_its_policy(kiosk: Kiosk) -> None:
    for path in ("/sign-in", "/people"):
        headers = kiosk.client(kiosk.token).get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"


def test_a_path_is_matched_whole() -> None:
    found: Any = page_of(PAGES, "GET", "/people/extra")
    assert found is None


def test_what_can_wait_hears_of_a_page_that_is_turned_and_of_nothing_else(kiosk: Kiosk) -> None:
    client = kiosk.client(kiosk.token)
    client.get("/people", headers={"sec-fetch-dest": "document"})
    assert kiosk.turned == 1
    client.get("/chips", headers={"sec-fetch-dest": "empty"})
    client.get("/people", headers={"sec-fetch-dest": "image"})
    client.get("/people", headers={"sec-fetch-dest": "document", "host": "evil.example"})
    assert kiosk.turned == 1
