"""From measures to a verdict and one sentence that a person in gloves can follow. Per finger, never averaged over a slap.

Rules, first that applies; `agent.quality.causes` holds them:
1. a finger cut off by the edge, not the expected number of fingers, the other hand, turned too far    take again
2. a finger that slid, or with too few grey levels or ridges                             take again, that finger named
3. plain: a finger below the lower NFIQ 2 limit, or without a score                      take again, that finger named
4. plain: a finger below the upper NFIQ 2 limit, or dry, wet, pale; any: grey levels low accept, with a warning
5. otherwise                                                                             accept
Where "take again" comes at the last try, a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.model.fingers import Position
from agent.model.impression import ImpressionKind, QualityReport, Verdict
from agent.model.quality import Cause
from agent.quality.causes import Finding, Observed, find, score_of
from agent.quality.thresholds import QualityThresholds

__all__ = ["Observed", "judge", "rank", "several", "spoilt", "unchecked", "words"]

# What helps; {} is the name of the fingers.
_ADVICE = {
    Cause.OTHER_HAND: "This looks like the other hand: lay the {} on the glass.",
    Cause.OFF_CENTRE: "Move the hand to the middle of the glass: its edge cuts off the {}.",
    Cause.EXTRA_FINGER: "More is on the glass than the {}: let nothing else touch it.",
    Cause.ROTATED: "Turn the hand straight and lay the {} on the glass again.",
    Cause.SMEARED: "Lay the {} down again without sliding, and hold still.",
    Cause.WET: "Dry the {} and press a little lighter.",
    Cause.DRY: "Moisten the {} a little and press firmly.",
    Cause.TOO_LIGHT: "Press the {} a little firmer.",
    Cause.SMALL: "Lay the {} down flatter, so that more of it touches the glass.",
    Cause.LOW_CONTRAST: "Clean the glass, then press the {} a little firmer.",
    Cause.UNCLEAR: "Wipe the {}, then lay it flat and hold it still.",
}
_ROLL_AGAIN = "Roll the {} again from nail to nail, slowly and evenly."
_REMARK = {Cause.WET: "wet or pressed hard", Cause.DRY: "dry", Cause.TOO_LIGHT: "pressed lightly"}


def judge(seen: Observed, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on one attempt, 1 for the first."""
    found = find(seen, limits)
    verdict = Verdict.ACCEPT if not found.grave else Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER
    cause, advice = (found.cause, _advice(seen, found)) if found.grave else _warning(seen, found, limits)
    return QualityReport(
        fingers=dict(seen.scores),
        found=seen.found,
        expected=len(seen.wanted),
        contrast=seen.grey_levels,
        verdict=verdict,
        advice=advice,
        cause=cause,
        concerns=found.fingers,
        measures=dict(seen.measures),
    )


def unchecked(position: Position, expected: int, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on an attempt whose check itself broke down."""
    verdict = Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER
    advice = f"The print of the {words(position)} could not be checked: take it again."
    return QualityReport({}, 0, expected, 0, verdict, advice, Cause.UNCHECKED)


def spoilt(report: QualityReport, limits: QualityThresholds, attempt: int) -> QualityReport:
    """The report on an image that measures well but cannot be good by what was seen while it was taken: a roll that slipped."""
    if report.verdict is not Verdict.ACCEPT:
        return report
    verdict = Verdict.RETRY if attempt < limits.tries_most else Verdict.ASK_OFFICER
    return replace(report, verdict=verdict, advice="", cause=Cause.SPOILT)


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


def _advice(seen: Observed, found: Finding) -> str:
    names = several(found.fingers or seen.wanted)
    if found.cause is Cause.MISSING_FINGER:
        return _too_few(seen, names)
    if found.cause in (Cause.SMALL, Cause.UNCLEAR) and seen.kind is ImpressionKind.ROLLED:
        return _ROLL_AGAIN.format(names)
    return _ADVICE[found.cause].format(names)


def _too_few(seen: Observed, names: str) -> str:
    if len(seen.wanted) == 1:
        return f"No clear print is seen: lay the {names} flat on the glass and press a little firmer."
    return f"Only {seen.found} of {len(seen.wanted)} fingers are seen: lay the {names} flat on the glass, a little apart."


def _warning(seen: Observed, found: Finding, limits: QualityThresholds) -> tuple[Cause, str]:
    """Of a print that is accepted: its cause and a sentence, none and '' where it is simply good."""
    weak = [f for f in seen.wanted if seen.kind is ImpressionKind.PLAIN and score_of(seen, f) < limits.plain_nfiq2_accept]
    if weak:
        cause = found.cause if found.cause is not Cause.NONE else Cause.UNCLEAR
        return cause, f"Accepted, but the {several(weak)} {_are(weak)} only just good enough."
    if seen.kind is ImpressionKind.ROLLED and any(0 <= score_of(seen, f) < limits.rolled_nfiq2_warn for f in seen.wanted):
        return Cause.UNCLEAR, f"Accepted, but the {several(seen.wanted)} {_are(seen.wanted)} not clear everywhere."
    if found.cause is not Cause.NONE:
        return found.cause, f"Accepted, but the {several(found.fingers)} {_are(found.fingers)} {_REMARK[found.cause]}."
    if any(seen.measures[f].grey_levels < limits.any_grey_levels_warn for f in seen.wanted):
        return Cause.LOW_CONTRAST, "Accepted, but the print has little contrast: clean the glass."
    return Cause.NONE, ""


def _are(fingers: Sequence[Position]) -> str:
    return "is" if len(fingers) == 1 else "are"
