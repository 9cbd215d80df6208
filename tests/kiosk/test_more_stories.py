"""Stories that only a few bookings have: a rejection printed again, fingers in the wrong place, and every page held against WCAG."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import Counter
from tests.kiosk.test_troubles import ALL_TAKEN, ANSWERED, SOON, prints_taken, to_capture

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


def test_a_rejected_booking_is_opened_for_the_named_fingers_and_sent_again(counter: Counter) -> None:
    page = counter.page
    counter.sign_in()
    counter.open("/people?find=J-2026-10413")
    page.get_by_label("Attention of").fill("SCENARIO ERRT-THEN-ACCEPTED")
    counter.press("Take prints")
    counter.press("Take prints")
    prints_taken(page)
    counter.press("Review")
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    counter.open("/people")
    expect(page.locator(".people .row").first).to_contain_text("Rejected, reprint")
    counter.open("/tasks")
    counter.shot("rejected")
    counter.accessible()
    page.get_by_role("button", name="Open it again").click()
    expect(page.locator("#live")).to_be_visible()
    prints_taken(page)
    counter.press("Review")
    expect(page.get_by_text("rejected left, new right").first).to_be_visible()
    counter.shot("old-and-new")
    counter.accessible()
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    counter.open("/tasks")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


def test_what_the_officer_may_do_is_always_there_and_says_why_not_yet(counter: Counter) -> None:
    page = counter.page
    counter.sign_in()
    page.get_by_role("button", name="Dark").click()
    counter.open("/people?find=J-2026-10413")
    counter.press("Take prints")
    counter.press("Take prints")
    expect(page.locator("#choice-repeat")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#choice-take")).to_contain_text("There is no attempt yet.")
    expect(page.locator("#pictogram")).to_have_attribute("aria-label", re.compile("^Drawing: "))
    counter.shot("choices-and-drawing")
    counter.accessible()
    page.locator("#progress", has_text="5 of 14").wait_for(timeout=ALL_TAKEN)
    page.locator("#choice-cannot").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look at the hands")).to_be_visible()
    assert "finger=" in page.url


def test_a_thumb_that_is_laid_down_twice_is_shown_beside_what_was_taken_of_it(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    page.locator("#progress", has_text="2 of 14").wait_for(timeout=ALL_TAKEN)
    counter.lay("right-thumb", page.locator("#progress", has_text="3 of 14"))
    counter.lay("right-thumb", page.locator(".question"))
    expect(page.locator(".question .pair img")).to_have_count(2)
    counter.shot("wrong-finger")
    counter.accessible()
    counter.order("lift")
    page.locator(".question").get_by_role("button", name="Retake").click()
    counter.order("by-itself")
    expect(page.locator(".question")).to_have_count(0)
    prints_taken(page)


def test_a_booking_is_paused_for_another_person_and_goes_on_at_the_same_finger(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    page.locator("#progress", has_text="2 of 14").wait_for(timeout=ALL_TAKEN)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".people .row").first).to_contain_text("Needs you")
    page.locator(".people .row", has_text="EXAMPLE,ROBIN").click()
    counter.press("Take prints")
    counter.press("Take prints")
    page.locator("#progress", has_text="1 of 14").wait_for(timeout=ALL_TAKEN)
    page.get_by_role("button", name="Pause").click()
    page.locator(".people .row", has_text="TRAINING,SAM A").click()
    expect(page.locator("#progress")).to_contain_text("of 14")
    counter.shot("paused")
    counter.press("Go on")
    page.locator("#progress", has_text="4 of 14").wait_for(timeout=ALL_TAKEN)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_keeps_to_wcag_2_2_aa(counter: Counter, theme: str) -> None:
    page = counter.page
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    counter.open("/sign-in")
    counter.accessible()
    counter.sign_in("liaison-1")
    counter.open("/people?find=J-2026-10409")
    person = page.url
    counter.press("Take prints")
    counter.accessible()
    counter.shot(f"{theme}-identity")
    counter.open("/people?find=J-2026-10413")
    counter.press("Take prints")
    page.get_by_role("link", name="right ring: Normal").click()
    booking = page.url.rsplit("/", 1)[0].removeprefix(counter.kiosk.origin)
    counter.accessible()
    counter.shot(f"{theme}-hands")
    counter.open(f"{booking}/capture")
    page.locator("#progress", has_text="2 of 14").wait_for(timeout=ALL_TAKEN)
    counter.accessible()
    counter.shot(f"{theme}-capture")
    paths = (
        "/start",
        "/people",
        "/replies",
        "/tasks",
        "/liaison",
        "/detainers",
        "/queue",
        "/password",
        "/fix/scanner",
        "/glossary",
        f"{booking}/identity",
        f"{booking}/review",
    )
    for path in (*paths, f"{booking}/send", f"{booking}/state", f"{booking}/replies", person.removeprefix(counter.kiosk.origin)):
        counter.open(path)
        counter.accessible()
        counter.shot(f"{theme}-{path.rsplit('/', 1)[-1]}")
