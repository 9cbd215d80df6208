"""What goes wrong at a counter, as the officer sees it: a pulled cable, a link that is down, a locked screen, a rejection, no mouse."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from agent.training.kiosk import Telephone, secret_of
from tests.kiosk.browser import Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]
ALL_TAKEN = 150_000  # ms
ANSWERED = 40_000  # ms
SOON = 20_000  # ms


def to_capture(counter: Counter, number: str = "J-2026-10413") -> None:
    counter.sign_in()
    counter.open(f"/people?find={number}")
    counter.press("Take prints")
    counter.press("Take prints")
    expect(counter.page.locator("#live[data-connected=yes]")).to_be_visible()


def prints_taken(page: Page) -> None:
    page.locator("#to-review").wait_for(state="visible", timeout=ALL_TAKEN)


def test_a_scanner_that_is_unplugged_in_a_slap_is_said_and_the_booking_goes_on(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    page.locator('#live[data-state="tracking"]').wait_for(timeout=SOON)
    counter.order("unplug")
    expect(page.locator('#live[data-state="paused"]')).to_be_visible(timeout=SOON)
    expect(page.locator("#sentence")).to_contain_text("The scanner is no longer there")
    expect(page.locator("#chips")).to_contain_text("Scanner not found", timeout=SOON)
    counter.shot("unplugged")
    counter.accessible()
    counter.order("plug")
    expect(page.locator('#live[data-state="paused"]')).to_have_count(0, timeout=SOON)
    expect(page.locator("#chips")).to_contain_text("Scanner in use", timeout=SOON)
    prints_taken(page)


def test_a_lock_hides_the_pattern_and_loses_no_capture(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    expect(page.locator("#progress")).not_to_contain_text("0 of", timeout=ALL_TAKEN)
    before = int(page.locator("#progress").inner_text().split()[0])
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    assert page.locator("canvas").count() == 0
    assert "TRAINING,SAM" not in page.content()
    counter.shot("locked")
    counter.accessible()
    counter.open("/people")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.get_by_label("Password").fill("a quiet night at the counter")
    page.wait_for_timeout(12_000)
    expect(page.get_by_label("Password")).to_have_value("a quiet night at the counter")
    page.get_by_label("Code").fill(counter.code())
    counter.press("Unlock")
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    counter.open("/start")
    page.locator(".open .row").first.click()
    expect(page.locator(".head .of")).to_contain_text(" of 14 done")
    after = re.search(r"(\d+) of 14", page.locator(".head .of").inner_text())
    assert after is not None and int(after[1]) > before, "the capture went on behind the lock"


def test_a_first_password_is_changed_before_anything_else_and_typed_in_peace(counter: Counter) -> None:
    page = counter.page
    made = counter.site.client.post("/api/officers", {"officer": "new-1", "roles": ["booking_officer"]})
    telephone = Telephone("new-1", secret_of(made["uri"]))
    counter.open("/sign-in")
    page.get_by_label("Officer number").fill("new-1")
    page.get_by_label("Password").fill(made["password"])
    page.get_by_label("Code").fill(telephone.code(datetime.now(UTC)))
    page.get_by_label("I have read this").check()
    counter.press("Sign in")
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()
    page.get_by_label("Present password").fill(made["password"])
    page.wait_for_timeout(5_000)
    expect(page.get_by_label("Present password")).to_have_value(made["password"])
    page.get_by_label("New password", exact=True).fill("a loud morning at the counter")
    page.get_by_label("New password once more").fill("a loud morning at the counter")
    counter.press("Change the password")
    expect(page.get_by_role("heading", name="Station check")).to_be_visible()


def test_a_second_page_of_the_officer_is_locked_with_the_first(counter: Counter) -> None:
    to_capture(counter)
    other = counter.page.context.new_page()
    other.goto(counter.kiosk.origin + "/people")
    other.get_by_role("button", name="Lock").click()
    expect(counter.page.get_by_role("heading", name="Locked")).to_be_visible(timeout=SOON)
    assert counter.page.locator("canvas").count() == 0


def test_while_the_link_is_down_the_booking_is_safe_here_and_goes_by_itself(counter: Counter) -> None:
    page = counter.page
    counter.broker.stop()
    to_capture(counter)
    prints_taken(page)
    counter.press("Review")
    counter.press("Check and send")
    counter.press("Send to bureau")
    expect(page.get_by_text("Safe on this station, place 1 of 1")).to_be_visible(timeout=ANSWERED)
    expect(page.locator("#chips")).to_contain_text("Bureau link down")
    counter.shot("link-down")
    counter.accessible()
    counter.broker.start()
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=60_000)


def test_what_was_sent_is_taken_back_and_sent_again(counter: Counter) -> None:
    page = counter.page
    to_capture(counter)
    prints_taken(page)
    counter.press("Review")
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Undo").click(timeout=SOON)
    expect(page.get_by_text("Taken back. Nothing was sent.")).to_be_visible()
    counter.shot("undone")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)


def test_the_whole_way_is_walked_with_the_keyboard_alone(counter: Counter) -> None:
    page = counter.page
    counter.open("/")
    expect(page.get_by_label("Officer number")).to_be_focused()
    page.keyboard.type("training-1")
    page.keyboard.press("Tab")
    page.keyboard.type("a quiet night at the counter")
    page.keyboard.press("Tab")
    page.keyboard.type(counter.code())
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Station check")).to_be_visible()
    tab_to(page, "To the people")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.keyboard.type("J-2026-10413")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="TRAINING,SAM A")).to_be_visible()
    tab_to(page, "Take prints")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look at the hands")).to_be_visible()
    tab_to(page, "Take prints")
    page.keyboard.press("Enter")
    prints_taken(page)
    tab_to(page, "Review")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    tab_to(page, "Check and send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    tab_to(page, "Send to bureau")
    page.keyboard.press("Enter")
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)


_ON_PRIMARY = "name => !!document.activeElement.closest('.bar .primary') && document.activeElement.innerText.includes(name)"


def tab_to(page: Page, name: str) -> None:
    """The primary button, reached as a person would."""
    page.wait_for_load_state()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(_ON_PRIMARY, name):
            return
    raise AssertionError(f"no Tab leads to {name}")
