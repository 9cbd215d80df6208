"""Where the fingers of slaps truly lie: `truth.csv` beside the images, one row for each finger.

    image     file beside the CSV (PNG, PGM, BMP, TIFF; 8-bit grey)
    position  FGP asked for, 1..15
    missing   single fingers that AMP explains, separated by blanks; may be empty
    ppi       of the image
    finger    FGP of the finger that truly lies there, 1..10
    x, y      middle of the box in pixels of the image, from the left and from the top
    width, height   of the box in pixels, across and along the finger; from the tip to the first crease
    turn      degrees clockwise from upright

What lies there and what was asked may differ: that is how a wrong hand, too few or too many fingers are written down.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.errors import LivescanError
from agent.model.fingers import Position

COLUMNS = ("image", "position", "missing", "ppi", "finger", "x", "y", "width", "height", "turn")


@dataclass(frozen=True)
class Box:
    finger: int  # FGP 1..10
    x: float  # pixels
    y: float  # pixels
    width: float  # pixels, across the finger
    height: float  # pixels, along it
    turn: float  # degrees clockwise from upright

    @property
    def polygon(self) -> NDArray[np.float32]:
        """Corners (4, 2) x, y: upper left, upper right, lower right, lower left of the upright finger."""
        across, along = np.array([np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))]), np.zeros(2)
        along[:] = -across[1], across[0]
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return np.array([(self.x, self.y) + i * self.width / 2 * across + j * self.height / 2 * along for i, j in signs], np.float32)


@dataclass(frozen=True)
class SlapTruth:
    image: str
    position: Position
    missing: frozenset[Position]
    ppi: int
    boxes: tuple[Box, ...]


def iou(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two convex polygons (n, 2), 0..1."""
    shared = float(cv2.intersectConvexConvex(one.astype(np.float32), other.astype(np.float32))[0])
    union = float(cv2.contourArea(one)) + float(cv2.contourArea(other)) - shared
    return shared / union if union > 0 else 0.0


def read(path: Path) -> list[SlapTruth]:
    """In the order of the file. Raises LivescanError when it is not there or not of this form."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        images = dict.fromkeys(row["image"] for row in rows)
        if not images:
            raise ValueError("it has no rows")
        return [_slap(name, [row for row in rows if row["image"] == name]) for name in images]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LivescanError(
            f"'{path}' cannot be read as the truth about slaps: {error}.",
            means="Nothing was measured.",
            do=f"It is a CSV file with the columns {', '.join(COLUMNS)}.",
        ) from error


def write(path: Path, slaps: Iterable[SlapTruth]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for slap in slaps:
            missing = " ".join(str(int(finger)) for finger in sorted(slap.missing))
            for box in slap.boxes:
                numbers = (f"{value:.1f}" for value in (box.x, box.y, box.width, box.height, box.turn))
                table.writerow((slap.image, int(slap.position), missing, slap.ppi, box.finger, *numbers))


def _slap(name: str, rows: Sequence[dict[str, str]]) -> SlapTruth:
    first = rows[0]
    missing = frozenset(Position(int(finger)) for finger in first["missing"].split())
    return SlapTruth(name, Position(int(first["position"])), missing, int(first["ppi"]), tuple(map(_box, rows)))


def _box(row: dict[str, str]) -> Box:
    x, y, width, height, turn = (float(row[key]) for key in COLUMNS[5:])
    return Box(int(row["finger"]), x, y, width, height, turn)
