"""How the skin lies on the glass against where it lay at the beginning of a roll: moved, and turned."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.imaging.roll.register import Displacement
from agent.model.impression import GrayImage

Matrix = NDArray[np.float64]  # (3, 3)


@dataclass(frozen=True, eq=False)
class Pose:
    """`seen`: from a point of the mosaic to where a frame shows it."""

    seen: Matrix
    limit: float  # pixels, the furthest that is followed

    @property
    def turned(self) -> bool:
        return bool(self.seen[0, 1] != 0)

    @property
    def moved(self) -> tuple[float, float]:
        """Pixels right and down, of a pose that has not turned."""
        return float(self.seen[0, 2]), float(self.seen[1, 2])

    @property
    def whole(self) -> tuple[int, int]:
        """What is left to be taken back of a frame after `upright`."""
        return (0, 0) if self.turned else (round(self.moved[0]), round(self.moved[1]))

    def upright(self, pixels: GrayImage) -> GrayImage:
        """The frame turned back; as it is where the finger has not turned, so that no pixel is resampled without need."""
        if not self.turned:
            return pixels
        size = (pixels.shape[1], pixels.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        back = cv2.warpAffine(pixels, self.seen[:2], size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
        return np.asarray(back, np.uint8)

    def after(self, step: Displacement, about: tuple[float, float]) -> Pose:
        """`step` is what was found on top of this pose, its turn about a point of the mosaic."""
        if not (step.x or step.y or step.turn):
            return self
        turn = np.eye(3)
        turn[:2] = cv2.getRotationMatrix2D(about, -step.turn, 1.0)
        shift = np.array([[1, 0, step.x], [0, 1, step.y], [0, 0, 1]])
        seen = self.seen @ shift @ turn
        if seen[0, 1] == 0:
            seen[:2, 2] = np.clip(seen[:2, 2], -self.limit, self.limit)
        return Pose(seen, self.limit)


def lying(limit: float) -> Pose:
    """As at the beginning."""
    return Pose(np.eye(3), limit)
