"""The second officer agrees with a security key at the first one's page: told what to, by keyboard, and only to that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from agent.training.kiosk import PASSWORD
from tests.kiosk.browser import Counter, at_a_counter
from tests.kiosk.test_security_key import Keys
from tests.kiosk.test_troubles import ALL_TAKEN, SOON, to_capture

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


@pytest.fixture
def counter(browser: Browser) -> Iterator[Counter]:
    """In a state that wants a second officer for a print that is kept in spite of what was found."""
    with at_a_counter(browser, capture={"state": "example-state"}) as made:
        yield made


def the_thumb_again(counter: Counter) -> None:
    """A finger that was taken already is laid down once more: the officer is asked."""
    counter.page.locator("#progress", has_text="2 of 14").wait_for(timeout=ALL_TAKEN)
    counter.lay("right-thumb", counter.page.locator("#progress", has_text="3 of 14"))
    counter.lay("right-thumb", counter.page.locator(".question"))


def test_a_second_officer_agrees_with_a_security_key_to_what_the_page_says(counter: Counter) -> None:
    page, keys = counter.page, Keys(counter)
    keys.plug()
    counter.sign_in("liaison-1")
    counter.open("/security-key")
    counter.press("Add a key")
    expect(page.locator("#key-count")).to_have_text("You have one security key.")
    (theirs,) = keys.held()
    keys.unplug()

    to_capture(counter)
    the_thumb_again(counter)
    page.locator("#use-key").click()
    assert page.evaluate("document.activeElement.id") == "second", "who agrees is asked for first"
    page.keyboard.type("training-1")
    page.keyboard.press("Enter")  # as a badge reader does: it answers nothing
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.locator("#use-key").press("Enter")
    expect(page.locator("#key-says")).to_contain_text("The second officer is the first.")
    counter.shot("the-first-again", whole=True)
    counter.accessible()

    keys.plug(touched=False)
    keys.forge(theirs)
    page.locator("#second").fill("liaison-1")
    page.locator("#use-key").press("Enter")
    expect(page.locator("#key-says")).to_have_text(
        "liaison-1 agrees: left thumb, flat, kept as it is. Reason: Best of all attempts. Touch the security key now."
    )
    counter.shot("agrees", whole=True)
    counter.accessible()
    page.locator("#use-key").press("Enter")
    expect(page.locator("#key-says")).to_contain_text("The key was not used.")
    keys.unplug()

    keys.plug()
    keys.restore(theirs)
    page.locator("#use-key").press("Enter")
    expect(page.locator(".question")).to_have_count(0, timeout=SOON)
    page.locator("#progress", has_text="4 of 14").wait_for(timeout=ALL_TAKEN)
    booking = page.url.split("/booking/")[1].split("/")[0]
    entries = counter.site.client.get(f"/api/audit?booking={booking}")["entries"]
    agreed = [(one["who"], one["officer"], one["factor"], one["fgp"]) for one in entries if one["event"] == "vouched"]
    assert agreed == [("liaison-1", "training-1", "security_key", 12)]
    counter.open(f"/booking/{booking}/review")
    expect(page.locator(".boxes")).to_contain_text("Best of all attempts")
    counter.shot("kept", whole=True)
