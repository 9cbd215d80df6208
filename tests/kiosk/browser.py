"""A whole training station and a real Chromium before its page."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, TimeoutError, sync_playwright

from agent.access.totp import STEP
from agent.training.broker import NatsBroker
from agent.training.kiosk import PASSWORD, TrainingKiosk
from agent.training.site import TrainingSite
from agent.training.workplace import workplace
from tests.data import need_debian

SPEED = 3.0  # of the simulated person
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIZE = {"width": 1366, "height": 900}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def chromium() -> Iterator[Browser]:
    executable = need_debian("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


class Counter:
    """An officer at the page. Screenshots go to LIVESCAN_SCREENSHOTS, where it is set."""

    def __init__(self, kiosk: TrainingKiosk, site: TrainingSite, browser: Browser) -> None:
        self.kiosk = kiosk
        self.site = site
        self.page: Page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if "Content Security" in said.text else None)
        self._shots = 0

    @property
    def broker(self) -> NatsBroker:
        assert self.kiosk.broker is not None
        return self.kiosk.broker

    def open(self, path: str) -> None:
        self.page.goto(self.kiosk.origin + path)

    def sign_in(self, officer: str = "training-1") -> None:
        self.open("/sign-in")
        self.page.get_by_label("Officer number").fill(officer)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_label("Code").fill(self.code(officer))
        self.page.get_by_label("I have read this").check()
        self.press("Sign in")

    def code(self, officer: str = "training-1") -> str:
        """One that was not used. The station takes none that is more than one time step ahead, so it may have to be waited for."""
        telephone = self.kiosk.telephones[officer]
        while telephone.used > int(datetime.now(UTC).timestamp()) // STEP:
            self.page.wait_for_timeout(500)
        return telephone.code(datetime.now(UTC))

    def press(self, name: str) -> None:
        """The primary button."""
        self.page.locator(".bar .primary").get_by_text(name, exact=False).first.click()

    def order(self, line: str) -> dict[str, Any]:
        """Tell the simulated scanner."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.site.run / "scanner.sock.control"))
            control.sendall(line.encode() + b"\n")
            return dict(json.loads(control.makefile().readline()))

    def lay(self, name: str, seen: Locator) -> None:
        """Fingers on the glass until that is seen: laid down before the glass was found clear, they are lifted and laid again."""
        for _ in range(10):
            self.order("lift")
            self.page.wait_for_timeout(1500)
            self.order(f"place {name}")
            with contextlib.suppress(TimeoutError):
                return seen.wait_for(timeout=8000)
        raise AssertionError(f"{name} was laid down ten times and nothing came of it")

    def until(self, condition: str, within: float = 30.0) -> None:
        """condition: JavaScript. `wait_for_function` has the page evaluate a string, which its policy forbids. within: s."""
        for _ in range(round(within * 10)):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not within {within:g} s: {condition}")

    def shot(self, name: str, *, whole: bool = False) -> None:
        if folder := os.environ.get("LIVESCAN_SCREENSHOTS"):
            self._shots += 1
            Path(folder).mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(TimeoutError):
                self.page.wait_for_load_state("networkidle", timeout=3000)
            self.page.screenshot(path=str(Path(folder) / f"{self._shots:02d}-{name}.png"), full_page=whole)

    def accessible(self) -> None:
        """What axe finds against WCAG 2.2 AA on this page."""
        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.response["passes"], "axe has looked at nothing"
        said = [f"{one['id']}: {node['target']} {node['html'][:120]}" for one in found.response["violations"] for node in one["nodes"]]
        assert not said, "\n".join(said)


@contextmanager
def at_a_counter(browser: Browser, **settings: Mapping[str, Any]) -> Iterator[Counter]:
    """settings: of this station beside the usual, by table."""
    with workplace() as site:
        kiosk = TrainingKiosk(site, port=free_port(), say=lambda _kind, _what: None)
        kiosk.start("synthetic:1", SPEED, **settings)
        made = Counter(kiosk, site, browser)
        yield made
        made.page.close()
        assert made.faults == []
