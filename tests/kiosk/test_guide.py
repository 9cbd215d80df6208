"""The officer's guide: its pictures are of the pages as they are, its words are what the pages say.

`make guide` (LIVESCAN_GUIDE=1) walks the way and writes docs/images/guide-*.png; else the same walk shows that each page is still there.
"""

from __future__ import annotations

import io
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.kiosk.browser import Counter
from tests.kiosk.test_troubles import ALL_TAKEN, ANSWERED, SOON, prints_taken

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "officer-guide.md").read_text("utf-8")
IMAGES = ROOT / "docs" / "images"
LARGEST = 80_000  # bytes
SIZE = (1024, 675)  # pixels
NAMED = re.findall(r"\(images/guide-([a-z-]+)\.png\)", GUIDE)
STRINGS = ROOT / "agent" / "kiosk" / "strings" / "en.toml"


def small(data: bytes) -> bytes:
    """A PNG small enough to lie in the repository: the page's own colours, and as many greys as fit."""
    whole = Image.open(io.BytesIO(data)).convert("RGB")
    picture = whole.resize(SIZE, Image.Resampling.LANCZOS)
    for greys in (16, 10, 6, 4):
        out = io.BytesIO()
        picture.quantize(palette=colours_of(whole, greys), dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < LARGEST:
            return out.getvalue()
    raise AssertionError("a page has too much on it for a picture of 80 kB")


def colours_of(picture: Image.Image, greys: int) -> Image.Image:
    """A palette: the 24 colours that cover most, the four greys that do, and even steps from black to white for the prints."""
    counted = [one for _, one in sorted(picture.getcolors(picture.width * picture.height) or (), reverse=True)]
    bright = [one for one in counted if max(one) - min(one) > 16]
    plain = [one for one in counted if max(one) - min(one) <= 16]
    steps = [(255 * step // (greys - 1),) * 3 for step in range(greys)]
    made = [*bright[:24], *plain[:4], *steps]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for one in made + made[-1:] * (256 - len(made)) for part in one])
    return palette


_DRAWN = "[...document.images].every(one => one.complete || one.getBoundingClientRect().top > innerHeight)"


class Walk:
    """Notes each page that the guide shows, and keeps its picture where that is asked for."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.seen: list[str] = []

    def shows(self, name: str) -> None:
        self.seen.append(name)
        if os.environ.get("LIVESCAN_GUIDE"):
            self.counter.page.wait_for_timeout(600)
            self.counter.until(_DRAWN)
            (IMAGES / f"guide-{name}.png").write_bytes(small(self.counter.page.screenshot()))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("kiosk")
def test_the_way_of_the_guide_is_the_way_of_the_pages(counter: Counter) -> None:
    walk = Walk(counter)
    up_to_the_hands(walk)
    prints(walk)
    sent_while_the_link_is_down(walk)
    printed_again(walk)
    replies_and_the_end_of_the_shift(walk)
    assert sorted(walk.seen) == sorted(NAMED)


def up_to_the_hands(walk: Walk) -> None:
    counter, page = walk.counter, walk.counter.page
    counter.open("/sign-in")
    walk.shows("sign-in")
    counter.sign_in("liaison-1")
    expect(page.get_by_role("heading", name="Station check")).to_be_visible()
    walk.shows("station-check")
    counter.press("To the people")
    expect(page.locator(".people .row")).to_have_count(3)
    walk.shows("people")
    counter.open("/people?find=J-2026-10409")
    counter.press("Take prints")
    expect(page.get_by_text("things to fix").first).to_be_visible()
    walk.shows("identity")
    counter.open("/people?find=J-2026-10413")
    page.get_by_label("Attention of").fill("SCENARIO ERRT-THEN-ACCEPTED")
    counter.press("Take prints")
    expect(page.get_by_role("heading", name="Look at the hands")).to_be_visible()
    walk.shows("hands")


def prints(walk: Walk) -> None:
    counter, page = walk.counter, walk.counter.page
    counter.press("Take prints")
    page.locator("#progress", has_text="5 of 14").wait_for(timeout=ALL_TAKEN)
    page.locator('#live[data-state="tracking"]').wait_for(timeout=ALL_TAKEN)
    walk.shows("capture")
    counter.order("unplug")
    expect(page.locator('#live[data-state="paused"]')).to_be_visible(timeout=SOON)
    expect(page.locator("#chips")).to_contain_text("Scanner not found", timeout=SOON)
    walk.shows("scanner-gone")
    counter.order("plug")
    prints_taken(page)
    counter.press("Review")
    expect(page.locator(".boxes .box")).to_have_count(14)
    walk.shows("review")
    counter.press("Check and send")
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    walk.shows("send")


def sent_while_the_link_is_down(walk: Walk) -> None:
    counter, page = walk.counter, walk.counter.page
    counter.broker.stop()
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.get_by_text("Safe on this station, place 1 of 1")).to_be_visible(timeout=ANSWERED)
    expect(page.locator("#chips")).to_contain_text("Bureau link down", timeout=ANSWERED)
    walk.shows("link-down")
    counter.broker.start()
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=60_000)


def printed_again(walk: Walk) -> None:
    counter, page = walk.counter, walk.counter.page
    counter.open("/tasks")
    expect(page.get_by_role("button", name="Open it again")).to_be_visible()
    walk.shows("task")
    page.get_by_role("button", name="Open it again").click()
    prints_taken(page)
    counter.press("Review")
    expect(page.get_by_text("rejected left, new right").first).to_be_visible()
    walk.shows("old-and-new")
    counter.press("Check and send")
    counter.press("Send to bureau")
    page.get_by_role("button", name="Send now").click(timeout=SOON)
    expect(page.locator(".stages .here")).to_contain_text("Answered", timeout=ANSWERED)
    walk.shows("state")


def replies_and_the_end_of_the_shift(walk: Walk) -> None:
    counter, page = walk.counter, walk.counter.page
    page.locator(".bar").get_by_text("Replies").click()
    expect(page.locator(".thread")).to_contain_text("(SRE)")
    walk.shows("replies")
    page.locator(".rows .row", has_text="Rejection (ERRT)").get_by_role("link", name="Read").click()
    page.get_by_label("Reason, in words").fill("who is in custody")
    counter.press("Read")
    expect(page.get_by_text("Word for word, as it was sent.")).to_be_visible()
    walk.shows("reply")
    counter.open("/shift?hours=24")
    expect(page.get_by_role("heading", name="End of shift")).to_be_visible()
    walk.shows("shift")


def said(node: Any) -> Iterator[str]:
    """Every sentence of a language's file."""
    for value in node.values():
        yield from said(value) if isinstance(value, dict) else (str(value),)


def test_what_the_guide_says_the_station_says_it_does_say() -> None:
    pages = set(said(tomllib.loads(STRINGS.read_text("utf-8"))))
    code = "".join(path.read_text("utf-8") for room in ("capture", "quality") for path in (ROOT / "agent" / room).glob("*.py"))
    quoted = re.findall("“([^”]+)”", GUIDE)
    assert len(quoted) > 30
    assert [one for one in quoted if one not in pages and f'"{one}"' not in code] == []


def test_what_the_guide_tells_one_to_press_is_there() -> None:
    pages = " ".join(said(tomllib.loads(STRINGS.read_text("utf-8"))))
    pressed = [one.replace("\n", " ") for one in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", GUIDE)]
    assert len(pressed) > 15
    assert [one for one in pressed if one not in pages] == []


@pytest.mark.parametrize("name", NAMED)
def test_a_picture_of_the_guide_is_there_and_small(name: str) -> None:
    data = (IMAGES / f"guide-{name}.png").read_bytes()
    assert len(data) < LARGEST
    assert Image.open(io.BytesIO(data)).size == SIZE
