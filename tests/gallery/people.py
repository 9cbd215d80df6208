"""People for the gallery's tests: templates of fingers that do not exist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from agent.bench.gallery_people import person
from agent.gallery.gallery import Gallery
from agent.gallery.policy import GalleryPolicy, load_policy
from agent.match.template import Template
from agent.model.fingers import Position

KEY = bytes(range(32))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = load_policy().model_copy(update={"days": 90, "subjects": 100, "officers": True})


@cache
def somebody(number: int, impression: int = 0) -> dict[Position, Template]:
    return person(f"gallery test {number}", impression)


def booking(number: int) -> str:
    return f"20261124-{number:08d}"


def opened(folder: Path, policy: GalleryPolicy = POLICY) -> Gallery:
    return Gallery(folder / "gallery", KEY, policy)


def filled(folder: Path, count: int, policy: GalleryPolicy = POLICY) -> Gallery:
    """One booking an hour, the last one at noon."""
    gallery = opened(folder, policy)
    for number in range(count):
        gallery.enrol(booking(number), NOON - timedelta(hours=count - 1 - number), somebody(number))
    return gallery
