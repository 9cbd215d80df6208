"""The pages in Spanish: chosen before sign-in, kept on every page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.kiosk.browser import PASSWORD, Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.xdist_group("kiosk")]


def test_an_officer_works_in_spanish(counter: Counter) -> None:
    page = counter.page
    counter.open("/sign-in")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_label("Número de oficial").fill("training-1")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_label("Código").fill(counter.code())
    page.get_by_label("Lo he leído").check()
    counter.press("Entrar")
    expect(page.get_by_role("heading", name="Control de la estación")).to_be_visible()
    for path, heading in (("/people", "Personas"), ("/queue", "En camino al buró"), ("/shift", "Fin de turno"), ("/tasks", "Tareas")):
        counter.open(path)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        counter.accessible()
    counter.open("/people?find=J-2026-10413")
    counter.shot("personas")
    counter.press("Tomar huellas")
    expect(page.get_by_role("heading", name="Mire las manos")).to_be_visible()
    counter.shot("manos")
    counter.press("Tomar huellas")
    expect(page.locator("#live[data-connected=yes]")).to_be_visible()
    expect(page.locator("#sentence")).to_contain_text(re.compile("cristal|Quieto|mirando|Bien"))
    assert page.evaluate("[...document.querySelectorAll('.tile')].every((one) => one.getBoundingClientRect().right <= innerWidth)")
    counter.shot("huellas")
    counter.accessible()
    counter.order("unplug")
    expect(page.locator("#sentence")).to_contain_text("El escáner ya no está", timeout=20_000)
    expect(page.locator("#sentence")).to_contain_text("Conecte el escáner; se sigue en el mismo dedo.")
    counter.shot("escaner-perdido")
    counter.open("/audit")
    expect(page.locator("main")).to_contain_text("Sus funciones no lo permiten.")
