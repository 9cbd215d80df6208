"""A foot on the pedal reaches the loop, and a pedal that is pulled and put back is found again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.capture import footing
from agent.capture.footing import TRIED_WITHIN, Footing, PedalState, Tried
from agent.capture.troubles import Troubles
from agent.clock import SetClock
from tests.drivers.test_pedal import ScriptedPedal, line

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Foot:
    def __init__(self, port: str, folder: Path) -> None:
        self.pressed = asyncio.Event()
        self.said: list[str] = []
        self.clock = SetClock(NOON)
        troubles = Troubles(folder / "pedal.json", self.clock)
        self.footing = Footing(port, pressed=self._press, say=self.said.append, clock=self.clock, troubles=troubles)

    async def until(self, state: PedalState) -> None:
        async with asyncio.timeout(10):
            while self.footing.now.state is not state:
                await asyncio.sleep(0.01)

    async def _press(self) -> None:
        self.pressed.set()


async def until_pressed(device: ScriptedPedal, foot: Foot) -> None:
    """Pressed again and again: the thread may be just opening it."""
    number = 1
    async with asyncio.timeout(10):
        while not foot.pressed.is_set():
            for way in "DU":
                device.say(line(f"{way} {number}"))
                number += 1
                await asyncio.sleep(0.06)


def test_a_press_is_a_call_on_the_loop_and_told_with_who_the_pedal_is(tmp_path: Path) -> None:
    async def go() -> None:
        device = ScriptedPedal()
        foot = Foot(device.path, tmp_path)
        foot.footing.begin()
        foot.footing.begin()
        await until_pressed(device, foot)
        await foot.footing.close()
        device.unplug()
        assert foot.said == []
        now = foot.footing.now
        assert (now.state, now.serial, now.firmware, now.pressed_at) == (PedalState.WAITING, "FP-0001", "1.4", NOON)
        assert now.presses >= 1

    asyncio.run(go())


def test_a_pedal_that_is_not_there_is_said_once_and_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(footing, "AGAIN", 0.01)

    async def go() -> None:
        foot = Foot("/dev/no-pedal", tmp_path)
        foot.footing.begin()
        async with asyncio.timeout(10):
            while not foot.said:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await foot.footing.close()
        assert len(foot.said) == 1
        assert foot.footing.now.state is PedalState.LOST
        assert [(one.kind, one.count, one.do) for one in foot.footing.troubles.newest_first] == [
            ("gone", 1, "Look at its cable and its port.")
        ]

    asyncio.run(go())


def test_whoever_tries_the_pedal_is_told_that_the_press_came(tmp_path: Path) -> None:
    async def go() -> None:
        device = ScriptedPedal()
        foot = Foot(device.path, tmp_path)
        assert foot.footing.tried is None
        foot.footing.try_it()
        assert foot.footing.tried == (Tried.WAITING, NOON)
        await until_pressed(device, foot)
        assert foot.footing.tried == (Tried.PRESSED, NOON)
        foot.footing.try_it()
        assert foot.footing.tried == (Tried.WAITING, NOON), "an earlier press proves nothing"
        await foot.footing.close()
        device.unplug()

    asyncio.run(go())


def test_a_press_that_does_not_come_is_told_after_its_time(tmp_path: Path) -> None:
    async def go() -> None:
        device = ScriptedPedal()
        foot = Foot(device.path, tmp_path)
        foot.footing.try_it()
        await foot.until(PedalState.WAITING)
        foot.clock.advance(timedelta(seconds=TRIED_WITHIN))
        assert foot.footing.tried == (Tried.NOTHING, NOON)
        await foot.footing.close()
        device.unplug()

    asyncio.run(go())


def test_a_pedal_that_is_held_down_is_told_and_on_the_list_of_its_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("drivers.pedal_wire.STUCK_AFTER", 0.05)

    async def go() -> None:
        device = ScriptedPedal()
        foot = Foot(device.path, tmp_path)
        foot.footing.begin()
        await foot.until(PedalState.WAITING)
        device.say(line("D 1"))
        await foot.until(PedalState.STUCK)
        assert [one.what for one in foot.footing.troubles.newest_first] == [footing.STUCK]
        device.say(line("U 2"))
        await foot.until(PedalState.WAITING)
        await foot.footing.close()
        device.unplug()

    asyncio.run(go())
