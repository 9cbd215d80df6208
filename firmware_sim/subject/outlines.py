"""Where the fingers lie in a picture that does not say it. Rough: it serves the animation, not the agent's segmentation."""

from __future__ import annotations

import cv2
import numpy as np

from firmware_sim.subject.person import Box, Gray

SCALE = 4  # the search runs on a picture this many times smaller
RIDGES = 12.0  # grey levels of fine detail that count as ridges
FINGER = (21, 43)  # pixels of the small picture: a line of writing is lower, a stroke is narrower


def find(picture: Gray, fingers: tuple[int, ...]) -> tuple[Box, ...]:
    """A box for each finger, named from left to right; empty when fewer pieces are found than there are fingers."""
    pieces = sorted(_pieces(picture), key=lambda piece: -piece[2] * piece[3])
    chosen: list[tuple[int, int, int, int]] = []
    for piece in pieces:
        if len(chosen) < len(fingers) and not any(_above_each_other(piece, other) for other in chosen):
            chosen.append(piece)
    if len(chosen) < len(fingers):
        return ()
    return tuple(Box(finger, *piece) for finger, piece in zip(fingers, sorted(chosen), strict=True))


def _pieces(picture: Gray) -> list[tuple[int, int, int, int]]:
    """Left, top, width, height of what has ridges."""
    fine = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.5) - cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 6)
    small = cv2.resize(np.abs(fine), None, fx=1 / SCALE, fy=1 / SCALE, interpolation=cv2.INTER_AREA)
    mask = (cv2.GaussianBlur(small, (0, 0), 3) > RIDGES).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, FINGER))
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(mask)
    return [tuple(int(v) * SCALE for v in row[:4]) for row in stats[1:]]  # type: ignore[misc]


def _above_each_other(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    overlap = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    return overlap > 0.4 * min(a[2], b[2])
