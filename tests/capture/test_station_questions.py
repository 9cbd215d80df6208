"""The station's side of a question: asked, shown, answered; in training without an officer answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.capture.questions import Answer, Choice, NotAnAnswer, Question, Why
from agent.capture.station import NothingToDecide, StationCapture
from agent.capture.undertaking import Paused
from agent.clock import SetClock
from agent.model.booking import BookingId
from agent.model.fingers import Position
from agent.model.impression import Override, Trigger
from agent.workers import Workers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BOOKING = BookingId("20261124-7K3M9Q2X")
OTHER = Question(Why.OTHER_FINGER, Position.RIGHT_INDEX, "This looks like the right middle finger.", looks_like=Position.RIGHT_MIDDLE)


class Desk:
    def __init__(self, folder: Path, *, state: str = "", unattended: bool = False) -> None:
        self.said: list[Mapping[str, Any]] = []
        settings = SimpleNamespace(
            scanner=SimpleNamespace(serial="", usbip=""),
            paths=SimpleNamespace(leases=folder / "leases", state=folder),
            capture=SimpleNamespace(state=state, unattended=unattended, ppi=0),
            pedal=SimpleNamespace(port=""),
            training=True,
        )
        self.station = StationCapture(settings, Workers(1), SetClock(NOON), say=self.said.append)  # type: ignore[arg-type]
        self.station._booking = BOOKING

    async def asked(self, question: Question) -> asyncio.Task[Answer]:
        task = asyncio.create_task(self.station._asked(question))
        await asyncio.sleep(0)
        return task


def kept(second: str = "") -> Answer:
    return Answer(Choice.TAKE, Override("scar", "officer-1", NOON, second))


def test_a_question_is_shown_with_its_choices_until_it_is_answered(tmp_path: Path) -> None:
    async def go() -> None:
        desk = Desk(tmp_path)
        task = await desk.asked(OTHER)
        shown = desk.station.asked_now(BOOKING)
        assert shown is not None
        assert (shown["why"], shown["fgp"], shown["looks_like"], shown["choices"]) == ("other_finger", 2, 3, ["use_as", "repeat", "take"])
        assert desk.said[-1] == {"event": "decision_needed", "booking": BOOKING, **shown}
        desk.station.answer(BOOKING, Answer(Choice.USE_AS))
        assert await task == Answer(Choice.USE_AS)
        assert desk.station.asked_now(BOOKING) is None

    asyncio.run(go())


def test_only_the_booking_that_waits_can_be_answered_and_only_once(tmp_path: Path) -> None:
    async def go() -> None:
        desk = Desk(tmp_path)
        with pytest.raises(NothingToDecide):
            desk.station.answer(BOOKING, Answer(Choice.REPEAT))
        task = await desk.asked(OTHER)
        with pytest.raises(NothingToDecide):
            desk.station.answer("another", Answer(Choice.REPEAT))
        desk.station.answer(BOOKING, Answer(Choice.REPEAT))
        with pytest.raises(NothingToDecide):
            desk.station.answer(BOOKING, Answer(Choice.REPEAT))
        await task

    asyncio.run(go())


def test_where_the_state_wants_a_second_officer_the_question_stays_open_without_one(tmp_path: Path) -> None:
    async def go() -> None:
        desk = Desk(tmp_path, state="example-state")
        task = await desk.asked(OTHER)
        with pytest.raises(NotAnAnswer, match="second officer"):
            desk.station.answer(BOOKING, kept())
        assert desk.station.asked_now(BOOKING) is not None
        desk.station.answer(BOOKING, kept("officer-2"))
        assert await task == kept("officer-2")

    asyncio.run(go())


@pytest.mark.parametrize(("why", "choice"), [(Why.POOR, Choice.TAKE), (Why.OTHER_PERSON, Choice.TAKE), (Why.NOBODY, Choice.REPEAT)])
def test_unattended_training_goes_on_by_itself_and_says_so(tmp_path: Path, why: Why, choice: Choice) -> None:
    async def go() -> Answer:
        return await Desk(tmp_path, unattended=True).station._asked(Question(why, Position.RIGHT_INDEX, ""))

    answer = asyncio.run(go())
    assert answer.choice is choice
    assert answer.override is None or "unattended" in answer.override.reason


def test_nothing_is_triggered_where_nothing_is_taken(tmp_path: Path) -> None:
    with pytest.raises(NothingToDecide):
        asyncio.run(Desk(tmp_path).station.trigger(BOOKING, Trigger.BUTTON))


def test_a_booking_that_waits_for_an_answer_can_be_paused(tmp_path: Path) -> None:
    async def go() -> None:
        desk = Desk(tmp_path)
        with pytest.raises(NothingToDecide):
            await desk.station.pause(BOOKING)
        desk.station._running = True
        task = await desk.asked(OTHER)
        await desk.station.pause(BOOKING)
        with pytest.raises(Paused, match="what was taken is kept"):
            await task
        assert desk.station.asked_now(BOOKING) is None

    asyncio.run(go())
