"""Facts and impressions survive the vault; wrong facts are named without being repeated."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest

from agent.booking.facts import (
    Facts,
    FactsError,
    facts_from_json,
    facts_from_python,
    facts_to_json,
    impression_from_bytes,
    impression_to_bytes,
)
from agent.model.booking import Arrest, Charge, Subject
from agent.model.fingers import MissingReason, Position
from agent.model.impression import DeviceTag, FingerQuality, Impression, ImpressionKind, Override, QualityReport, Verdict

SUBJECT = Subject("TRAINING,SAM", "XX", "19850214", "X", "U", "509", "170", "BRO", "BLK")
ARREST = Arrest(date(2026, 11, 24), (Charge("TRAINING RECORD", date(2026, 11, 23)), Charge("SECOND")))
FACTS = Facts(SUBJECT, ARREST, {Position.LEFT_RING: MissingReason.AMPUTATED})


def test_facts_come_back_as_they_were() -> None:
    assert facts_from_json(facts_to_json(FACTS)) == FACTS


def test_an_impression_comes_back_pixel_for_pixel() -> None:
    report = QualityReport(
        {Position.RIGHT_INDEX: FingerQuality(61), Position.RIGHT_RING: FingerQuality(None, "too small")}, 2, 4, 211, Verdict.RETRY
    )
    pixels = np.random.default_rng(1).integers(0, 256, (31, 17), np.uint8)
    device = DeviceTag("make", "model", "serial", "1.0", simulated=True)
    at = datetime(2026, 11, 24, 7, 0, 0, 250, tzinfo=UTC)
    taken = Impression(
        Position.PLAIN_RIGHT_FOUR, ImpressionKind.PLAIN, pixels, 500, 3, device, at, report, Override("why", "officer-01", at)
    )
    back = impression_from_bytes(impression_to_bytes(taken))
    assert np.array_equal(back.pixels, pixels)
    assert (back.position, back.kind, back.attempt, back.device, back.captured_at) == (
        taken.position,
        taken.kind,
        taken.attempt,
        device,
        at,
    )
    assert (back.quality, back.override, back.sha256) == (report, taken.override, taken.sha256)


def test_a_missing_field_is_named_and_no_value_is_repeated() -> None:
    raw = json.loads(facts_to_json(FACTS))
    del raw["subject"]["sex"]
    raw["subject"]["height"] = ["five feet nine, a private matter"]
    with pytest.raises(FactsError) as caught:
        facts_from_python(raw)
    assert "subject.sex" in str(caught.value)
    assert "subject.height" in str(caught.value)
    assert "private" not in str(caught.value)
    assert "TRAINING" not in str(caught.value)


def test_only_single_fingers_can_be_missing() -> None:
    raw = json.loads(facts_to_json(FACTS)) | {"missing": {"13": "XX"}}
    with pytest.raises(FactsError, match="single fingers"):
        facts_from_python(raw)


def test_fingers_places_and_whether_it_is_live_are_kept() -> None:
    corners = ((1, 2), (9, 2), (9, 12), (1, 12))
    report = QualityReport({Position.RIGHT_INDEX: FingerQuality(61, "", corners)}, 1, 1, 211, Verdict.ACCEPT)
    device = DeviceTag("make", "model", "serial", "1.0", simulated=True)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    taken = Impression(Position.RIGHT_INDEX, ImpressionKind.PLAIN, np.zeros((4, 4), np.uint8), 500, 1, device, at, report, None, live=False)
    back = impression_from_bytes(impression_to_bytes(taken))
    assert (back.quality, back.live) == (report, False)


def test_an_impression_stored_by_an_earlier_version_still_loads() -> None:
    head = json.dumps(
        {
            "position": 13, "kind": "plain", "rows": 1, "columns": 2, "ppi": 500, "attempt": 1,
            "device": {"make": "m", "model": "m", "serial": "s", "firmware": "1", "simulated": True},
            "captured_at": "2026-11-24T07:00:00Z",
            "quality": {
                "fingers": {"2": {"nfiq2": 61, "reason": ""}},
                "found": 4, "expected": 4, "contrast": 200, "verdict": "accept", "advice": "",
            },
            "override": None,
        }
    ).encode()  # fmt: skip
    back = impression_from_bytes(len(head).to_bytes(4, "big") + head + b"\x01\x02")
    assert back.live
    assert back.quality is not None
    assert back.quality.fingers[Position.RIGHT_INDEX].polygon == ()
