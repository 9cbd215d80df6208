"""How near a composed print is to the true one: everywhere in ridge widths, in grey levels, and in minutiae.

*Local displacement*: composed and true print are cut into windows of 64 x 64 pixels every 32, and each pair is registered by phase
correlation; the length of the displacement over the ridge period of the true window is the error there, in ridges. A window whose pair
cannot be registered (response under 0.1) counts as one whole ridge and is counted.

*Duplicates*: pairs of minutiae (MINDTCT) nearer than 8 pixels, less than a ridge. The list of MINDTCT ends at 150, so a print is taken
in quarters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.model.impression import GrayImage

WINDOW, EVERY = 64, 32  # pixels
RESPONSE = 0.1
SKIN = 40.0  # grey levels, standard deviation from which a window holds ridges
PERIODS = (5.0, 16.0)  # pixels, of ridges at 500 ppi
NEAR = 8.0  # pixels
LOST = 1.0  # ridges, of a window that cannot be registered

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nearness:
    displaced: tuple[float, ...]  # ridges, of each window
    lost: int  # windows that could not be registered
    psnr: float  # dB

    @property
    def p95(self) -> float:
        return float(np.percentile(self.displaced, 95)) if self.displaced else LOST


def nearness(composed: GrayImage, true: GrayImage) -> Nearness:
    """Of two pictures of one size and place."""
    window = cv2.createHanningWindow((WINDOW, WINDOW), cv2.CV_32F)
    found, lost = [], 0
    for a, b in _windows(composed, true):
        (right, down), response = cv2.phaseCorrelate(b, a, window)
        known = response >= RESPONSE
        lost += not known
        found.append(min(LOST, float(np.hypot(right, down)) / _period(b * window)) if known else LOST)
    return Nearness(tuple(found), lost, _psnr(composed, true))


def _windows(composed: GrayImage, true: GrayImage) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    for top in range(0, true.shape[0] - WINDOW + 1, EVERY):
        for left in range(0, true.shape[1] - WINDOW + 1, EVERY):
            part = (slice(top, top + WINDOW), slice(left, left + WINDOW))
            if true[part].std() >= SKIN:
                yield _levelled(composed[part]), _levelled(true[part])


def _levelled(part: GrayImage) -> NDArray[np.float32]:
    pixels = part.astype(np.float32)
    return np.asarray(pixels - cv2.blur(pixels, (25, 25)), np.float32)


def _period(part: NDArray[np.float32]) -> float:
    """Pixels from ridge to ridge: the strongest wave of a window."""
    power = np.abs(np.fft.rfft2(part)) ** 2
    waves = np.hypot(np.fft.fftfreq(WINDOW)[:, None], np.fft.rfftfreq(WINDOW)[None, :])
    allowed = (waves > 1 / PERIODS[1]) & (waves < 1 / PERIODS[0])
    return float(1 / waves[allowed][np.argmax(power[allowed])])


def _psnr(a: GrayImage, b: GrayImage) -> float:
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def duplicates(picture: GrayImage) -> tuple[int, int]:
    """Pairs of minutiae that are too near, and all minutiae."""
    rows, columns = picture.shape
    pairs, count = 0, 0
    for top in (0, rows // 2):
        for left in (0, columns // 2):
            places = _minutiae(np.ascontiguousarray(picture[top : top + rows // 2, left : left + columns // 2]))
            apart = np.hypot(*(places[:, None, axis] - places[None, :, axis] for axis in (0, 1)))
            pairs += int((np.triu(apart < NEAR, 1)).sum())
            count += len(places)
    return pairs, count


def _minutiae(picture: GrayImage) -> Floats:
    """(n, 2) pixels."""
    from firmware_sim.subject.synthetic.scoring import minutiae  # noqa: PLC0415  # loads NBIS

    found = minutiae(picture).get()
    return np.array([(one.x(), one.y()) for one in found], float).reshape(-1, 2)
