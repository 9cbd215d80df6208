"""The core's API: what it takes, what it refuses in words, and that nothing of a person comes back in a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.booking.facts import Facts
from agent.errors import LivescanError
from agent.model.booking import BookingId
from agent.training.demo import training_booking
from agent.web.api import build_api
from agent.web.bodies import Decision
from agent.web.live import Live


class OneBooking:
    """A station that opens every booking under one number."""

    def __init__(self) -> None:
        self.opened: list[Facts] = []

    async def open_booking(self, facts: Facts, officer: str) -> BookingId:
        self.opened.append(facts)
        return BookingId("20261124-00000001")

    async def resume(self, booking_id: BookingId) -> None:
        raise LivescanError("That booking is not held.")

    async def decide(self, booking_id: str, said: Decision) -> None: ...

    def asked_now(self, booking_id: str) -> Mapping[str, Any] | None:
        return None

    async def booking(self, booking_id: str) -> Mapping[str, Any] | None:
        return None

    async def bookings(self) -> Sequence[Mapping[str, Any]]:
        return []

    async def status(self) -> Mapping[str, Any]:
        return {"station": "LS-0001"}


@pytest.fixture
def station() -> OneBooking:
    return OneBooking()


@pytest.fixture
def client(station: OneBooking) -> TestClient:
    return TestClient(build_api(station, Live()))


def test_a_booking_is_opened_with_its_facts(client: TestClient, station: OneBooking) -> None:
    answer = client.post("/api/bookings", json=training_booking({"9": "XX"}))
    assert (answer.status_code, answer.json()) == (201, {"booking": "20261124-00000001"})
    assert station.opened[0].subject.name == "TRAINING,SAM A"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"facts": null}', "not complete"),
        (b" " * 300_000, "larger than any booking"),
        (b"[" * 200_000, "not JSON"),
        (b'{"facts": {"subject": {}}, "officer": "officer-01"}', "subject.name: Field required"),
    ],
    ids=["broken JSON", "a list", "no facts", "too large", "nested without end", "half the facts"],
)
def test_what_is_no_booking_is_refused_in_words(client: TestClient, station: OneBooking, body: bytes, said: str) -> None:
    answer = client.post("/api/bookings", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["what"]
    assert station.opened == []


def test_a_refusal_repeats_nothing_of_the_person(client: TestClient) -> None:
    body = training_booking({})
    body["facts"]["subject"]["name"] = ["SECRET,NAME"]
    assert "SECRET" not in client.post("/api/bookings", json=body).text


@pytest.mark.parametrize(
    "officer",
    [None, "", "SMITH, JOHN", ["SMITH"], "x" * 41, "\ud800"],
    ids=["none", "empty", "a name", "a list", "too long", "half a character"],
)
def test_only_an_id_names_an_officer(client: TestClient, station: OneBooking, officer: object) -> None:
    answer = client.post("/api/bookings", content=json.dumps(training_booking({}) | {"officer": officer}))
    assert answer.status_code == 400
    assert "No officer is named by an id" in answer.json()["what"]
    assert station.opened == []


def test_a_key_that_is_not_known_is_not_repeated(client: TestClient) -> None:
    body = training_booking({})
    body["facts"]["subject"]["DOE,JOHN 123-45-6789"] = 1
    said = client.post("/api/bookings", json=body).text
    assert "a key that is not known" in said
    assert "DOE" not in said


def test_an_unknown_booking_is_said_to_be_unknown(client: TestClient) -> None:
    answer = client.get("/api/bookings/20261124-ZZZZZZZZ")
    assert answer.status_code == 404
    assert "no such booking" in answer.json()["what"]


def test_a_refused_resume_says_why(client: TestClient) -> None:
    answer = client.post("/api/bookings/x/resume", json={})
    assert (answer.status_code, answer.json()["what"]) == (400, "That booking is not held.")
