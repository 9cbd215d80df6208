"""A station that is told to stop finishes the image that is under way, and waits for no finger."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import pytest

from agent.capture.runner import CaptureRunner
from agent.capture.session import UNDER_WAY, State
from agent.capture.station import StationCapture


@dataclass
class Stands:
    state: State


def capture_at(state: State) -> tuple[StationCapture, Stands]:
    capture, session = StationCapture.__new__(StationCapture), Stands(state)
    capture._runner = cast("CaptureRunner", SimpleNamespace(session=session))
    return capture, session


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_an_image_that_is_under_way_is_waited_for_until_it_is_stored(state: State) -> None:
    async def run() -> None:
        capture, session = capture_at(state)
        settling = asyncio.create_task(capture.settle(60.0))
        await asyncio.sleep(0.1)
        assert not settling.done()
        session.state = State.AWAIT_LIFT  # reported after the image was stored
        await settling

    asyncio.run(run())


@pytest.mark.parametrize("state", sorted(set(State) - UNDER_WAY))
def test_where_no_image_is_under_way_nothing_is_waited_for(state: State) -> None:
    asyncio.run(capture_at(state)[0].settle(60.0))


def test_an_image_that_never_ends_does_not_keep_the_station_from_stopping() -> None:
    asyncio.run(capture_at(State.TAKING)[0].settle(0.1))
