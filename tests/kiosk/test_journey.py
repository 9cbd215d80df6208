"""A person is booked at the page, from sign-in to the bureau's replies, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.xdist_group("kiosk")]
ALL_TAKEN = 120_000  # ms
ANSWERED = 30_000  # ms


def test_a_person_is_booked_from_sign_in_to_replies(counter: Counter) -> None:
    page = counter.page
    counter.open("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    counter.shot("sign-in")
    counter.sign_in()
    expect(page.locator(".checks .row", has_text="Scanner").first).to_contain_text("LS60-TRAINING")
    counter.shot("station-check")
    counter.press("To the people")
    counter.shot("people")
    page.get_by_label("Scan a wristband").fill("J-2026-10413")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name needed")).to_have_value("TRAINING,SAM A")
    counter.shot("identity")
    counter.press("Take prints")
    expect(page.get_by_text("All ten fingers can be printed.")).to_be_visible()
    counter.shot("hands")
    counter.press("Take prints")
    expect(page.locator("#live[data-picture]")).to_be_visible(timeout=ALL_TAKEN)
    counter.shot("capture")
    page.locator("#to-review").wait_for(state="visible", timeout=ALL_TAKEN)
    counter.press("Review")
    expect(page.locator(".boxes .box")).to_have_count(14)
    counter.shot("review")
    counter.until("[...document.querySelectorAll('.box img')].filter((one) => one.naturalWidth).length >= 4")
    counter.press("Check and send")
    counter.shot("send")
    counter.press("Send to bureau")
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    counter.shot("state")
    page.locator(".bar").get_by_text("Replies").click()
    expect(page.locator(".thread")).to_contain_text("not identified (SRE)")
    counter.shot("replies")
    counter.press("Next person")
    expect(page.locator(".people .row").first).to_contain_text("Reply waiting")
