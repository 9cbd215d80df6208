"""The one job of the process pool for each impression: cut it into fingertips, measure and score each, judge. Pixels cross once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from agent.imaging.segment import Fingertip, corners, expected_fingers, segment
from agent.model.fingers import Position
from agent.model.impression import FingerQuality, GrayImage, ImpressionKind, QualityReport
from agent.quality.engine import NbisEngine, QualityEngine
from agent.quality.measures import grey_levels, measure
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import Observed, judge

NOT_FOR_ROLLS = FingerQuality(None, "NFIQ 2 is calibrated for plain impressions only")


@dataclass(frozen=True)
class Asked:
    """What an image is said to be."""

    position: Position
    kind: ImpressionKind
    missing: frozenset[Position]  # single fingers of this position that cannot be there
    ppi: int


def assess(image: GrayImage, asked: Asked, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on one attempt. About 0.5 s of CPU for a slap of four, 0.15 s for a thumb, 0.02 s for a roll."""
    return judge(observe(image, asked, engine()), limits, attempt)


def observe(image: GrayImage, asked: Asked, scorer: QualityEngine) -> Observed:
    """Everything that is measured on an impression."""
    parts = segment(image, asked.position, asked.missing, asked.ppi)
    scores = {tip.finger: replace(_scored(tip, asked, scorer), polygon=corners(tip.polygon, image)) for tip in parts.fingertips}
    measures = {tip.finger: measure(tip.pixels, asked.ppi) for tip in parts.fingertips}
    wanted = expected_fingers(asked.position, asked.missing)
    return Observed(asked.position, asked.kind, wanted, parts.found, grey_levels(image), scores, measures)


@lru_cache(maxsize=1)
def engine() -> QualityEngine:
    """The engine of this process."""
    return NbisEngine()


def _scored(tip: Fingertip, asked: Asked, scorer: QualityEngine) -> FingerQuality:
    return NOT_FOR_ROLLS if asked.kind is ImpressionKind.ROLLED else scorer.score(tip.pixels, asked.ppi)
