from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.kiosk.browser import Counter, at_a_counter, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def counter(browser: Browser) -> Iterator[Counter]:
    """A station of its own for each story."""
    with at_a_counter(browser) as made:
        yield made
