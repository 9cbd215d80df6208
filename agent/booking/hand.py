"""The hand diagram of a booking as data: what each finger is marked as, and what follows from it for the file. Pure.

A mark chooses the code of 2.084 AMP, or none: a scarred finger is printed like any other, and whoever reads its quality knows why. XX also
stands for a partial amputation (EBTS 11.0 table D-1). With XX the line of 2.026 SMT that says the same is offered, never written unasked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from agent.booking.facts import Facts
from agent.model.fingers import FINGERS, FingerMark, MissingReason, Position, fingers_of

CODES: Mapping[FingerMark, MissingReason | None] = {
    FingerMark.THERE: None,
    FingerMark.SCARRED: None,
    FingerMark.MISSING: MissingReason.AMPUTATED,
    FingerMark.BANDAGED: MissingReason.UNPRINTABLE,
    FingerMark.CANNOT_PRESENT: MissingReason.UNPRINTABLE,
}
_OF_CODE = {MissingReason.AMPUTATED: FingerMark.MISSING, MissingReason.UNPRINTABLE: FingerMark.CANNOT_PRESENT}
_SMT = {True: "MISS R FGR", False: "MISS L FGR"}  # NCIC: finger(s) of the right, of the left hand, missing; a thumb has no code of its own


def diagram(facts: Facts) -> dict[Position, FingerMark]:
    """All ten fingers. A mark that the code does not bear out gives way to the code."""
    return {finger: _mark(facts, finger) for finger in FINGERS}


def marked(facts: Facts, finger: Position, mark: FingerMark) -> Facts:
    """The facts with one finger marked."""
    missing = {one: code for one, code in facts.missing.items() if one != finger}
    code = CODES[mark]
    if code is not None:
        missing[finger] = code
    marks = {one: said for one, said in facts.marks.items() if one != finger}
    return replace(facts, missing=dict(sorted(missing.items())), marks=dict(sorted({**marks, finger: mark}.items())))


def outdated(before: Facts, after: Facts, taken: Collection[Position]) -> frozenset[Position]:
    """Impressions that were taken with another idea of their fingers: whether one can be printed has changed."""
    changed = {finger for finger in FINGERS if (finger in before.missing) != (finger in after.missing)}
    return frozenset(position for position in taken if changed & set(fingers_of(position)))


def smt_offered(facts: Facts) -> tuple[str, ...]:
    """Lines of 2.026 SMT for the fingers marked XX that the subject's marks do not have yet."""
    gone = [finger for finger, code in sorted(facts.missing.items()) if code is MissingReason.AMPUTATED]
    lines = dict.fromkeys(_SMT[finger <= Position.RIGHT_LITTLE] for finger in gone)
    return tuple(line for line in lines if line not in facts.subject.marks)


def with_smt(facts: Facts) -> Facts:
    """The facts with the offered lines among the subject's marks."""
    return replace(facts, subject=replace(facts.subject, marks=(*facts.subject.marks, *smt_offered(facts))))


def _mark(facts: Facts, finger: Position) -> FingerMark:
    said, code = facts.marks.get(finger, FingerMark.THERE), facts.missing.get(finger)
    if CODES[said] is code:
        return said
    return FingerMark.THERE if code is None else _OF_CODE[code]
