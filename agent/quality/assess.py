"""The one job of the process pool for each impression: cut it into fingertips, measure and score each, judge. Pixels cross once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from agent.imaging.segment import Fingertip, corners, expected_fingers, segment, upright
from agent.model.fingers import Position
from agent.model.impression import Corner, FingerQuality, GrayImage, ImpressionKind, QualityReport
from agent.quality.engine import NbisEngine, QualityEngine
from agent.quality.lying import Lying, lying
from agent.quality.measures import Measures, grey_levels, measure
from agent.quality.thresholds import QualityThresholds
from agent.quality.verdict import Observed, judge


@dataclass(frozen=True)
class Asked:
    """What an image is said to be."""

    position: Position
    kind: ImpressionKind
    missing: frozenset[Position]  # single fingers of this position that cannot be there
    ppi: int

    @property
    def wanted(self) -> tuple[Position, ...]:
        """Single fingers that should lie there, from left to right."""
        return expected_fingers(self.position, self.missing)


def assess(image: GrayImage, asked: Asked, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on one attempt. About 0.5 s of CPU for a slap of four, 0.15 s for a thumb, 0.25 s for a roll."""
    return judge(observe(image, asked, engine()), limits, attempt)


def observe(image: GrayImage, asked: Asked, scorer: QualityEngine) -> Observed:
    """Everything that is measured on an impression."""
    cut = cut_up(image, asked)
    scores = {tip.finger: scorer.score(tip.pixels, asked.ppi) for tip in cut.tips}
    measures = {tip.finger: measure(tip.pixels, asked.ppi) for tip in cut.tips}
    return observed(asked, cut, scores, measures)


@dataclass(frozen=True, eq=False)
class Cut:
    """An impression cut into its fingertips."""

    tips: tuple[Fingertip, ...]  # empty unless as many are found as should be there
    polygons: Mapping[Position, tuple[Corner, ...]]  # where each lies, in pixels of the impression
    found: int  # fingers seen
    grey_levels: int  # of the whole impression, 0..256
    lying: Lying = field(default_factory=Lying)
    other_hand: bool = False
    unnamed: tuple[Measures, ...] = ()  # of the fingers seen, where they cannot be named


def cut_up(image: GrayImage, asked: Asked) -> Cut:
    parts = segment(image, asked.position, asked.missing, asked.ppi)
    polygons = {tip.finger: corners(tip.polygon, image) for tip in parts.fingertips}
    lies = Lying() if asked.kind is ImpressionKind.ROLLED else lying(image, parts.outlines, asked.ppi)
    unnamed = () if parts.fingertips else tuple(measure(upright(image, outline), asked.ppi) for outline in parts.outlines)
    return Cut(parts.fingertips, polygons, parts.found, grey_levels(image), lies, parts.is_other_hand, unnamed)


def observed(asked: Asked, cut: Cut, scores: Mapping[Position, FingerQuality], measures: Mapping[Position, Measures]) -> Observed:
    """Put together what was measured of the parts, wherever that was done."""
    placed = {finger: replace(score, polygon=cut.polygons[finger]) for finger, score in scores.items()}
    placings = zip(cut.tips, cut.lying.clipped_mm, cut.lying.rotations, strict=False)  # a roll has none
    laid = {tip.finger: (clipped, turn) for tip, clipped, turn in placings}
    whole = {f: replace(m, clipped_mm=laid[f][0], rotation=laid[f][1]) if f in laid else m for f, m in measures.items()}
    return Observed(
        asked.position, asked.kind, asked.wanted, cut.found, cut.grey_levels, placed, whole, cut.lying, cut.other_hand, cut.unnamed
    )


@lru_cache(maxsize=1)
def engine() -> QualityEngine:
    """The engine of this process."""
    return NbisEngine()
