"""The end of a shift, the audit record, the glossary: what the page shows to whom."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


def test_a_shift_ends_with_one_page_of_who_is_not_done(counter: Counter) -> None:
    counter.sign_in()
    counter.open("/shift?hours=72")
    page = counter.page
    expect(page.get_by_role("heading", name="End of shift")).to_be_visible()
    expect(page.get_by_role("row", name="J-2026-10413")).to_contain_text("not printed")
    counter.shot("shift", whole=True)
    counter.accessible()


def test_an_auditor_reads_the_record_and_verifies_it(counter: Counter) -> None:
    counter.sign_in("auditor-1")
    page = counter.page
    page.get_by_role("link", name="Audit record").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("audit shown")
    counter.press("Verify chain")
    expect(page.get_by_role("status")).to_contain_text("are whole and in order")
    counter.shot("audit")
    counter.accessible()


def test_an_officer_does_not_see_the_audit_record(counter: Counter) -> None:
    counter.sign_in()
    expect(counter.page.get_by_role("link", name="Audit record")).to_have_count(0)
    counter.open("/audit")
    expect(counter.page.locator("main")).to_contain_text("Your roles do not allow that")


def test_the_words_of_the_procedure_are_explained(counter: Counter) -> None:
    counter.sign_in()
    counter.open("/glossary")
    expect(counter.page.get_by_text("Immigration Alien Query")).to_be_visible()
    counter.accessible()
