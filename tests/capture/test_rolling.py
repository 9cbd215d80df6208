"""A roll whose pictures do not belong together is the scanner's fault, and taken again like any."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from agent.capture.rolling import Rolling
from drivers.device import Advice, Frame, Mode
from drivers.errors import Garbled


def picture(index: int, rows: int) -> Frame:
    return Frame(index, 1, index * 66_000, np.full((rows, 800), 250, np.uint8), 500, Advice.NONE, Mode.ROLL)


def test_a_picture_of_another_size_is_garbled() -> None:
    async def story() -> None:
        rolling = Rolling(500)
        await rolling.add(picture(0, 750), 0)
        await rolling.add(picture(1, 740), 1)

    with pytest.raises(Garbled, match="does not belong to this roll"):
        asyncio.run(story())


def test_a_picture_that_comes_twice_is_passed_over() -> None:
    async def story() -> Advice:
        rolling = Rolling(500)
        await rolling.add(picture(0, 750), 0)
        return await rolling.add(picture(0, 740), 0)

    assert asyncio.run(story()) is Advice.NONE
