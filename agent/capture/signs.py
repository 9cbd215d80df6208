"""What the person at the glass is to do, as a sign that can be drawn: it goes with the sentence that says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from agent.model.quality import Cause
from drivers.device import Advice


class Sign(StrEnum):
    NONE = ""
    OTHER_HAND = "other_hand"
    ALL_FINGERS = "all_fingers"  # some that are asked for do not touch
    ONLY_THESE = "only_these"  # something else touches
    MIDDLE = "middle"  # of the glass
    STRAIGHT = "straight"
    STILL = "still"
    PRESS = "press"  # firmer
    DRY = "dry"
    MOISTEN = "moisten"
    WIPE = "wipe"  # the finger
    CLEAN_GLASS = "clean_glass"
    SLOWER = "slower"
    OTHER_SCANNER = "other_scanner"  # the capture goes on there


_OF_CAUSE: Mapping[Cause, Sign] = {
    Cause.OTHER_HAND: Sign.OTHER_HAND,
    Cause.OFF_CENTRE: Sign.MIDDLE,
    Cause.MISSING_FINGER: Sign.ALL_FINGERS,
    Cause.EXTRA_FINGER: Sign.ONLY_THESE,
    Cause.ROTATED: Sign.STRAIGHT,
    Cause.SMEARED: Sign.STILL,
    Cause.WET: Sign.DRY,
    Cause.DRY: Sign.MOISTEN,
    Cause.TOO_LIGHT: Sign.PRESS,
    Cause.SMALL: Sign.PRESS,
    Cause.LOW_CONTRAST: Sign.CLEAN_GLASS,
    Cause.UNCLEAR: Sign.WIPE,
}
# in the order of the sentences of `advice.sentence`; a roll's other faults are drawn as a roll
_OF_ADVICE: tuple[tuple[Advice, Sign], ...] = (
    (Advice.WRONG_HAND, Sign.OTHER_HAND),
    (Advice.SPOOF, Sign.NONE),
    (Advice.EXTRA_FINGER, Sign.ONLY_THESE),
    (Advice.TOO_FEW_FINGERS, Sign.ALL_FINGERS),
    (Advice.OFF_LEFT | Advice.OFF_RIGHT | Advice.OFF_TOP | Advice.OFF_BOTTOM, Sign.MIDDLE),
    (Advice.ROLL_FAST, Sign.SLOWER),
    (Advice.ROLL_SLOW | Advice.ROLL_REVERSED | Advice.ROLL_LIFTED | Advice.ROLL_PAUSED | Advice.ROLL_NARROW, Sign.NONE),
    (Advice.ROLL_SLIP | Advice.ROLL_SHIFT_H | Advice.ROLL_SHIFT_V, Sign.NONE),
    (Advice.SLIDING | Advice.SMEAR, Sign.STILL),
    (Advice.DRY | Advice.TOO_LIGHT, Sign.PRESS),
    (Advice.WET | Advice.TOO_DARK, Sign.DRY),
    (Advice.SURFACE_DIRTY | Advice.LATENT | Advice.HALO, Sign.CLEAN_GLASS),
)


def sign_of_cause(cause: Cause) -> Sign:
    return _OF_CAUSE.get(cause, Sign.NONE)


def sign_of_advice(advice: Advice) -> Sign:
    """Of the most telling warning."""
    return next((sign for flags, sign in _OF_ADVICE if advice & flags), Sign.NONE)
