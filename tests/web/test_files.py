"""Files of bookings over the core's API: what it takes, hands out, and refuses in words."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.booking.facts import Facts
from agent.booking.records import WantedPhoto
from agent.model.fingers import Position
from agent.model.photo import PhotoKind
from agent.training.demo import training_booking
from agent.web.api import build_api
from agent.web.live import Live
from tests.web.test_api import OneBooking


class Noted:
    """A file desk that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def correct(self, booking_id: str, officer: str, facts: Facts | None, retake: Collection[Position]) -> str | None:
        self.asked.append((booking_id, officer, None if facts is None else facts.subject.name, list(retake)))
        return "LS-0001-OLD"

    async def resend(self, booking_id: str, officer: str) -> str:
        return "e" * 64

    async def envelope(self, booking_id: str, officer: str) -> bytes:
        return b"sealed\x00bytes"

    async def plain_file(self, booking_id: str, officer: str, *, card: bool = False) -> bytes:
        self.asked.append((booking_id, officer))
        return b"plain\x1cbytes"

    async def import_file(self, data: bytes, facts: Facts | None, officer: str) -> Mapping[str, Any]:
        self.asked.append((data, facts, officer))
        return {"booking": "20261124-00000002", "ignored": ["plain thumbs"]}

    async def add_photo(self, booking_id: str, officer: str, wanted: WantedPhoto) -> int:
        self.asked.append((booking_id, officer, wanted))
        return 1

    def control_numbers(self) -> Mapping[str, Any]:
        return {"tcns": [], "gaps": []}


@pytest.fixture
def desk() -> Noted:
    return Noted()


@pytest.fixture
def client(desk: Noted) -> TestClient:
    return TestClient(build_api(OneBooking(), Live(), files=desk))


def test_a_correction_carries_facts_and_fingers(client: TestClient, desk: Noted) -> None:
    body = {"officer": "officer-02", "facts": training_booking({})["facts"], "retake": ["9", 14]}
    answer = client.post("/api/bookings/x/correction", json=body)
    assert answer.json() == {"booking": "x", "corrects": "LS-0001-OLD"}
    assert desk.asked == [("x", "officer-02", "TRAINING,SAM A", [Position.LEFT_RING, Position.PLAIN_LEFT_FOUR])]


def test_files_go_out_byte_for_byte_and_the_plain_one_to_a_named_officer(client: TestClient, desk: Noted) -> None:
    assert client.get("/api/bookings/x/envelope").content == b"sealed\x00bytes"
    assert client.post("/api/bookings/x/file", json={"officer": "officer-02"}).content == b"plain\x1cbytes"
    assert client.post("/api/bookings/x/file", json={}).status_code == 400
    assert client.get("/api/bookings/x/file").status_code == 405
    assert desk.asked == [("x", "officer-02")]


def test_a_file_comes_in_as_base64(client: TestClient, desk: Noted) -> None:
    body = {"officer": "officer-02", "file": base64.b64encode(b"\x00card").decode()}
    answer = client.post("/api/imports", json=body)
    assert (answer.status_code, answer.json()) == (201, {"booking": "20261124-00000002", "ignored": ["plain thumbs"]})
    assert desk.asked == [(b"\x00card", None, "officer-02")]


def test_a_photo_says_what_it_is_of(client: TestClient, desk: Noted) -> None:
    body = {"officer": "officer-02", "kind": "tattoo", "mark": "TAT L ARM", "picture": base64.b64encode(b"jpeg").decode()}
    assert client.post("/api/bookings/x/photos", json=body).json() == {"booking": "x", "photo": 1}
    assert desk.asked == [("x", "officer-02", WantedPhoto(PhotoKind.TATTOO, "TAT L ARM", None, b"jpeg"))]
    assert client.post("/api/bookings/x/photos", json={"officer": "officer-02"}).status_code == 201


def test_the_rest(client: TestClient) -> None:
    assert client.post("/api/bookings/x/resend").json()["envelope_sha256"] == "e" * 64
    assert client.get("/api/tcns").json() == {"tcns": [], "gaps": []}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("correction", {"facts": None}, "No officer"),
        ("correction", {"officer": "o", "retake": ["thumb"]}, "not numbers of finger positions"),
        ("correction", {"officer": "o", "retake": 7}, "not numbers of finger positions"),
        ("correction", {"officer": "o", "facts": {"subject": 1}}, "not complete"),
        ("photos", {"officer": "o", "kind": "dog"}, "FACE, SCAR, MARK, TATTOO"),
        ("photos", {"officer": "o", "picture": "%%%"}, "not base64"),
        ("photos", {"officer": ["o"]}, "No officer"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(client: TestClient, desk: Noted, path: str, body: dict[str, Any], said: str) -> None:
    answer = client.post(f"/api/bookings/x/{path}", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["what"]
    assert desk.asked == []


def test_a_file_that_is_not_base64_is_refused(client: TestClient) -> None:
    for file in (None, 5, "§"):
        assert "not base64" in client.post("/api/imports", json={"officer": "o", "file": file}).json()["what"]
