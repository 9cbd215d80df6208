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
    counter.press("Iniciar sesión")
    expect(page.get_by_role("heading", name="Control de la estación")).to_be_visible()
    for path, heading in (("/people", "Personas"), ("/queue", "En camino al buró"), ("/shift", "Fin de turno"), ("/tasks", "Tareas")):
        counter.open(path)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        counter.accessible()
    counter.open("/people?find=J-2026-10413")
    counter.shot("personas")
    page.locator("#subject-height").fill("999")
    expect(page.locator("#subject-height-error")).to_contain_text("HGT (estatura) no son pies y pulgadas")
    page.locator("#subject-height").fill("509")
    birthplace = page.locator("#subject-place_of_birth").input_value()
    page.locator("#subject-place_of_birth").fill("")
    page.locator("#subject-place_of_birth").press_sequentially("mexi")
    expect(page.locator("#subject-place_of_birth-options [role=option]").first).to_have_text("MMMéxico (el país)")
    page.locator("#subject-place_of_birth").fill(birthplace)
    counter.press("Tomar huellas")
    expect(page.get_by_role("heading", name="Mire las manos")).to_be_visible()
    counter.shot("manos")
    counter.press("Tomar huellas")
    expect(page.locator("#live[data-connected=yes]")).to_be_visible()
    expect(page.locator("#sentence")).to_contain_text(re.compile("cristal|No se mueva|comprobando|Bien"))
    assert page.evaluate("[...document.querySelectorAll('.tile')].every((one) => one.getBoundingClientRect().right <= innerWidth)")
    counter.shot("huellas")
    counter.accessible()
    counter.order("unplug")
    expect(page.locator("#sentence")).to_contain_text("El escáner ya no está conectado", timeout=20_000)
    expect(page.locator("#sentence")).to_contain_text("Conecte el escáner; se sigue en el mismo dedo.")
    counter.shot("escaner-perdido")
    counter.broker.stop()
    counter.open("/queue")
    expect(page.locator("main")).to_contain_text("El bróker del buró no está en marcha en", timeout=20_000)
    expect(page.locator("main")).to_contain_text("No se pierde nada: la estación lo intenta de nuevo sola.")
    expect(page.locator("body")).not_to_contain_text("refused")
    expect(page.locator("#chips")).to_contain_text("Sin enlace con el buró desde", timeout=20_000)
    counter.shot("sin-enlace")
    counter.accessible()
    counter.open("/audit")
    expect(page.locator("main")).to_contain_text("Sus funciones no lo permiten.")
