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
