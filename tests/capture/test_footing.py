"""A foot on the pedal reaches the loop, and a pedal that is pulled and put back is found again."""

from __future__ import annotations

import asyncio

import pytest

from agent.capture import footing
from agent.capture.footing import Footing
from tests.drivers.test_pedal import ScriptedPedal, line


class Foot:
    def __init__(self, port: str) -> None:
        self.pressed = asyncio.Event()
        self.said: list[str] = []
        self.footing = Footing(port, pressed=self._press, say=self.said.append)

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


def test_a_press_is_a_call_on_the_loop() -> None:
    async def go() -> None:
        device = ScriptedPedal()
        foot = Foot(device.path)
        foot.footing.begin()
        foot.footing.begin()
        await until_pressed(device, foot)
        await foot.footing.close()
        device.unplug()
        assert foot.said == []

    asyncio.run(go())


def test_a_pedal_that_is_not_there_is_said_once_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footing, "AGAIN", 0.01)

    async def go() -> None:
        foot = Foot("/dev/no-pedal")
        foot.footing.begin()
        async with asyncio.timeout(10):
            while not foot.said:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await foot.footing.close()
        assert len(foot.said) == 1

    asyncio.run(go())
