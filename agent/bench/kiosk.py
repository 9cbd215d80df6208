"""The kiosk in Debian's Chromium: the age of a picture when it is drawn, how many come, how soon a page is there, what it weighs.

The age of a picture is from its arrival at the core (the scanner's frame complete, `bench usb` has what is before that) to the end of the
animation frame in which the page has drawn it; one clock, since both are on one machine. The first paint is Chromium's own entry, counted
from the start of the navigation. There is no peer to put beside this: no open kiosk of the kind was found.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from agent.training.kiosk import PASSWORD, TrainingKiosk
from agent.training.program import free_port
from agent.training.workplace import workplace

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
TARGETS = {"picture_age_ms_p95": 120.0, "pictures_per_s": 15.0, "first_paint_ms_worst": 100.0, "first_load_kb": 150.0}
PAGES = ("/sign-in", "/start", "/people", "/tasks", "/queue", "/shift", "/devices", "/glossary")
ADMIN_PAGES = ("/settings",)
_ALL_TAKEN = 180.0  # s
_LISTEN = "addEventListener('drawn', (event) => (window.ages ??= []).push(event.detail))"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_BYTES = (
    "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((n, e) => n + e.transferSize, 0)"
)

Tell = Callable[[str], None]


def measure(tell: Tell) -> dict[str, Any]:
    """Raises UsageError without Chromium or playwright, LivescanError when the station does not start."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  a tool of this bench alone
    except ImportError:
        raise UsageError("This bench drives a browser through `playwright`.", do="pip install 'livescan-agent[dev]'.") from None
    if not CHROMIUM.exists():
        raise UsageError("This bench needs Debian's Chromium.", do="apt-get install chromium.")
    with workplace() as site, sync_playwright() as playwright:
        kiosk = TrainingKiosk(site, port=free_port(), say=lambda kind, _: tell(kind) if kind != "subject" else None)
        kiosk.start("synthetic:1", 1.0)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        try:
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            return _figures(page, kiosk, tell)
        finally:
            browser.close()


def _figures(page: Page, kiosk: TrainingKiosk, tell: Tell) -> dict[str, Any]:
    page.goto(f"{kiosk.origin}/sign-in")
    first_load = page.evaluate(_BYTES) / 1000
    _sign_in(page, kiosk)
    paints = {path: _paints(page, kiosk.origin + path) for path in PAGES}
    paints |= _of_administrator(page, kiosk)
    page.goto(f"{kiosk.origin}/people?find=J-2026-10413")
    page.locator(".bar .primary").last.click()
    page.locator(".bar .primary").last.click()
    page.evaluate(_LISTEN)
    ages, seconds = _watched(page, tell)
    booking = page.url.rsplit("/", 1)[0]
    paints |= {f"/booking/…/{name}": _paints(page, f"{booking}/{name}") for name in ("identity", "hands", "review", "send", "state")}
    return {
        "pictures": len(ages),
        "picture_age_ms_median": round(statistics.median(ages), 1),
        "picture_age_ms_p95": round(statistics.quantiles(ages, n=20)[-1], 1),
        "pictures_per_s": round(seconds, 1),
        "first_load_kb": round(first_load, 1),
        "first_paint_ms": {path: round(statistics.median(values), 1) for path, values in paints.items()},
        "first_paint_ms_worst": round(max(statistics.median(values) for values in paints.values()), 1),
        "targets": TARGETS,
    }


def _of_administrator(page: Page, kiosk: TrainingKiosk) -> dict[str, list[float]]:
    """In a browser window of its own."""
    assert page.context.browser is not None
    with page.context.browser.new_context(viewport={"width": 1366, "height": 900}) as context:
        other = context.new_page()
        other.goto(f"{kiosk.origin}/sign-in")
        _sign_in(other, kiosk, "admin-1")
        return {path: _paints(other, kiosk.origin + path) for path in ADMIN_PAGES}


def _sign_in(page: Page, kiosk: TrainingKiosk, officer: str = "training-1") -> None:
    page.fill("#officer", officer)
    page.fill("#password", PASSWORD)
    page.fill("#code", kiosk.telephones[officer].code(datetime.now(UTC)))
    page.check("[name=notice]")
    page.locator(".bar .primary").last.click()


def _paints(page: Page, url: str, times: int = 5) -> list[float]:
    """ms, warm: the first is not counted."""
    found = []
    for _ in range(times + 1):
        page.goto(url)
        page.wait_for_load_state("load")
        page.wait_for_timeout(150)
        found.append(float(page.evaluate(_PAINT)))
    return found[1:]


def _watched(page: Page, tell: Tell) -> tuple[list[float], float]:
    """Ages in ms of every picture of one capture, and the pictures a second while there were any."""
    deadline = time.monotonic() + _ALL_TAKEN
    while not page.locator("#to-review").is_visible() and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    drawn: list[dict[str, float]] = page.evaluate("window.ages ?? []")
    tell(f"{len(drawn)} pictures drawn")
    gaps = [after["at"] - before["at"] for before, after in pairwise(drawn)]
    running = [gap for gap in gaps if gap < 500]  # ms; longer ones are between two captures
    return [one["age"] for one in drawn], 1000 / statistics.mean(running)
