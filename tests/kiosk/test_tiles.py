"""Tiles and steps: what is marked, what comes first, what a picture is on the wire."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from agent.capture.plan import plan
from agent.capture.view import Picture
from agent.kiosk.preview import packed
from agent.kiosk.sending import sealing, stages
from agent.kiosk.tiles import mark_of, tiles, worst_first
from agent.model.fingers import Position


def stored(fgp: int, scores: dict[str, int], override: str | None = None) -> dict[str, Any]:
    return {"fgp": fgp, "nfiq2": scores, "override": override, "attempt": 1}


@pytest.mark.parametrize(("score", "mark"), [(None, "none"), (24, "bad"), (25, "care"), (39, "care"), (40, "good"), (100, "good")])
def test_a_number_has_its_shape(score: int | None, mark: str) -> None:
    assert mark_of(score) == mark


def test_a_slap_is_as_good_as_its_worst_finger() -> None:
    ((right, *_),) = [tiles(plan(), [stored(13, {"2": 75, "3": 30, "4": 79, "5": 78})], None, {13})]
    assert (right.mark, right.number, right.fingers[1]) == ("care", "30", (3, "30", "care"))


def test_what_is_taken_now_and_what_is_to_do_are_told_apart() -> None:
    made = tiles(plan(), [], Position.PLAIN_LEFT_FOUR, set())
    assert [one.word for one in made[:3]] == ["to_do", "now", "to_do"]


def test_the_worst_comes_first_and_a_reason_is_seen_before_good_ones() -> None:
    prints = [stored(13, {"2": 75}), stored(14, {"7": 20}), stored(11, {"1": 90}, "worn ridges"), stored(12, {"6": 45})]
    first = worst_first(tiles(plan(), prints, None, {11, 12, 13, 14}))
    assert [one.fgp for one in first if one.kind == "plain"] == [14, 11, 12, 13]


def test_a_picture_at_full_size_is_halved_and_says_its_size() -> None:
    full = np.zeros((751, 801), np.uint8)
    full[:, 400:] = 200
    data = packed(Picture(7, full, 500, 1.5))
    assert struct.unpack(">IHHd", data[:16]) == (7, 400, 375, 1500.0)
    pixels = np.frombuffer(data, np.uint8, offset=16).reshape(375, 400)
    assert (pixels[0, 0], pixels[0, -1]) == (0, 200)
    assert packed(Picture(1, full, 250, 0.0))[16:] == full.tobytes()


def test_where_a_booking_stands_is_told_of_the_submission_that_counts() -> None:
    events = [
        {"kind": "captured", "at": "2026-11-24T14:00:00+00:00", "tcn": None},
        {"kind": "received", "at": "2026-11-24T14:01:00+00:00", "tcn": "OLD"},
        {"kind": "errt", "at": "2026-11-24T14:02:00+00:00", "tcn": "OLD"},
        {"kind": "sealed", "at": "2026-11-24T14:05:00+00:00", "tcn": "NEW"},
    ]
    found = {"submissions": [{"tcn": "OLD"}, {"tcn": "NEW"}], "events": events, "state": "sealed"}
    assert [(one.name, one.now) for one in stages(found) if one.at] == [("saved", False), ("queued", True)]
    assert [one.mark for one in sealing({**found, "events": [{"kind": "checked"}], "state": "held"})] == ["good", "bad", "none"]
