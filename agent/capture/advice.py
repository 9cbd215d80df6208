"""The scanner's warnings as one sentence that a person in gloves can follow. Warnings never block: they choose words."""

from __future__ import annotations

from agent.capture.plan import Step
from agent.model.quality import Cause
from agent.quality.verdict import several
from drivers.device import Advice

# most telling first; {} is the name of the fingers asked for
_LIVE: tuple[tuple[Advice, str], ...] = (
    (Advice.WRONG_HAND, "This looks like the other hand: lay the {} on the glass."),
    (Advice.SPOOF, "The scanner doubts that this is a finger: look at the hand, and lay the {} on the glass again."),
    (Advice.EXTRA_FINGER, "More is on the glass than the {}: let nothing else touch it."),
    (Advice.TOO_FEW_FINGERS, "Not all fingers are seen: lay the {} flat on the glass."),
    (Advice.OFF_LEFT, "Move the hand a little to the right."),
    (Advice.OFF_RIGHT, "Move the hand a little to the left."),
    (Advice.OFF_TOP, "Move the hand a little back, towards the body."),
    (Advice.OFF_BOTTOM, "Move the hand a little forward."),
    (Advice.ROLL_FAST, "Roll more slowly."),
    (Advice.ROLL_SLOW, "Roll a little faster."),
    (Advice.ROLL_REVERSED, "Roll in one direction only, without going back."),
    (Advice.ROLL_LIFTED, "Keep the finger on the glass while it rolls."),
    (Advice.ROLL_PAUSED, "Roll on without stopping."),
    (Advice.ROLL_NARROW, "Roll further, from nail to nail."),
    (Advice.ROLL_SLIP | Advice.ROLL_SHIFT_H | Advice.ROLL_SHIFT_V, "Roll without sliding or turning the finger."),
    (Advice.SLIDING | Advice.SMEAR, "Lay the {} down and hold still."),
    (Advice.DRY | Advice.TOO_LIGHT, "Press the {} a little firmer."),
    (Advice.WET | Advice.TOO_DARK, "Dry the {} and press a little lighter."),
    (Advice.SURFACE_DIRTY | Advice.LATENT | Advice.HALO, "Clean the glass."),
    (Advice.AMBIENT_LIGHT, "Too much light falls on the glass: shade it."),
)

# Causes that only the scanner can see: they replace the sentence of the check of the image, which sees only their effect.
CAUSES = (
    Advice.WRONG_HAND
    | Advice.SPOOF
    | Advice.SLIDING
    | Advice.SMEAR
    | Advice.ROLL_FAST
    | Advice.ROLL_SLIP
    | Advice.ROLL_SHIFT_H
    | Advice.ROLL_SHIFT_V
    | Advice.ROLL_LIFTED
    | Advice.ROLL_REVERSED
    | Advice.ROLL_NARROW
)
_LIKELIER = CAUSES & ~(Advice.WRONG_HAND | Advice.SLIDING | Advice.SMEAR)  # told before a finger that slid


def sentence(advice: Advice, step: Step) -> str:
    """The most telling warning in words, '' for none that concerns a person at the glass."""
    for flags, text in _LIVE:
        if advice & flags:
            return text.format(several(step.fingers))
    return ""


def cause(advice: Advice, step: Step) -> str:
    """Why an image failed, where the scanner saw it; '' where it did not."""
    return sentence(advice & CAUSES, step)


def named(advice: Advice) -> Cause:
    """The same cause for programs; `advice` has one of CAUSES."""
    if advice & Advice.WRONG_HAND:
        return Cause.OTHER_HAND
    return Cause.SMEARED if advice & (Advice.SLIDING | Advice.SMEAR) and not advice & _LIKELIER else Cause.SPOILT
