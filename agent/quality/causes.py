"""What is wrong with a print, from what was measured: one cause, the most telling first.

The order is that of what hides what: a finger beyond the edge looks missing, a hand that is cut off looks like another hand, skin that slid
looks pale and filled, a light touch looks dry. A cause that spoils the print by itself is *grave*; the state of the skin is not: whether
such a print is good enough says NFIQ 2, and the cause says why and what helps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model.fingers import Position
from agent.model.impression import FingerQuality, ImpressionKind
from agent.model.quality import Cause, Measures
from agent.quality.lying import Lying
from agent.quality.thresholds import QualityThresholds

SKIN = (Cause.SMEARED, Cause.WET, Cause.TOO_LIGHT, Cause.DRY)  # the most telling first


@dataclass(frozen=True)
class Observed:
    """All that was measured on one impression."""

    position: Position
    kind: ImpressionKind
    wanted: tuple[Position, ...]  # single fingers that should lie there
    found: int  # fingers seen
    grey_levels: int  # of the whole impression, 0..256
    scores: Mapping[Position, FingerQuality]  # of the fingers that could be named
    measures: Mapping[Position, Measures]  # of the same
    lying: Lying = field(default_factory=Lying)
    other_hand: bool = False  # these are likely the fingers of the other hand
    unnamed: tuple[Measures, ...] = ()  # of the fingers seen, where they cannot be named


@dataclass(frozen=True)
class Finding:
    cause: Cause
    fingers: tuple[Position, ...] = ()  # that it is about; empty: the whole impression
    grave: bool = False  # the print cannot be good


def find(seen: Observed, limits: QualityThresholds) -> Finding:
    """The first that applies; Cause.NONE where nothing is wrong."""
    return _of_the_hand(seen, limits) or _of_poor_fingers(seen, limits) or _of_the_skin(seen, limits) or Finding(Cause.NONE)


def score_of(seen: Observed, finger: Position) -> int:
    """NFIQ 2, -1 where there is none."""
    score = seen.scores[finger].nfiq2
    return -1 if score is None else score


def _of_the_hand(seen: Observed, limits: QualityThresholds) -> Finding | None:
    if cut := _cut_off(seen, limits):
        return cut
    if seen.found != len(seen.wanted):
        missing = Cause.MISSING_FINGER if seen.found < len(seen.wanted) else Cause.EXTRA_FINGER
        return Finding(_hidden_by(seen, limits) or missing, grave=True)
    if seen.other_hand:
        return Finding(Cause.OTHER_HAND, grave=True)
    return _turned(seen, limits)


def _turned(seen: Observed, limits: QualityThresholds) -> Finding | None:
    """Turned too far; what wet, pale or broken skin seems to be turned is not trusted."""
    turned = seen.kind is ImpressionKind.PLAIN and abs(seen.lying.turn) >= limits.plain_rotation_retry
    return Finding(Cause.ROTATED, grave=True) if turned and _of_the_skin(seen, limits) is None else None


def _cut_off(seen: Observed, limits: QualityThresholds) -> Finding | None:
    """Fingers at the edge; what else is cut there counts only where a finger is wanting."""
    fingers = tuple(f for f in seen.wanted if f in seen.measures and seen.measures[f].clipped_mm >= limits.plain_clipped_retry)
    wanting = seen.found < len(seen.wanted)
    longest = max((*seen.lying.clipped_mm, seen.lying.remains_mm), default=0.0) if wanting else 0.0
    return Finding(Cause.OFF_CENTRE, fingers, grave=True) if fingers or longest >= limits.plain_clipped_retry else None


def _hidden_by(seen: Observed, limits: QualityThresholds) -> Cause | None:
    """The state of the skin that all fingers seen share and that may be why they are not as many as they should be."""
    causes = {skin(measured, limits) for measured in seen.unnamed}
    return next(iter(causes)) if len(causes) == 1 else None


def _of_poor_fingers(seen: Observed, limits: QualityThresholds) -> Finding | None:
    """The worst finger's cause, and the other poor ones with the same."""
    causes = {finger: _poor(seen, finger, limits) for finger in seen.wanted}
    poor = [finger for finger, cause in causes.items() if cause is not None]
    if not poor:
        return None
    cause = causes[min(poor, key=lambda finger: score_of(seen, finger))]
    assert cause is not None
    return Finding(cause, tuple(finger for finger in poor if causes[finger] is cause), grave=True)


def _poor(seen: Observed, finger: Position, limits: QualityThresholds) -> Cause | None:
    """Why a finger is taken again, None where it is not."""
    measured, plain = seen.measures[finger], seen.kind is ImpressionKind.PLAIN
    smeared = plain and measured.smear >= limits.plain_smear_retry
    few = measured.grey_levels < limits.any_grey_levels_retry
    small = measured.area_mm2 < (limits.plain_area_retry if plain else limits.rolled_area_retry)
    if not (smeared or few or small or (plain and score_of(seen, finger) < limits.plain_nfiq2_retry)):
        return None
    if smeared:
        return Cause.SMEARED
    otherwise = Cause.SMALL if small or measured.area_mm2 < 2 * limits.plain_area_retry else Cause.UNCLEAR
    return (skin(measured, limits) if plain else None) or _tone(measured, limits) or (Cause.LOW_CONTRAST if few else otherwise)


def _tone(measured: Measures, limits: QualityThresholds) -> Cause | None:
    """By the mean alone, for a poor print that shows nothing plainer."""
    if measured.mean >= limits.advice_mean_light:
        return Cause.TOO_LIGHT
    return Cause.WET if measured.mean <= limits.advice_mean_dark else None


def _of_the_skin(seen: Observed, limits: QualityThresholds) -> Finding | None:
    """Of prints that are good enough: what most fingers show."""
    if seen.kind is ImpressionKind.ROLLED:
        return None
    causes = {finger: skin(seen.measures[finger], limits) for finger in seen.wanted}
    count = Counter(cause for cause in causes.values() if cause is not None)
    if not count:
        return None
    most = max(SKIN, key=lambda cause: count[cause])
    return Finding(most, tuple(finger for finger, cause in causes.items() if cause is most))


def skin(measured: Measures, limits: QualityThresholds) -> Cause | None:
    """What the skin was like, None where it was as it should be."""
    if measured.smear >= limits.plain_smear_retry:
        return Cause.SMEARED
    if measured.wetness >= limits.skin_wet:
        return Cause.WET
    if measured.ridge_grey >= limits.skin_pale and measured.unevenness <= limits.skin_even:
        return Cause.TOO_LIGHT
    return Cause.DRY if measured.dryness >= limits.skin_dry and measured.mean >= limits.skin_dry_mean else None
