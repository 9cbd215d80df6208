"""Which measured displacements are movements of the skin, and which are the sensor's jitter.

One large step is a movement, and so are small ones that go on in one direction: skin that creeps. Jitter has no direction. In 1,500 pairs
of good synthetic rolls no step was over 0.6 pixels, no mean of four over 0.25, no turn over 0.06 degrees, no mean of four turns over 0.03.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll.register import TURNS, Displacement

STEP = 1.5  # pixels at 500 ppi; 1.0 moved one good quick roll of twenty, where two strips have little in common
CREEP = 0.5  # pixels at 500 ppi, mean of LAST steps
TURN_CREEP = 0.08  # degrees, mean of LAST turns
LAST = 4


class Gate:
    """Of one roll. Each axis for itself: a slip sideways must not lock in the other axis's jitter."""

    def __init__(self, ppi: int) -> None:
        scale = ppi / 500
        self._steps = np.array([STEP * scale, STEP * scale, TURNS])
        self._creeps = np.array([CREEP * scale, CREEP * scale, TURN_CREEP])
        self._last: deque[NDArray[np.float64]] = deque(maxlen=LAST)

    def passed(self, found: Displacement, rest: tuple[float, float]) -> Displacement:
        """What moved; 0 where nothing did. `rest`: what is known of x and y and not in `found`, below a pixel."""
        if not found.checked:
            self._last.clear()
            return found
        now = np.array([found.x + rest[0], found.y + rest[1], found.turn])
        large = np.abs(now) > self._steps
        self._last.append(np.where(large, np.sign(now) * self._creeps, now))
        creeps = np.abs(np.mean(self._last, axis=0)) > self._creeps if len(self._last) == LAST else np.zeros(3, bool)
        x, y, turn = (float(value) for value in np.where(large | creeps, now, 0.0))
        return replace(found, x=x, y=y, turn=turn)
