"""A DET plot as PNG: false non-matches over false matches, both logarithmic; one line for each matcher."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.bench.match_rates import Curve

SIDE, EDGE = 800, 80  # pixels: of the plot, and of the margin around it
LOWEST = -5.0  # decades: 0.001 %
COLOURS = ((160, 60, 20), (40, 90, 210), (60, 140, 60))  # blue, green, red
GREY, INK = (215, 215, 215), (40, 40, 40)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def write_det(path: Path, curves: Mapping[str, Curve]) -> None:
    sheet = np.full((SIDE + 2 * EDGE, SIDE + 2 * EDGE, 3), 255, np.uint8)
    _axes(sheet)
    for number, (name, found) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        cv2.polylines(sheet, [_line(found)], isClosed=False, color=colour, thickness=2, lineType=cv2.LINE_AA)
        label = f"{name}: EER {100 * found.eer:.2f} %"
        cv2.putText(sheet, label, (SIDE + EDGE - 430, EDGE + 30 + 28 * number), _FONT, 0.6, colour, 2, cv2.LINE_AA)
    path.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())


def _axes(sheet: NDArray[np.uint8]) -> None:
    for decade in range(int(LOWEST), 1):
        at = _at(np.array([10.0**decade]))[0]
        cv2.line(sheet, (EDGE, SIDE + 2 * EDGE - at), (SIDE + EDGE, SIDE + 2 * EDGE - at), GREY, 1)
        cv2.line(sheet, (at, EDGE), (at, SIDE + EDGE), GREY, 1)
        name = f"{10.0 ** (decade + 2):g}%"
        cv2.putText(sheet, name, (8, SIDE + 2 * EDGE - at + 5), _FONT, 0.45, INK, 1, cv2.LINE_AA)
        cv2.putText(sheet, name, (at - 20, SIDE + EDGE + 22), _FONT, 0.45, INK, 1, cv2.LINE_AA)
    cv2.line(sheet, (EDGE, SIDE + EDGE), (SIDE + EDGE, EDGE), GREY, 1, cv2.LINE_AA)  # where both rates are equal
    cv2.putText(sheet, "false match rate", (EDGE + SIDE // 2 - 70, SIDE + EDGE + 52), _FONT, 0.6, INK, 1, cv2.LINE_AA)
    cv2.putText(sheet, "false non-match rate", (EDGE, EDGE - 20), _FONT, 0.6, INK, 1, cv2.LINE_AA)


def _at(rate: NDArray[np.float64]) -> NDArray[np.int32]:
    """Pixels along an axis."""
    decades = np.log10(np.maximum(rate, 10.0**LOWEST))
    return np.asarray(np.rint(EDGE + SIDE * (decades - LOWEST) / -LOWEST), np.int32)


def _line(found: Curve) -> NDArray[np.int32]:
    return np.stack([_at(found.fmr), SIDE + 2 * EDGE - _at(found.fnmr)], 1).reshape(-1, 1, 2)
