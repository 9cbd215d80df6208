"""What can wait lets the pages go first, and does not wait for ever."""

from __future__ import annotations

import asyncio
import time

from agent.calm import Calm


def waited(calm: Calm, stirring: float = 0.0) -> float:
    """Seconds until it was calm; stirring: for how long a page is asked for every 20 ms."""

    async def story() -> float:
        began = time.monotonic()
        coming = asyncio.create_task(calm.come())
        while time.monotonic() < began + stirring and not coming.done():
            calm.stir()
            await asyncio.sleep(0.02)
        await coming
        return time.monotonic() - began

    return asyncio.run(story())


def test_where_no_page_was_asked_for_nothing_waits() -> None:
    assert waited(Calm(after=1000, longest=1000)) < 1000


def test_work_waits_until_the_pages_have_come_to_rest() -> None:
    calm = Calm(after=0.2, longest=1000)
    calm.stir()
    assert waited(calm, stirring=0.3) >= 0.45


def test_however_many_pages_are_turned_the_work_goes_on() -> None:
    calm = Calm(after=1000, longest=0.1)
    calm.stir()
    assert waited(calm, stirring=1000) >= 0.1
