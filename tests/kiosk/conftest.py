from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from agent.training.kiosk import TrainingKiosk
from agent.training.workplace import workplace
from tests.kiosk.browser import Counter, chromium, free_port

SPEED = 3.0  # of the simulated person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def counter(browser: Browser) -> Iterator[Counter]:
    """A station of its own for each story."""
    with workplace() as site:
        kiosk = TrainingKiosk(site, port=free_port(), say=lambda _kind, _what: None)
        kiosk.start("synthetic:1", SPEED)
        made = Counter(kiosk, site, browser)
        yield made
        made.page.close()
        assert made.faults == []
