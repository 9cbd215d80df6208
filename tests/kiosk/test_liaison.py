"""The liaison's cards: what came, what has not come, what a detainer asks for; and that no other role sees any of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.kiosk.browser import Counter
from tests.kiosk.test_troubles import ANSWERED, SOON, prints_taken

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]
FORM = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\r\n--a made-up form\r\n\r\n"}


@pytest.fixture
def beside(counter: Counter, browser: Browser) -> Iterator[Counter]:
    """A second officer's session, at the same station."""
    made = Counter(counter.kiosk, counter.site, browser)
    yield made
    made.page.close()
    assert made.faults == []


def views(counter: Counter) -> list[tuple[str, str]]:
    """Who looked at what, as it stands in the station's rows."""
    with sqlite3.connect(f"file:{counter.site.folder / 'state/core/core.sqlite'}?mode=ro", uri=True) as db:
        return [(str(what), str(officer)) for what, officer in db.execute("SELECT what, officer FROM case_views ORDER BY seq")]


def give_reason(counter: Counter, button: str) -> None:
    counter.page.get_by_label("Purpose").select_option("immigration")
    counter.page.get_by_label("Reason, in words").fill("the agreement's file of this booking")
    counter.press(button)


def test_a_response_is_a_card_of_the_liaison_until_it_is_opened_with_a_reason(counter: Counter, beside: Counter) -> None:
    page = counter.page
    counter.sign_in()
    beside.sign_in("liaison-1")
    beside.open("/liaison")
    expect(beside.page.get_by_text("No response waits to be opened.")).to_be_visible()
    counter.open("/people?find=J-2026-10413")
    page.get_by_label("Attention of").fill("SCENARIO AT-ONCE")
    counter.press("Take prints")
    counter.press("Take prints")
    prints_taken(page)
    counter.press("Review")
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    expect(beside.page.locator(".card", has_text="An immigration response came")).to_have_count(1, timeout=ANSWERED)
    expect(beside.page.locator("main")).not_to_contain_text("match (")
    expect(beside.page.locator(".menu .unread")).to_contain_text("2", timeout=SOON)
    expect(page.locator(".menu .unread")).to_contain_text("1", timeout=SOON)
    beside.shot("responses")
    accessible_in_both(beside)
    expect(page.get_by_role("link", name="Liaison")).to_have_count(0)
    counter.open("/tasks")
    expect(page.locator("main")).not_to_contain_text("immigration")
    counter.open("/liaison")
    expect(page.locator("main")).to_contain_text("Your roles do not allow that")
    assert views(counter) == []
    beside.page.get_by_role("link", name="Open, with a reason").first.click()
    beside.page.get_by_label("Reason, in words").evaluate("(one) => one.removeAttribute('required')")
    beside.press("Read")
    expect(beside.page.get_by_role("alert")).to_contain_text("only with a reason in words")
    assert views(counter) == []
    give_reason(beside, "Read")
    expect(beside.page.get_by_text("Word for word, as it was sent.")).to_be_visible()
    beside.shot("response")
    accessible_in_both(beside)
    assert ("immigration response", "liaison-1") in views(counter)
    beside.open("/liaison")
    expect(beside.page.get_by_text("No response waits to be opened.")).to_be_visible()
    expect(beside.page.locator(".menu .unread")).to_contain_text("1")
    read_by_another(counter, beside)


def accessible_in_both(counter: Counter) -> None:
    for theme in ("light", "dark"):
        counter.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        counter.accessible()


def by_keyboard(counter: Counter, name: str) -> None:
    """With Tab to the link or button of that name, and Enter."""
    for _ in range(60):
        counter.page.keyboard.press("Tab")
        if name in str(counter.page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")):
            counter.page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached with Tab")


def read_by_another(counter: Counter, beside: Counter) -> None:
    """What one officer has opened is unread for nobody."""
    counter.open("/replies")
    expect(counter.page.get_by_role("link", name="Read: TRAINING,SAM A")).to_have_count(1)
    counter.shot("unread")
    accessible_in_both(counter)
    by_keyboard(counter, "Read: TRAINING,SAM A")
    expect(counter.page.get_by_label("Reason, in words")).to_be_focused()
    counter.page.keyboard.type("who is in custody here")
    counter.page.keyboard.press("Enter")
    expect(counter.page.get_by_text("Nothing is decided here.")).to_be_visible()
    expect(counter.page.locator(".menu .unread")).to_have_count(0)
    beside.open("/replies")
    expect(beside.page.get_by_text("Every reply has been opened.")).to_be_visible()
    expect(beside.page.locator(".menu .unread")).to_have_count(0)
    beside.open("/people")
    expect(beside.page.locator(".people .row", has_text="TRAINING,SAM A")).to_contain_text("Answered")


def lodged(counter: Counter) -> str:
    """A form of ICE is put on record by the liaison; the path of its booking."""
    page = counter.page
    counter.open("/people?find=J-2026-10413")
    counter.press("Take prints")
    booking = page.url.rsplit("/", 1)[0].removeprefix(counter.kiosk.origin)
    counter.open(f"{booking}/replies")
    page.get_by_role("link", name="A form of ICE came").click()
    page.get_by_label("The form itself, as a file").set_input_files(FORM)  # type: ignore[arg-type]
    page.get_by_label("Form", exact=True).select_option("I-247A")
    page.get_by_label("ICE office", exact=True).fill("EXAMPLE FIELD OFFICE")
    page.get_by_label("ICE officer", exact=True).fill("OFFICER EXAMPLE")
    counter.shot("new")
    counter.accessible()
    counter.press("Put on record")
    return booking


def written(counter: Counter, deed: str, **typed: str) -> None:
    counter.page.locator("summary").get_by_text(deed, exact=True).click()
    for label, value in typed.items():
        counter.page.locator("details[open]").get_by_label(label.replace("_", " ")).fill(value)
    counter.page.locator("details[open]").get_by_role("button", name="Put on record").click()


def test_a_detainer_is_received_served_and_withdrawn_and_holds_nobody(counter: Counter, beside: Counter) -> None:
    page = counter.page
    counter.sign_in("liaison-1")
    lodged(counter)
    card = page.locator(".card", has_text="Form I-247A")
    expect(card).to_contain_text("Serve a copy on the person")
    expect(card).to_contain_text("holds nobody and prolongs no custody")
    expect(page.locator("main")).not_to_contain_text("EXAMPLE FIELD OFFICE")
    counter.shot("cards")
    accessible_in_both(counter)
    by_keyboard(counter, "Open, with a reason")
    give_reason(counter, "Read")
    expect(page.get_by_text("EXAMPLE FIELD OFFICE")).to_be_visible()
    with page.expect_download() as kept:
        page.get_by_role("link", name="The form as it came").click()
    assert kept.value.path().read_bytes() == FORM["buffer"]
    counter.shot("detainer", whole=True)
    accessible_in_both(counter)
    written(counter, "Would otherwise have been released")
    expect(page.get_by_role("alert")).to_contain_text("holds nobody on a detainer")
    written(counter, "A copy was served on the person", Served_by="officer-3")
    expect(page.locator(".thread")).to_contain_text("A copy was served on the person")
    written(counter, "A release or transfer is planned", Planned_for=(datetime.now(UTC) + timedelta(days=3)).date().isoformat())
    expect(page.locator("main")).to_contain_text("Tell ICE of the release on")
    counter.press("Close")
    expect(card).to_contain_text("Tell ICE of the planned release or transfer.")
    expect(card).not_to_contain_text("Serve a copy")
    beside.sign_in()
    for path in ("/liaison", "/detainers"):
        beside.open(path)
        expect(beside.page.locator("main")).to_contain_text("Your roles do not allow that")
    card.get_by_role("link", name="Open, with a reason").click()
    give_reason(counter, "Read")
    written(counter, "ICE withdrew the form")
    expect(page.locator(".head .of")).to_have_text("withdrawn")
    counter.press("Close")
    expect(page.get_by_text("No detainer is open.")).to_be_visible()
    counter.open("/detainers")
    give_reason(counter, "Find")
    expect(page.get_by_text("No detainer is open.")).to_be_visible()
    assert ("search", "liaison-1") in views(counter)


def test_a_query_is_drafted_after_a_no_match_by_keyboard_and_sent_by_nobody(counter: Counter, beside: Counter) -> None:
    page = counter.page
    counter.sign_in("liaison-1")
    counter.open("/people?find=J-2026-10413")
    counter.press("Take prints")
    counter.press("Take prints")
    booking = page.url.rsplit("/", 1)[0].removeprefix(counter.kiosk.origin)
    counter.open(f"{booking}/replies")
    expect(page.locator("main")).to_contain_text(
        "None may be drafted now. A name-based query may follow only a no-match IDR that was received"
    )
    counter.shot("closed", whole=True)
    accessible_in_both(counter)
    counter.open(f"{booking}/query")
    expect(page.locator("main")).to_contain_text("silence is not one")
    expect(page.locator("main input:not([type=hidden])")).to_have_count(0)
    accessible_in_both(counter)
    counter.open(f"{booking}/capture")
    prints_taken(page)
    counter.press("Review")
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    asked_and_kept(counter, booking)
    beside.sign_in()
    beside.open(f"{booking}/replies")
    expect(beside.page.locator("main")).not_to_contain_text("query")
    beside.open(f"{booking}/query")
    expect(beside.page.locator("main")).to_contain_text("Your roles do not allow that")


def asked_and_kept(counter: Counter, booking: str) -> None:
    """After the no match, without a mouse."""
    page = counter.page
    counter.open(f"{booking}/replies")
    expect(page.locator("main")).to_contain_text("you may draft one", timeout=ANSWERED)
    counter.shot("card", whole=True)
    by_keyboard(counter, "Draft one, with a reason")
    expect(page.get_by_label("Reason, in words")).to_be_focused()
    page.keyboard.type("wristband and papers disagree")
    page.keyboard.press("Tab")
    page.keyboard.type("555 0100")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    counter.shot("reason")
    accessible_in_both(counter)
    assert ("query", "liaison-1") not in views(counter)
    page.keyboard.press("Enter")
    expect(page.locator("pre.reply")).to_contain_text("NAM/TRAINING,SAM A")
    assert views(counter).count(("query", "liaison-1")) == 2, "the text, and the drafts beside it"
    counter.shot("asked", whole=True)
    accessible_in_both(counter)
    by_keyboard(counter, "Keep as a draft")
    expect(page.locator(".said")).to_contain_text("The draft is kept. Nothing was sent.")
    expect(page.locator("main")).to_contain_text("Drafted by liaison-1")
    page.context.add_cookies([{"name": "livescan_language", "value": "es", "url": counter.kiosk.origin}])
    page.reload()
    expect(page.locator("main")).to_contain_text("Lo redactó liaison-1")
    counter.shot("borrador", whole=True)
    accessible_in_both(counter)
    by_keyboard(counter, "Se envió en nuestra terminal")
    expect(page.locator("main")).to_contain_text("Lo envió en la terminal liaison-1")
