"""The jail tells of somebody more than once: one line on the list, whatever order and however many at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.booking.office import FACTS
from tests.jail.counter import Counter

AT = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)


@pytest.fixture
def counter(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Counter(tmp_path)
    yield made
    made.close()


def test_one_who_is_booked_in_again_is_on_the_list_again(counter: Counter) -> None:
    async def told() -> list[str | None]:
        arrival_id = await counter.intake.arrive("2026-1", FACTS, AT)
        await counter.intake.take_off(arrival_id)
        await counter.intake.arrive("2026-1", FACTS, AT)
        return [one.number for one in await counter.intake.arrivals()]

    assert counter.office.run(told()) == ["2026-1"]


def test_two_messages_of_one_person_at_once_are_one_person(counter: Counter) -> None:
    async def told() -> set[str]:
        return set(await asyncio.gather(*(counter.intake.arrive("2026-1", FACTS, AT) for _ in range(8))))

    assert len(counter.office.run(told())) == 1
    assert len(counter.office.run(counter.intake.arrivals())) == 1
