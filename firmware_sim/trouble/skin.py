"""Faults of optics and hands: what becomes of the next touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from firmware_sim.models.hands import Twist
from firmware_sim.subject.condition import NAMED
from firmware_sim.subject.person import Gray, Touch
from firmware_sim.subject.synthetic.impression import BARE

GLARE = 90  # grey levels that strong light adds


def _lit(touch: Touch) -> Touch:
    """Light from one side: the left is washed out more."""
    gain = np.linspace(2 * GLARE, GLARE / 2, touch.pixels.shape[1])[None, :]
    return replace(touch, pixels=np.clip(touch.pixels + gain, 0, 255).astype(np.uint8))


def _one_more(touch: Touch) -> Touch:
    """The right quarter of the picture once more beside it, as far as the platen reaches."""
    part = touch.pixels[:, -max(1, touch.pixels.shape[1] // 4) :]
    pixels: Gray = np.ascontiguousarray(np.concatenate([touch.pixels, part], axis=1)[:, :1640])
    return replace(touch, pixels=pixels, fingers=touch.fingers + 1, boxes=())


def _one_less(touch: Touch) -> Touch:
    """The rightmost finger stays away."""
    if touch.fingers < 2:
        return touch
    left = touch.boxes[-1].left if len(touch.boxes) == touch.fingers else touch.pixels.shape[1] * (touch.fingers - 1) // touch.fingers
    pixels = touch.pixels.copy()
    pixels[:, left:] = 255
    return replace(touch, pixels=pixels, fingers=touch.fingers - 1, boxes=touch.boxes[:-1])


def _nobody(touch: Touch) -> Touch:
    """What the scanner takes for fingers leaves no ink of its own."""
    return replace(touch, pixels=np.full_like(touch.pixels, BARE))


TWISTS: Mapping[str, Twist] = {
    "dirty-platen": Twist(NAMED["dirty-platen"], says=("SURFACE_DIRTY",)),
    "latent-ghost": Twist(NAMED["latent"], says=("LATENT",)),
    "halo": Twist(NAMED["halo"], says=("HALO",)),
    "strong-light": Twist(change=_lit, says=("AMBIENT_LIGHT", "TOO_LIGHT")),
    "wet-finger": Twist(NAMED["wet"], says=("WET",)),
    "dry-finger": Twist(NAMED["dry"], says=("DRY",)),
    "smear": Twist(NAMED["smeared"], says=("SMEAR",)),
    "roll-slip": Twist(NAMED["roll-slip"], says=("ROLL_SLIP",)),
    "shifted-roll": Twist(NAMED["roll-shift"], says=("ROLL_SHIFT_H",)),
    "shifted-roll-down": Twist(NAMED["roll-shift-down"], says=("ROLL_SHIFT_V",)),
    "fast-roll": Twist(NAMED["roll-fast"], says=("ROLL_FAST",)),
    "slow-roll": Twist(NAMED["roll-slow"], says=("ROLL_SLOW",)),
    "paused-roll": Twist(NAMED["roll-paused"], says=("ROLL_PAUSED",)),
    "narrow-roll": Twist(NAMED["roll-narrow"], says=("ROLL_NARROW",)),
    "reversed-roll": Twist(NAMED["roll-reversed"], says=("ROLL_REVERSED",)),
    "lifted-roll": Twist(NAMED["roll-lifted"], says=("ROLL_LIFTED",)),
    "second-finger-in-roll": Twist(NAMED["roll-second-finger"], says=("EXTRA_FINGER",)),
    "wrong-hand": Twist(NAMED["wrong-hand"], says=("WRONG_HAND",)),
    "missing-finger": Twist(change=_one_less),
    "extra-finger": Twist(change=_one_more, says=("EXTRA_FINGER",)),
    "latent-for-fingers": Twist(change=_nobody),
    "spoof": Twist(says=("SPOOF",)),
}
