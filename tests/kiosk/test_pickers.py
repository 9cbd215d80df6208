"""Charges are searched as one types, by code or by word, with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.kiosk.browser import Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(120), pytest.mark.xdist_group("kiosk")]
RESIDENCE = "BURGLARY-FORCED ENTRY-RESIDENCE"


def charge(counter: Counter, number: int) -> Locator:
    return counter.page.locator(f"#charge-{number}")


def listed(counter: Counter, number: int) -> Locator:
    return counter.page.locator(f"#charge-{number}-options:not([hidden]) [role=option]")


def test_a_charge_is_found_by_word_or_code_and_sent_in_words(counter: Counter) -> None:
    page = counter.page
    counter.sign_in()
    counter.open("/people?find=J-2026-10413")
    charge(counter, 1).fill("")
    charge(counter, 1).press_sequentially("burg forced res")
    expect(listed(counter, 1).first).to_contain_text("2202")
    assert all(box["height"] >= 56 for one in listed(counter, 1).all() if (box := one.bounding_box()))
    counter.shot("charges")
    counter.accessible()
    page.keyboard.press("ArrowDown")
    expect(listed(counter, 1).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(charge(counter, 1)).to_have_value(RESIDENCE)
    expect(listed(counter, 1)).to_have_count(0)

    charge(counter, 2).focus()
    page.keyboard.type("5707")
    expect(listed(counter, 2)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(charge(counter, 2)).to_have_value("TRESPASSING")

    page.get_by_role("button", name="Add a charge").focus()
    page.keyboard.press("Enter")
    expect(charge(counter, 3)).to_be_focused()
    page.keyboard.type("9998")
    expect(page.locator("#arrest-charges")).to_contain_text("offense 3 is only a code, and none that is known here")
    counter.accessible()
    page.keyboard.press("Control+a")
    page.keyboard.type("burglary of a shed")
    expect(listed(counter, 3)).to_have_count(0)
    expect(page.locator("#arrest-charges")).to_be_empty()
    page.keyboard.press("Enter")
    expect(charge(counter, 3)).to_have_value("BURGLARY OF A SHED")
    expect(charge(counter, 1)).to_have_value(RESIDENCE)


def test_a_code_that_is_typed_and_left_becomes_its_words_in_the_dark_and_in_spanish(counter: Counter) -> None:
    page = counter.page
    counter.sign_in()
    page.get_by_role("button", name="Español").click()
    page.get_by_role("button", name="Oscuro").click()
    counter.open("/people?find=J-2026-10413")
    expect(page.locator("#charges-hint")).to_contain_text("Se envían las palabras")
    charge(counter, 1).fill("2202")
    page.keyboard.press("Tab")
    expect(charge(counter, 1)).to_have_value(RESIDENCE)
    charge(counter, 2).fill("hijack")
    expect(listed(counter, 2)).to_have_count(1)
    counter.shot("cargos")
    counter.accessible()
    page.keyboard.press("Escape")
    expect(listed(counter, 2)).to_have_count(0)
    expect(charge(counter, 2)).to_have_value("hijack")
