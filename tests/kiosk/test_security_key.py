"""A security key stands for the telephone's code: taken on, used, refused, let be. The keys are Chromium's virtual ones."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import expect

from tests.kiosk.browser import PASSWORD, Counter

pytestmark = [pytest.mark.long, pytest.mark.timeout(180), pytest.mark.xdist_group("kiosk")]
SOON = 15_000  # ms


class Keys:
    """Keys plugged into the browser."""

    def __init__(self, counter: Counter) -> None:
        self._cdp = counter.page.context.new_cdp_session(counter.page)
        self._cdp.send("WebAuthn.enable")
        self.id = ""

    def plug(self, *, touched: bool = True) -> None:
        options = {
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False,
            "automaticPresenceSimulation": touched,
        }  # fmt: skip
        self.id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def unplug(self) -> None:
        self._cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    def held(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return found

    def restore(self, one: dict[str, Any]) -> None:
        """The same key again, plugged in anew."""
        fields = {name: one[name] for name in ("credentialId", "isResidentCredential", "rpId", "signCount", "privateKey")}
        self._cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": fields})

    def forge(self, one: dict[str, Any]) -> None:
        """A key that knows which credential is asked for, and not its private key."""
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        fields = {name: one[name] for name in ("credentialId", "isResidentCredential", "rpId", "signCount")}
        forged = {**fields, "privateKey": base64.b64encode(key).decode()}
        self._cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": forged})


def fill(counter: Counter, officer: str = "training-1") -> None:
    page = counter.page
    counter.open("/sign-in")
    page.get_by_label("Officer number").fill(officer)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I have read this").check()


def use_key(counter: Counter) -> None:
    counter.page.get_by_role("button", name="Use a security key").click()


def test_an_officer_takes_a_key_on_and_signs_in_and_unlocks_with_it(counter: Counter) -> None:
    page, keys = counter.page, Keys(counter)
    keys.plug()
    fill(counter)
    use_key(counter)
    expect(page.locator("#key-says")).to_contain_text("This officer has no security key. Use the code of your telephone.")
    counter.shot("no-key")
    counter.accessible()

    counter.sign_in()
    page.get_by_role("link", name="Security key").click()
    expect(page.locator("#key-count")).to_have_text("You have no security key yet.")
    counter.press("Add a key")
    expect(page.locator("#key-count")).to_have_text("You have one security key.")
    expect(page.locator(".said")).to_contain_text("The key is added")
    counter.shot("key-added")
    counter.accessible()
    counter.press("Add a key")
    expect(page.locator("#key-says")).to_have_text("That key is yours already.")

    fill(counter)
    page.get_by_label("I have read this").focus()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "use-key":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Station check")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Lock").click()
    page.get_by_label("Password").fill(PASSWORD)
    use_key(counter)
    expect(page.get_by_role("heading", name="Station check")).to_be_visible(timeout=SOON)


def test_a_wrong_key_signs_nobody_in_and_a_cancelled_one_leaves_the_code(counter: Counter) -> None:
    page, keys = counter.page, Keys(counter)
    keys.plug()
    counter.sign_in()
    page.get_by_role("button", name="Dark").click()
    counter.open("/security-key")
    counter.press("Add a key")
    expect(page.locator("#key-count")).to_have_text("You have one security key.")
    (theirs,) = keys.held()
    keys.unplug()

    keys.plug(touched=False)
    keys.forge(theirs)
    fill(counter)
    use_key(counter)
    expect(page.locator("#key-says")).to_have_text("Touch your security key now.")
    counter.shot("touch")
    counter.accessible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#key-says")).to_contain_text("The key was not used.")
    keys.unplug()

    keys.plug()
    keys.forge(theirs)
    use_key(counter)
    expect(page.get_by_role("alert")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    counter.shot("wrong-key")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(counter.code())
    page.get_by_label("I have read this").check()
    counter.press("Sign in")
    expect(page.get_by_role("heading", name="Station check")).to_be_visible()
