"""Minutiae by MINDTCT (NBIS, NIST; public domain) through nbis-py 0.1.3. About 45 ms of CPU a fingertip; holds a lock."""

from __future__ import annotations

from typing import Any

import cv2
import nbis
import numpy as np
from numpy.typing import NDArray

from agent.match.extract import Minutiae
from agent.model.impression import GrayImage


class Mindtct:
    name = "mindtct"
    version = 1  # of nbis-py 0.1.3 with this file

    def __init__(self) -> None:
        settings = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=None)
        self._nbis = nbis.new_nbis_extractor(settings)

    def find(self, image: GrayImage, flow: NDArray[np.uint8]) -> Minutiae:  # noqa: ARG002  it looks for ridges on its own
        """Of a picture at 500 ppi."""
        return as_minutiae(self.read(image))

    def read(self, image: GrayImage) -> Any:
        """NBIS's own object, which its BOZORTH3 compares; None where it finds nothing to work on."""
        try:
            return self._nbis.extract_minutiae(cv2.imencode(".bmp", image)[1].tobytes())
        except nbis.NbisError:
            return None


def as_minutiae(found: Any) -> Minutiae:
    listed = found.get() if found is not None else []
    rows = [(one.x(), one.y(), one.angle(), one.kind() is nbis.MinutiaKind.BIFURCATION, one.reliability()) for one in listed]
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Minutiae(table[:, 0], table[:, 1], np.radians(table[:, 2]), table[:, 3] > 0, table[:, 4])
