"""A hand's time, and the noise of the sensor that watches it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from firmware_sim.subject.person import FLAT_AREA, Gray

NOISE = 3.0  # grey levels, standard deviation of the live sensor


@dataclass(frozen=True)
class Hand:
    """When each thing happens, in milliseconds of the subject's time after the scanner is armed. Choices, not measurements."""

    reach_ms: int = 400  # until the first finger touches
    stagger_ms: int = 60  # between fingers
    press_ms: int = 450  # from touch to full contact
    lift_ms: int = 300  # from "thank you" to a clear platen

    def settled_ms(self, fingers: int) -> int:
        """From the first touch until every finger has full contact."""
        return self.stagger_ms * (fingers - 1) + self.press_ms

    def contact(self, since_ms: float, fingers: int) -> list[float]:
        """0..1 for each finger, since the first touch."""
        return [min(1.0, max(0.0, (since_ms - n * self.stagger_ms) / self.press_ms)) for n in range(fingers)]


def sensor_noise(shape: tuple[int, ...], number: int) -> Gray:
    """Noise of a live sensor, one of 4096 parts of the same sheet."""
    down, right = np.random.default_rng(number).integers(0, 64, 2)
    return _noise()[down : down + shape[0], right : right + shape[1]]


@cache
def _noise() -> NDArray[np.uint8]:
    """A sheet of sensor noise from which every picture takes a part."""
    shape = (FLAT_AREA[1] + 64, FLAT_AREA[0] + 64)
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    return np.asarray(np.rint(np.abs(NOISE * noise)), np.uint8)
