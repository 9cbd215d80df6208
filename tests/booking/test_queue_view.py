"""What a person is shown of the queue: place, state, next try and why, and what only a person can end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.booking.leaving import Owed
from agent.booking.queue_view import NO_UPLINK, STUCK_AFTER, Moment, view
from agent.handover.queue_facts import ItemFacts, QueueFacts
from agent.model.booking import BookingId

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
ONE = Owed("a" * 64, "LS-0001-A", BookingId("20261124-00000001"), NOW - timedelta(minutes=5), True, False, False, False)
TWO = replace(ONE, envelope_sha256="b" * 64, tcn="LS-0001-B")
SENT = ItemFacts(ONE.envelope_sha256, "sent", 1, 30.0, "The broker has it; no receipt of the bureau yet.")
QUEUED = ItemFacts(TWO.envelope_sha256, "queued", 0, None, "It waits for its turn: others are on the way.")
FACTS = QueueFacts(True, "online", "", None, 0, 2, (SENT, QUEUED))


def seen(*owed: Owed, facts: QueueFacts | None = FACTS, waits: dict[str, float] | None = None, stopped: bool = False) -> dict[str, Any]:
    return view(owed, Moment(NOW, waits or {}, facts, stopped=stopped))


def test_each_has_its_place_state_age_next_try_and_why() -> None:
    first, second = seen(ONE, TWO)["items"]
    assert (first["place"], first["state"], first["age_s"], first["attempts"]) == (1, "sent", 300, 1)
    assert first["next_try"] == "2026-11-24T07:00:30+00:00"
    assert (second["place"], second["state"], second["next_try"], second["why"]) == (2, "queued", None, QUEUED.why)


def test_what_may_be_undone_says_until_when() -> None:
    (row,) = seen(replace(ONE, left=False), waits={ONE.envelope_sha256: 42.0})["items"]
    assert (row["state"], row["undo_until"]) == ("waiting", "2026-11-24T07:00:42+00:00")


WHY = {
    "no uplink": (None, False, "sealed", NO_UPLINK),
    "no broker": (replace(FACTS, connected=False, why="There is no connection.", next_try_s=9.0), False, "sent", "There is no connection."),
    "bureau offline": (replace(FACTS, bureau="offline", why="The bureau says so."), False, "sent", "The bureau says so."),
    "not handed over yet": (replace(FACTS, items=()), False, "sealed", "It is being handed to the uplink."),
    "audit stopped": (FACTS, True, "sealed", "Nothing is handed over while the audit record cannot be written."),
}


@pytest.mark.parametrize(("facts", "stopped", "state", "why"), WHY.values(), ids=WHY)
def test_why_it_waits(facts: QueueFacts | None, stopped: bool, state: str, why: str) -> None:
    found = seen(ONE, facts=facts, stopped=stopped)
    assert (found["items"][0]["state"], found["items"][0]["why"]) == (state, why)
    assert found["tasks"] == [], "what ends by itself is nobody's task"


TASKS = {
    "held": (ONE, replace(SENT, state="held", why="the broker refused it with reason code 0x87"), "held", ["retry", "aside"]),
    "refused": (replace(ONE, refused=True), SENT, "refused", ["retry", "aside"]),
    "aside": (replace(ONE, aside=True), SENT, "aside", ["retry"]),
    "stuck": (ONE, replace(SENT, attempts=STUCK_AFTER), "sent", ["retry", "aside"]),
}


@pytest.mark.parametrize(("one", "item", "state", "actions"), TASKS.values(), ids=TASKS)
def test_what_does_not_end_by_itself_is_a_task(one: Owed, item: ItemFacts, state: str, actions: list[str]) -> None:
    (task,) = seen(one, facts=replace(FACTS, items=(item,)))["tasks"]
    assert (task["tcn"], task["state"], task["actions"]) == (ONE.tcn, state, actions)
    assert all(task[part] for part in ("what", "means", "do"))
    assert f"livescan queue retry {ONE.tcn}" in task["do"]


def test_a_bureau_that_answers_nobody_is_one_task_and_not_one_for_each() -> None:
    items = (replace(SENT, attempts=STUCK_AFTER), replace(QUEUED, attempts=STUCK_AFTER))
    (task,) = seen(ONE, TWO, facts=replace(FACTS, silent=2 * STUCK_AFTER, items=items))["tasks"]
    assert task["tcn"] is None
    assert "none of the last 16" in task["what"]


def test_what_is_not_sent_has_no_place_in_the_queue() -> None:
    found = seen(replace(ONE, aside=True), replace(TWO, refused=True), TWO)
    assert [row["place"] for row in found["items"]] == [None, None, 1]


def test_a_link_that_is_down_says_since_when_what_to_do_and_the_system_s_words_apart() -> None:
    away = replace(FACTS, connected=False, why="It does not answer.", do="Look at the cable.", detail="timed out", away_s=1_200.0)
    found = seen(ONE, facts=away)
    assert (found["why"], found["do"], found["detail"]) == ("It does not answer.", "Look at the cable.", "timed out")
    assert found["since"] == "2026-11-24T06:40:00+00:00"
    assert found["items"][0]["why"] == "It does not answer.", "the system's words are in no sentence"


@pytest.mark.parametrize("facts", [FACTS, None], ids=["a link that is up", "no uplink"])
def test_without_a_lost_link_nothing_is_said_of_one(facts: QueueFacts | None) -> None:
    assert (seen(ONE, facts=facts)["since"], seen(ONE, facts=facts)["detail"]) == (None, "")
