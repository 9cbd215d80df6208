"""NFIQ 2 of one fingertip, through nbis-py 0.1.3: the same score as NIST's own build (ISO/IEC 29794-4:2024, NFIQ 2.3).

The library loads its forest once per process (0.5 s of CPU, 60 MB) and holds a lock while it works, so it is made for worker processes.
It takes an encoded image, at most 800 pixels wide, 500 ppi (NFIQ 2 is defined at no other), and fails on
images without enough ridge: those get a reason, not a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import cv2
import nbis
import numpy as np

from agent.imaging.scale import PPI, at_500
from agent.model.impression import FingerQuality, GrayImage

MAX_WIDTH = 800  # pixels: nbis-py refuses wider images
BARE = 250  # grey level: a row or column with nothing darker is blank; NFIQ 2 itself calls a row blank by the same level


class QualityEngine(Protocol):
    def score(self, image: GrayImage, ppi: int) -> FingerQuality:
        """Quality of one upright plain fingertip; never raises for what the image shows."""
        ...


@dataclass(frozen=True, eq=False)
class Reading:
    quality: FingerQuality
    pixels: GrayImage  # what was read: at 500 ppi, without bare margins
    minutiae: Any = None  # NBIS's own object, None where the library refused


class NbisEngine:
    """Loads its model with the first image of a process."""

    def score(self, image: GrayImage, ppi: int = PPI) -> FingerQuality:
        return self.read(image, ppi).quality

    def read(self, image: GrayImage, ppi: int = PPI) -> Reading:
        """The score, and what else the library found on the way: its minutiae cost nothing more."""
        cropped = trimmed(at_500(image, ppi))
        if cropped.size == 0:
            return Reading(FingerQuality(None, "the image is blank"), cropped)
        if cropped.shape[1] > MAX_WIDTH:
            return Reading(FingerQuality(None, f"wider than {MAX_WIDTH} pixels: not one fingertip"), cropped)
        try:
            found = _extractor().extract_minutiae(cv2.imencode(".bmp", cropped)[1].tobytes())
            return Reading(FingerQuality(int(found.quality().score)), cropped, found)
        except nbis.NbisError as refused:
            return Reading(FingerQuality(None, f"NFIQ 2 finds too little ridge ({type(refused).__name__})"), cropped)


def warm_engine() -> None:
    """Load the model of this process now."""
    _extractor()


def trimmed(image: GrayImage) -> GrayImage:
    """Without the blank rows and columns at its edges: less work, and one score whatever the margin (it depends on where blocks fall)."""
    rows, cols = (np.flatnonzero(image.min(axis=axis) < BARE) for axis in (1, 0))
    if rows.size == 0 or cols.size == 0:
        return image[:0, :0]
    return np.ascontiguousarray(image[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1])


@lru_cache(maxsize=1)
def _extractor() -> Any:
    settings = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=None)
    return nbis.new_nbis_extractor(settings)
