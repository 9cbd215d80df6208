"""From measures to a verdict and one sentence that a person in gloves can follow. Per finger, never averaged over a slap.

Rules, first that applies:
1. not the expected number of fingers            take again
2. a finger with too few grey levels or ridges   take again, that finger named
3. plain: a finger below the lower NFIQ 2 limit, or without a score     take again, that finger named
4. plain: a finger below the upper NFIQ 2 limit; any: grey levels low   accept, with a warning
5. otherwise                                     accept
Where "take again" comes at the last try, a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.model.fingers import Position
from agent.model.impression import FingerQuality, ImpressionKind, QualityReport, Verdict
from agent.quality.measures import Measures
from agent.quality.thresholds import QualityThresholds


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


def judge(seen: Observed, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on one attempt, 1 for the first."""
    wrong = _count(seen) or _poor(seen, limits)
    verdict = Verdict.ACCEPT if not wrong else Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER
    return QualityReport(
        dict(seen.scores), seen.found, len(seen.wanted), seen.grey_levels, verdict, wrong if wrong else _warning(seen, limits)
    )


def unchecked(position: Position, expected: int, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on an attempt whose check itself broke down."""
    verdict = Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER
    return QualityReport({}, 0, expected, 0, verdict, f"The print of the {words(position)} could not be checked: take it again.")


def spoilt(report: QualityReport, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on an image that measures well but cannot be good by what was seen while it was taken: a roll that slipped."""
    if report.verdict is not Verdict.ACCEPT:
        return report
    return replace(report, verdict=Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER, advice="")


def rank(report: QualityReport | None) -> tuple[bool, int, int, int]:
    """Sorts attempts of one position, best last: right number of fingers, then the worst finger, then all of them, then grey levels."""
    if report is None:
        return False, -1, -1, 0
    scores = [-1 if quality.nfiq2 is None else quality.nfiq2 for quality in report.fingers.values()] or [-1]
    return report.found == report.expected, min(scores), sum(scores), report.contrast


def words(position: Position) -> str:
    """For a sentence: 'right ring finger', 'left thumb', 'left four fingers'."""
    names = position.words.removeprefix("plain ")
    return names if names.endswith(("thumb", "thumbs")) else f"{names} finger{'s' if names.endswith('four') else ''}"


def several(fingers: Sequence[Position]) -> str:
    """'right ring finger', 'right ring and right little fingers'."""
    if len(fingers) == 1:
        return words(fingers[0])
    names = [finger.words for finger in fingers]
    return f"{', '.join(names[:-1])} and {names[-1]}" + ("" if names[-1].endswith("thumb") else " fingers")


def _count(seen: Observed) -> str:
    if seen.found == len(seen.wanted):
        return ""
    if seen.found > len(seen.wanted):
        return f"More is on the glass than the {several(seen.wanted)}: let nothing else touch it."
    if len(seen.wanted) == 1:
        return f"No clear print is seen: lay the {words(seen.wanted[0])} flat on the glass and press a little firmer."
    return f"Only {seen.found} of {len(seen.wanted)} fingers are seen: lay the {several(seen.wanted)} flat on the glass, a little apart."


def _poor(seen: Observed, limits: QualityThresholds) -> str:
    poor = [finger for finger in seen.wanted if _is_poor(seen, finger, limits)]
    if not poor:
        return ""
    worst = min(poor, key=lambda finger: _score(seen, finger))
    advice = _advice(seen, worst, limits)
    same = [finger for finger in poor if _advice(seen, finger, limits) == advice]
    return advice.format(several(same))


def _is_poor(seen: Observed, finger: Position, limits: QualityThresholds) -> bool:
    measured = seen.measures[finger]
    if measured.grey_levels < limits.any_grey_levels_retry:
        return True
    if seen.kind is ImpressionKind.ROLLED:
        return measured.area_mm2 < limits.rolled_area_retry
    return measured.area_mm2 < limits.plain_area_retry or _score(seen, finger) < limits.plain_nfiq2_retry


def _score(seen: Observed, finger: Position) -> int:
    score = seen.scores[finger].nfiq2
    return -1 if score is None else score


def _advice(seen: Observed, finger: Position, limits: QualityThresholds) -> str:
    """A sentence with a place for the finger's name."""
    measured = seen.measures[finger]
    if measured.mean >= limits.advice_mean_light or measured.grey_levels < limits.any_grey_levels_retry:
        return "Press the {} a little firmer."
    if measured.mean <= limits.advice_mean_dark:
        return "Dry the {} and press a little lighter."
    if seen.kind is ImpressionKind.ROLLED:
        return "Roll the {} again from nail to nail, slowly and evenly."
    if measured.area_mm2 < 2 * limits.plain_area_retry:
        return "Lay the {} down flatter, so that more of it touches the glass."
    return "Wipe the {}, then lay it flat and hold it still."


def _warning(seen: Observed, limits: QualityThresholds) -> str:
    weak = [f for f in seen.wanted if seen.kind is ImpressionKind.PLAIN and _score(seen, f) < limits.plain_nfiq2_accept]
    if weak:
        return f"Accepted, but the {several(weak)} {'is' if len(weak) == 1 else 'are'} only just good enough."
    if any(seen.measures[f].grey_levels < limits.any_grey_levels_warn for f in seen.wanted):
        return "Accepted, but the print has little contrast: clean the glass."
    return ""
