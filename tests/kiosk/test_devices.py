"""The page of the scanner: live picture, self-test, what was wrong; a booking first; and the last calibration at the station check."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from firmware_sim.serial_bench import SerialBench, SerialSettings
from tests.kiosk.browser import Counter, at_a_counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


def look(counter: Counter, theme: str) -> None:
    counter.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    counter.accessible()
    heights = "[...document.querySelectorAll('main button, main a.button, .bar .button')].map((one) => one.getBoundingClientRect().height)"
    assert min(counter.page.evaluate(heights)) >= 56


def until_asked(counter: Counter) -> None:
    """The station check does not wait for a slow scanner; what it says is there when the page is opened again."""
    for _ in range(40):
        if "is being asked" not in counter.page.locator(".checks").inner_text():
            return
        counter.page.wait_for_timeout(250)
        counter.open("/start")


def test_the_scanner_is_looked_at_tested_unplugged_and_given_to_a_booking(counter: Counter) -> None:
    counter.sign_in()
    page, sentence = counter.page, counter.page.locator("#sentence")
    until_asked(counter)
    expect(page.locator(".checks")).to_contain_text("2026-01-01, due again on 2027-01-01")
    page.get_by_role("link", name="Scanner", exact=True).click()
    for said in ("LS60-TRAINING", "sim-1.0.0", "High speed, 480 Mbit/s", "the device states none", "None is on record"):
        expect(page.locator("main")).to_contain_text(said)
    page.locator("#show").press("Enter")
    expect(sentence).to_contain_text("This is what the scanner sees")
    expect(page.locator("#live")).to_have_attribute("data-picture", re.compile("[0-9]+"))
    counter.shot("scanner", whole=True)
    for theme in ("light", "dark"):
        look(counter, theme)
    counter.shot("scanner-dark")
    assert counter.site.client.get("/api/devices")["firmware"] == "sim-1.0.0"
    counter.press("Test the scanner")
    expect(page.locator("main")).to_contain_text("Passed. The scanner found nothing wrong with itself.")
    counter.order("fault self-test-fails")
    counter.press("Test the scanner")
    expect(page.locator("main")).to_contain_text("Failed. The scanner's calibration is missing or too old.")
    page.locator("#show").press("Enter")
    counter.order("unplug")
    expect(sentence).to_contain_text("Plug it in")
    counter.open("/devices")
    expect(page.locator("main")).to_contain_text("It was unplugged, lost its power, or its cable is loose.")
    counter.shot("scanner-gone", whole=True)
    counter.order("plug")
    page.locator("#show").press("Enter")
    expect(sentence).to_contain_text("This is what the scanner sees")
    counter.open("/people?find=J-2026-10413")
    counter.press("Take prints")
    counter.press("Take prints")
    expect(page.locator("#live[data-state='await finger'], #live[data-state='tracking']")).to_be_visible(timeout=20000)
    counter.open("/devices")
    page.locator("#show").press("Enter")
    expect(sentence).to_contain_text("A booking has the scanner")
    counter.press("Test the scanner")
    expect(page.locator("main")).to_contain_text("Nothing was tested")


def test_it_is_read_in_spanish_and_refused_to_an_auditor(counter: Counter) -> None:
    counter.sign_in("admin-1")
    page = counter.page
    counter.page.context.add_cookies([{"name": "livescan_language", "value": "es", "url": counter.kiosk.origin}])
    counter.open("/devices")
    for said in (
        "Escáner",
        "Velocidad alta, 480 Mbit/s",
        "No se ha probado desde que arrancó la estación",
        "su calibración no significa nada",
    ):
        expect(page.locator("main")).to_contain_text(said)
    counter.shot("escaner", whole=True)
    counter.accessible()
    page.context.clear_cookies()
    counter.sign_in("auditor-1")
    expect(page.get_by_role("link", name="Scanner", exact=True)).to_have_count(0)
    counter.open("/devices")
    expect(page.locator("main")).to_contain_text("Your roles do not allow that")


def test_the_pedal_and_the_camera_are_told_and_tried(browser: Browser, tmp_path: Path) -> None:
    pedal, picture = tmp_path / "pedal", tmp_path / "camera.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)).save(picture)
    with at_a_counter(browser, pedal={"port": str(pedal)}, camera={"source": str(picture)}) as counter:
        page, beside = counter.page, counter.page.locator(".beside")
        counter.sign_in()
        counter.open("/devices")
        expect(beside).to_contain_text(f"Nothing is plugged in at {pedal}.")
        expect(beside).to_contain_text("No picture since the station was started.")
        with SerialBench(SerialSettings("pedal", f"pty:{pedal}")) as bench:
            expect(beside).to_contain_text("It is opened with the first booking, or when you try it.")
            page.get_by_role("button", name="Try the pedal").press("Enter")
            expect(beside).to_contain_text("Press it now.")
            expect(beside).to_contain_text("LSPD-0001")
            bench.press_foot_switch()
            expect(beside).to_contain_text("The press came: it works.")
            page.get_by_role("button", name="Try the camera").press("Enter")
            expect(beside).to_contain_text("Its last picture has 640 by 480 pixels.")
            for theme in ("light", "dark"):
                look(counter, theme)
                counter.shot(f"beside-{theme}", whole=True)
        picture.unlink()
        expect(beside).to_contain_text("It is not there; it is looked for every two seconds.")
        page.context.add_cookies([{"name": "livescan_language", "value": "es", "url": counter.kiosk.origin}])
        counter.open("/devices")
        expect(beside).to_contain_text("No está; se busca cada dos segundos.")
        expect(beside).to_contain_text("Ya no hay ningún dispositivo en")
        page.get_by_role("button", name="Probar la cámara").click()
        expect(page.locator("main")).to_contain_text("La cámara no da imagen.")
        counter.open("/devices")
        expect(beside).to_contain_text("La cámara no da imagen.")
        counter.accessible()
        counter.shot("al-lado", whole=True)
        assert counter.site.client.get("/api/devices/beside")["pedal"]["serial"] == "LSPD-0001"
