"""What a station says beside the file of how its prints were taken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from agent.model.fingers import Position
from agent.model.impression import DeviceTag, Impression, ImpressionKind, Override, Trigger
from agent.submission.remarks import remarks_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEVICE = DeviceTag("TRAINING", "NONE", "1", "1", simulated=True)
GOOD = Impression(Position.RIGHT_INDEX, ImpressionKind.ROLLED, np.zeros((2, 2), np.uint8), 500, 1, DEVICE, NOON)
KEPT = replace(GOOD, position=Position.RIGHT_THUMB, attempt=3, override=Override("scar", "officer-7", NOON, "officer-9"))


def test_of_good_prints_nothing_is_said() -> None:
    assert remarks_of([GOOD, replace(GOOD, trigger=Trigger.STATION)]) == ""


def test_a_print_that_was_kept_and_one_taken_by_foot_are_named() -> None:
    said = json.loads(remarks_of([replace(GOOD, trigger=Trigger.PEDAL), KEPT]))
    kept = {"reason": "scar", "by": "officer-7", "second": "officer-9", "at": "2026-11-24T12:00:00+00:00", "attempt": 3}
    assert said == {"format": "livescan-remarks/1", "impressions": [{"fgp": 1, "kept": kept}, {"fgp": 2, "trigger": "pedal"}]}


def test_the_same_prints_in_another_order_give_the_same_text() -> None:
    by_foot = replace(GOOD, trigger=Trigger.PEDAL)
    assert remarks_of([by_foot, KEPT]) == remarks_of([KEPT, by_foot])
