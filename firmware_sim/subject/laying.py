"""Which fingers come where others were asked, and the truth about what is wrong with a touch."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_sim.subject import roll
from firmware_sim.subject.condition import Condition, Flaw, other_finger
from firmware_sim.subject.person import LEFT_FOUR, LEFT_THUMB_PLAIN, RIGHT_FOUR, RIGHT_THUMB_PLAIN, TWO_THUMBS, Asked, Box, Way

CUT = 36  # pixels of a box beyond the platen from which a finger counts as cut off; a box is a little larger than its finger

_OTHER = {RIGHT_FOUR: LEFT_FOUR, LEFT_FOUR: RIGHT_FOUR, RIGHT_THUMB_PLAIN: LEFT_THUMB_PLAIN, LEFT_THUMB_PLAIN: RIGHT_THUMB_PLAIN}

# From which amount on a person would call it wrong; a quality room may draw its line elsewhere.
_AMOUNTS = (
    ("moisture", -1, 0.35, Flaw.DRY),
    ("moisture", 1, 0.35, Flaw.WET),
    ("pressure", -1, 0.35, Flaw.TOO_LIGHT),
    ("pressure", 1, 0.4, Flaw.TOO_DARK),
    ("rotation", 1, 15, Flaw.ROTATED),
    ("rotation", -1, 15, Flaw.ROTATED),
    ("smear", 1, 4, Flaw.SMEAR),
    ("slide", 1, 20, Flaw.SLIDING),
    ("dirt", 1, 0.25, Flaw.SURFACE_DIRTY),
    ("latent", 1, 0.25, Flaw.LATENT),
    ("halo", 1, 0.25, Flaw.HALO),
    ("partial", 1, 0.2, Flaw.PARTIAL),
)


def other_position(position: int) -> int:
    """The same impression of the other hand."""
    if position == TWO_THUMBS:
        return TWO_THUMBS
    return _OTHER.get(position) or other_finger(position)


def laid_fingers(asked: Asked, how: Condition) -> dict[int, int]:
    """Finger asked to finger laid."""
    return {finger: how.finger(finger) for finger in sorted(asked.fingers - how.missing)}


def truth(asked: Asked, how: Condition, laid: Sequence[int], boxes: Sequence[Box], area: tuple[int, int]) -> frozenset[Flaw]:
    found = {flaw for name, sign, least, flaw in _AMOUNTS if sign * getattr(how, name) >= least}
    found |= _cut_off(boxes, area)
    if asked.way is Way.ROLLED:
        found |= roll.flaws(how)
    if len(laid) < len(asked.fingers):
        found.add(Flaw.TOO_FEW_FINGERS)
    if {finger <= 5 for finger in laid} - {finger <= 5 for finger in asked.fingers}:
        found.add(Flaw.WRONG_HAND)
    elif set(laid) - asked.fingers or any(how.finger(finger) != finger for finger in asked.fingers - how.missing):
        found.add(Flaw.WRONG_FINGER)
    if how.another:
        found.add(Flaw.ANOTHER_PERSON)
    return frozenset(found)


def _cut_off(boxes: Sequence[Box], area: tuple[int, int]) -> set[Flaw]:
    found = set()
    for box in boxes:
        if box.left < -CUT:
            found.add(Flaw.OFF_LEFT)
        if box.left + box.width > area[0] + CUT:
            found.add(Flaw.OFF_RIGHT)
        if box.top < -CUT:
            found.add(Flaw.OFF_TOP)
        if box.top + box.height > area[1] + CUT:
            found.add(Flaw.OFF_BOTTOM)
    return found
