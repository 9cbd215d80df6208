"""The page of settings: looked at, taken up, refused with its place; an administrator's alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


def test_an_administrator_has_settings_taken_up_by_keyboard(counter: Counter) -> None:
    more = counter.site.config.parent / "conf.d" / "50-site.toml"
    more.parent.mkdir()
    counter.sign_in("admin-1")
    page, main = counter.page, counter.page.locator("main")
    page.get_by_role("link", name="Settings").press("Enter")
    expect(main).to_contain_text("What stands in the files is in force.")
    expect(page.get_by_role("row", name="delivery.undo")).to_contain_text("Seconds in which an officer may take a sending back")
    more.write_text('[station]\nagency = "ANOTHER COUNTY"\n')
    page.get_by_role("link", name="Look again").press("Enter")
    expect(main).to_contain_text('"TRAINING COUNTY SHERIFF" becomes "ANOTHER COUNTY"')
    counter.shot("settings")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        counter.accessible()
    heights = "[...document.querySelectorAll('main a, main button, .bar .button')].map((one) => one.getBoundingClientRect().height)"
    assert min(page.evaluate(heights)) >= 56
    page.get_by_role("button", name="Take up").press("Enter")
    expect(main).to_contain_text("They are in force.", timeout=20000)
    expect(page.locator("header .who")).to_contain_text("TRAINING COUNTY SHERIFF")
    counter.shot("settings-taken")
    counter.open("/start")
    expect(page.locator("header .who")).to_contain_text("ANOTHER COUNTY")
    entries = counter.site.client.get("/api/audit")["entries"]
    assert [one["who"] for one in entries if one["event"] == "settings_changed"] == ["admin-1"]
    more.write_text("[delivery]\nkeepalife = 3\n")
    counter.open("/settings")
    expect(main).to_contain_text("delivery.keepalife")
    expect(main).to_contain_text("50-site.toml, line 2")
    expect(main).to_contain_text("Did you mean 'keepalive'?")
    expect(page.get_by_role("button", name="Take up")).to_have_count(0)
    counter.shot("settings-wrong")
    page.context.add_cookies([{"name": "livescan_language", "value": "es", "url": counter.kiosk.origin}])
    counter.open("/settings")
    expect(main).to_contain_text("Los archivos tienen errores")
    expect(page.get_by_role("row", name="delivery.undo")).to_contain_text("Segundos en que un oficial puede retirar un envío")
    counter.shot("ajustes")
    counter.accessible()


def test_an_officer_does_not_see_the_settings(counter: Counter) -> None:
    counter.sign_in()
    expect(counter.page.get_by_role("link", name="Settings")).to_have_count(0)
    counter.open("/settings")
    expect(counter.page.locator("main")).to_contain_text("Your roles do not allow that")
