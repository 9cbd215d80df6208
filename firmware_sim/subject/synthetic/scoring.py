"""NFIQ 2 of a picture, through nbis-py (as the agent has it, but this package imports nothing of the agent)."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import nbis

from firmware_sim.subject.person import Gray

MAX_WIDTH = 800  # pixels: nbis-py refuses wider pictures


@cache
def _extractor(quality: bool) -> Any:
    settings = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=quality, ppi=500.0)
    return nbis.new_nbis_extractor(settings)


def minutiae(picture: Gray, *, quality: bool = False) -> Any:
    """MINDTCT minutiae: `.get()` lists them, `.compare(other)` is a BOZORTH3 score, `.quality().score` NFIQ 2 when asked for."""
    return _extractor(quality).extract_minutiae(cv2.imencode(".png", picture[:, :MAX_WIDTH])[1].tobytes())


def nfiq2(picture: Gray) -> int:
    """0..100, higher is better; 0 for what cannot be scored."""
    try:
        return int(minutiae(picture, quality=True).quality().score)
    except nbis.NbisError:
        return 0
