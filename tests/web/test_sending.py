"""Bookings on their way out, over the core's API: what it takes, tells, and refuses in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.booking.leaving import TooLate
from agent.training.demo import training_booking
from agent.web.api import build_api
from agent.web.live import Live
from tests.web.test_api import OneBooking


class Noted:
    """A sending desk that notes what it is asked; one booking has left."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def queue(self) -> Mapping[str, Any]:
        return {"uplink": False, "why": "The uplink is not running.", "items": [], "tasks": [], "total": 0}

    async def retry(self, tcn: str, officer: str) -> Mapping[str, Any]:
        self.asked.append(("retry", tcn, officer))
        return {"tcn": tcn}

    async def set_aside(self, tcn: str, officer: str) -> Mapping[str, Any]:
        self.asked.append(("aside", tcn, officer))
        return {"tcn": tcn}

    async def undo(self, booking_id: str, officer: str) -> Mapping[str, Any]:
        if booking_id == "gone":
            raise TooLate("That booking has left this station.", means="It cannot be undone.", do="Correct it.")
        self.asked.append(("undo", booking_id, officer))
        return {"booking": booking_id, "void": "LS-0001-VOID"}

    async def send_now(self, booking_id: str) -> None:
        self.asked.append(("now", booking_id))

    async def mark_urgent(self, booking_id: str, urgent: bool) -> None:
        self.asked.append(("urgent", booking_id, urgent))


@pytest.fixture
def desk() -> Noted:
    return Noted()


@pytest.fixture
def client(desk: Noted) -> TestClient:
    return TestClient(build_api(OneBooking(), Live(), sending=desk))


def test_an_officer_takes_a_booking_back_and_hears_which_number_is_void(client: TestClient, desk: Noted) -> None:
    answer = client.post("/api/bookings/x/undo", json={"officer": "officer-02"})
    assert answer.json() == {"booking": "x", "void": "LS-0001-VOID"}
    assert desk.asked == [("undo", "x", "officer-02")]


def test_too_late_is_said_in_words(client: TestClient) -> None:
    answer = client.post("/api/bookings/gone/undo", json={"officer": "officer-02"})
    assert (answer.status_code, answer.json()["what"]) == (400, "That booking has left this station.")


def test_nobody_takes_anything_back_without_a_name(client: TestClient, desk: Noted) -> None:
    for path in ("/api/bookings/x/undo", "/api/queue/LS-0001-A/retry", "/api/queue/LS-0001-A/aside"):
        assert client.post(path, json={}).status_code == 400
    assert desk.asked == []


def test_a_booking_that_is_urgent_is_marked_when_it_is_opened(client: TestClient, desk: Noted) -> None:
    body = training_booking({})
    booking = client.post("/api/bookings", json={**body, "urgent": True}).json()["booking"]
    client.post("/api/bookings", json=body)
    assert desk.asked == [("urgent", booking, True)]
    client.post("/api/bookings/x/urgent", json={"urgent": False})
    assert desk.asked[1:] == [("urgent", "x", False)]


def test_the_queue_is_told_and_its_tasks_are_acted_on(client: TestClient, desk: Noted) -> None:
    assert client.get("/api/queue").json()["why"] == "The uplink is not running."
    client.post("/api/queue/LS-0001-A/retry", json={"officer": "officer-02"})
    client.post("/api/queue/LS-0001-A/aside", json={"officer": "officer-02"})
    client.post("/api/bookings/x/send-now", json={})
    assert desk.asked == [("retry", "LS-0001-A", "officer-02"), ("aside", "LS-0001-A", "officer-02"), ("now", "x")]
