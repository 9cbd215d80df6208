"""Prints that were booked here before: a banner that comes by itself, is answered with one word, and holds nothing up."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import Counter
from tests.kiosk.test_troubles import ALL_TAKEN, to_capture

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]
FOUND = 60_000  # ms; reading fourteen prints takes some seconds of one core


def take_all(counter: Counter) -> None:
    counter.page.locator("#to-review").wait_for(state="visible", timeout=ALL_TAKEN)
    counter.press("Review")


def test_a_hint_comes_to_the_open_page_and_blocks_nothing(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    take_all(counter)
    first = page.url.split("/")[-2]
    banner = page.locator(".hint-banner")
    expect(banner).to_have_count(0)

    counter.open("/people?find=J-2026-10412")
    counter.press("Take prints")
    counter.press("Take prints")
    take_all(counter)
    expect(banner).to_be_visible(timeout=FOUND)
    expect(banner.get_by_role("link")).to_have_attribute("href", f"/booking/{first}/state")
    expect(banner).to_contain_text("This blocks nothing")
    counter.shot("hint")
    counter.accessible()
    counter.press("Check and send")
    expect(banner).to_be_visible()
    banner.get_by_role("button").click()
    expect(banner.locator("form")).to_have_count(0)
